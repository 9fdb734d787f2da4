"""What must be done in any case to install an engine's chart: by kubectl and helm, as by hand."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from app.local.cluster import LocalCluster, tools
from provisioner.domain.engines import load_engine
from tests.e2e.service import ROOT

_SECRET = "c"


async def install(
    cluster: LocalCluster,
    engine: str,
    name: str,
    *,
    host: str | None = None,
    values_files: Sequence[Path] = (),
) -> None:
    """Make a namespace with a Secret, both called after ``name``, and install the chart there."""
    chart = ROOT / "charts" / engine
    # A value for every key, as long as the engine wants it.
    values = {item.key: "x" * item.length for item in load_engine(chart).credentials}
    secret = {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": _SECRET, "namespace": name},
        "stringData": values,
    }  # fmt: skip
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    objects = {"apiVersion": "v1", "kind": "List", "items": [namespace, secret]}
    await kubectl(cluster, "create", "-f", "-", stdin=json.dumps(objects))
    await apply(cluster, engine, name, host=host, values_files=values_files)


async def apply(
    cluster: LocalCluster,
    engine: str,
    name: str,
    *,
    host: str | None = None,
    values_files: Sequence[Path] = (),
) -> None:
    """Install the chart in a namespace that is there, or upgrade it to these values."""
    store = {
        "id": name, "name": name, "host": host or f"{name}.localhost", "credentialsSecret": _SECRET,
    }  # fmt: skip
    files = [word for file in values_files for word in ("--values", str(file))]
    await _run(
        str(tools.ensure_helm()), "upgrade", name, str(ROOT / "charts" / engine), "--install",
        "--reset-values", "--kubeconfig", str(cluster.kubeconfig), "--namespace", name, *files,
        "--values", "-",
        stdin=json.dumps({"store": store}),
    )  # fmt: skip


async def kubectl(cluster: LocalCluster, *arguments: str, stdin: str = "") -> None:
    """Run kubectl. Raises RuntimeError with what it said."""
    kubeconfig = str(cluster.kubeconfig)
    await _run(str(tools.ensure_kubectl()), "--kubeconfig", kubeconfig, *arguments, stdin=stdin)


async def _run(*command: str, stdin: str = "") -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate(stdin.encode())
    if process.returncode != 0:
        raise RuntimeError(f"{command[:4]}: {errors.decode()}")
