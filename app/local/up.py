"""``make up`` and ``make down``: the whole platform on this machine.

Kubernetes is, in this order: the cluster that KUBECONFIG or STORE_PLATFORM_KUBE_CONTEXT names, kind
where Docker runs, else the local one of ``app.local.cluster``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from app.local.cluster import LocalCluster, tools
from app.local.cluster.go_build import BuildError
from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.processes import Daemon
from app.local.cluster.progress import say, ticking
from app.local.cluster.toolchain import ToolchainError
from app.local.frontend import FrontendError, ensure_built

ROOT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("STORE_PLATFORM_STATE_DIR", ROOT / ".state"))
PORT = os.environ.get("STORE_PLATFORM_PORT", "8080")
URL = f"http://127.0.0.1:{PORT}"
_STORECTL = ".venv/bin/python -m app.storectl"
_KIND_NAME = "store-platform"
_LOCAL, _KIND, _NAMED = "local", "kind", "named"
_MEMORY = "cluster.json"
_SHOP = ROOT / "charts" / "woocommerce" / "image"
_SHOP_IMAGE = "store-platform/woocommerce:7.1-woocommerce10.7.0"
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The Kubernetes that is used, as settings of the service, and its name for people."""

    label: str
    settings: dict[str, str]


def _wanted() -> list[str]:
    """Return which cluster the user wants: its kind, and what tells it from others."""
    named = [os.environ.get(name, "") for name in ("KUBECONFIG", "STORE_PLATFORM_KUBE_CONTEXT")]
    if any(named):
        return [_NAMED, *named]
    return [_KIND if _docker_runs() and shutil.which("kind") else _LOCAL]


def _remembered() -> list[str] | None:
    """Return which cluster `up` has used, or None when there is nothing to be ended."""
    try:
        known = json.loads((STATE / _MEMORY).read_text())
    except (OSError, ValueError):
        return None
    return [str(part) for part in known] if isinstance(known, list) and known else None


def _remember_wanted() -> None:
    """Keep which cluster this is, before anything is begun in it. Raises ClusterError."""
    wanted, known = _wanted(), _remembered()
    if known is not None and known != wanted:
        raise ClusterError(
            f"The platform's stores are in another cluster ({' '.join(filter(None, known))}) than"
            f" the one you now name ({' '.join(filter(None, wanted))}). Name that one again, or end"
            " it and its stores with `make down` first."
        )
    (STATE / _MEMORY).write_text(json.dumps(wanted))


def choose_cluster() -> Chosen:
    """Return the cluster to use, starting one if the user has named none."""
    context = os.environ.get("STORE_PLATFORM_KUBE_CONTEXT")
    if context or os.environ.get("KUBECONFIG"):
        named = {"STORE_PLATFORM_KUBECONFIG": os.environ.get("KUBECONFIG", "")}
        return Chosen(f"your cluster ({context or named['STORE_PLATFORM_KUBECONFIG']})", named)
    if _wanted()[0] == _KIND:
        return _kind()
    cluster = LocalCluster.up()
    return Chosen(
        f"a local Kubernetes {tools.version_of(tools.KUBERNETES)} with simulated nodes",
        {"STORE_PLATFORM_KUBECONFIG": str(cluster.kubeconfig)},
    )


def _docker_runs() -> bool:
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(["docker", "info"], capture_output=True, check=False)
    return done.returncode == 0


def _kind() -> Chosen:
    kubeconfig = STATE / "kind.kubeconfig"
    existing = subprocess.run(
        ["kind", "get", "clusters"], capture_output=True, text=True, check=True
    ).stdout.split()
    if _KIND_NAME not in existing:
        with ticking("Creating the kind cluster"):
            subprocess.run(["kind", "create", "cluster", "--name", _KIND_NAME], check=True)
    with ticking("Building the shop's image, unless it is built"):
        named = ["--build-arg", "WOOCOMMERCE_SHA256", "--tag", _SHOP_IMAGE]
        if subprocess.run(["docker", "build", "--quiet", *named, _SHOP], check=False).returncode:
            raise ClusterError("The shop's image could not be built; docker says why above.")
    load = ["kind", "load", "docker-image", _SHOP_IMAGE, "--name", _KIND_NAME]
    subprocess.run(load, check=True)
    subprocess.run(
        ["kind", "export", "kubeconfig", "--name", _KIND_NAME, "--kubeconfig", str(kubeconfig)],
        check=True,
    )
    return Chosen("kind", {"STORE_PLATFORM_KUBECONFIG": str(kubeconfig)})


def up() -> None:
    """Start what is not running yet, then say where it is and how to sign in."""
    STATE.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remember_wanted()
    ensure_built()
    chosen = choose_cluster()
    environment = {
        "STORE_PLATFORM_STATE_DIR": str(STATE),
        "STORE_PLATFORM_DATABASE_URL": f"sqlite:///{STATE / 'platform.db'}",
        "STORE_PLATFORM_HELM": str(tools.ensure_helm()),
        "STORE_PLATFORM_PORT": PORT,
        # No ingress controller is installed here, so no shop address could answer.
        "STORE_PLATFORM_REACHABILITY_CHECK": "false",
        **{key: value for key, value in chosen.settings.items() if value},
        **{k: v for k, v in os.environ.items() if k.startswith("STORE_PLATFORM_")},
    }
    token = _token(environment)
    service = Daemon("api", STATE)
    if service.pid is None:
        service.start([sys.executable, "-m", "app", "serve"], environment)
    _await_ready(service)
    say(f"\nThe platform runs on {chosen.label}.")
    dashboard, graphiql = _links(environment, token, f"{URL}/", f"{URL}/graphiql")
    print(f"  Dashboard, signed in: {dashboard}")
    print(f"  GraphiQL, signed in:  {graphiql}")
    print(f"  API:                  {URL}/graphql")
    print(f"  Command line:         {_STORECTL} login {URL} --token-stdin < {STATE / 'token'}")
    print(f"  Your token:           {token}")
    print(f"  Logs:                 {service.log}")
    say("Each link signs in once, within the hour; `make up` prints new ones.")
    say("Stop it with `make down`.")


def _token(environment: dict[str, str]) -> str:
    """Return the token of the local administrator, made at the first start."""
    kept = STATE / "token"
    if kept.exists():
        return kept.read_text().strip()
    made = subprocess.run(
        [sys.executable, "-m", "app", "token", "create", "local-admin", "--role", "admin"],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    kept.touch(mode=0o600)
    kept.write_text(made + "\n")
    return made


def _links(environment: dict[str, str], token: str, *pages: str) -> list[str]:
    """Return links that open the pages signed in, each of them once."""
    return subprocess.run(
        [sys.executable, "-m", "app", "token", "link", *pages, "--minutes", "60",
         "--session-days", "30"],
        env={**os.environ, **environment}, input=token, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip


def _await_ready(service: Daemon) -> None:
    deadline = time.monotonic() + _START_SECONDS
    said = "no answer yet"
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{URL}/readyz", timeout=5):
                return
        except urllib.error.HTTPError as error:
            said = error.read().decode()
        except OSError as error:
            said = str(error)
        if service.pid is None:
            raise ClusterError(f"The service ended:\n{service.tail()}")
        time.sleep(0.1)
    raise ClusterError(f"The service is not ready: {said}\nIts log: {service.log}")


def down() -> None:
    """Stop the service, and the Kubernetes that `up` started for it; stores and state go with it.

    Which one that is was kept by `up`: what the environment names now may be another.
    """
    known = _remembered()
    Daemon("api", STATE).stop()
    if known is None:
        say("Nothing is known to run here. A local Kubernetes is ended with:"
            " .venv/bin/python -m app.local.cluster down")  # fmt: skip
        return
    if known[0] == _LOCAL and (cluster := LocalCluster.find()) is not None:
        cluster.down()
    if known[0] == _KIND:
        subprocess.run(["kind", "delete", "cluster", "--name", _KIND_NAME], check=False)
    shutil.rmtree(STATE, ignore_errors=True)
    if known[0] == _NAMED:
        say("The stores' namespaces stay in your cluster, which is left as it is.")
    say("The platform is stopped, and its state is removed.")


def main() -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.local", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    try:
        {"up": up, "down": down}[parser.parse_args().command]()
    except (ClusterError, ToolchainError, BuildError, FrontendError) as error:
        say(str(error))
        return 1
    return 0
