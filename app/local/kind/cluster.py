"""Starts and ends the kind cluster."""

import json
import subprocess
from pathlib import Path

import yaml

from app.local import mail
from app.local.cluster import tools
from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.ports import first_free
from app.local.cluster.progress import ticking
from app.local.kind.images import ensure_images, ensure_mail_image

_NAME = "store-platform"
_MEMORY = "kind.json"
_PORTS = (80, 8000, 8888)
_INGRESS = Path(__file__).with_name("ingress.yaml")


def start(state: Path) -> dict[str, str]:
    """Start the cluster if it does not run, and return the service's settings for it.

    Raises ClusterError.
    """
    if _NAME not in _run("kind", "get", "clusters").split():
        _create(state)
    kubeconfig = state / "kind.kubeconfig"
    _run("kind", "export", "kubeconfig", "--name", _NAME, "--kubeconfig", str(kubeconfig))
    kubectl = [str(tools.ensure_kubectl()), f"--kubeconfig={kubeconfig}"]
    with ticking("Starting the ingress controller"):
        _run(*kubectl, "apply", f"--filename={_INGRESS}")
        rollout = "deployment/traefik"
        _run(*kubectl, "rollout", "status", rollout, "--namespace=ingress", "--timeout=300s")
    unavailable = ensure_images(_NAME)
    has_mail = ensure_mail_image(_NAME)
    if has_mail:
        _run(*kubectl, "apply", f"--filename={mail.MANIFEST}")
    return {
        **(mail.settings() if has_mail else {}),
        "STORE_PLATFORM_KUBECONFIG": str(kubeconfig),
        "STORE_PLATFORM_UNAVAILABLE_ENGINES": json.dumps(unavailable),
        **_addresses(state),
    }


def end() -> None:
    """Delete the cluster, with everything in it."""
    subprocess.run(["kind", "delete", "cluster", "--name", _NAME], check=False)


def _create(state: Path) -> None:
    port = first_free(*_PORTS)
    (state / _MEMORY).write_text(json.dumps({"port": port}))
    # kind maps ports of its node only when it makes the cluster.
    mapping = {"containerPort": 80, "hostPort": port, "listenAddress": "127.0.0.1"}
    configuration = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [{"role": "control-plane", "extraPortMappings": [mapping]}],
    }
    with ticking("Creating the kind cluster"):
        command = ["kind", "create", "cluster", "--name", _NAME, "--config", "-"]
        _run(*command, stdin=yaml.safe_dump(configuration))


def _addresses(state: Path) -> dict[str, str]:
    """Return the settings of the shops' addresses, by the port that the ingress answers on."""
    try:
        port = json.loads((state / _MEMORY).read_text())["port"]
    except OSError:  # somebody else has made the cluster: which port leads to it is not known
        return {"STORE_PLATFORM_REACHABILITY_CHECK": "false"}
    suffix = "" if port == _PORTS[0] else f":{port}"
    return {
        "STORE_PLATFORM_INGRESS": f"http://127.0.0.1{suffix}",
        "STORE_PLATFORM_SHOP_URL": f"http://{{name}}.store.localhost{suffix}",
        "STORE_PLATFORM_REACHABILITY_CHECK": "true",
    }


def _run(*command: str, stdin: str | None = None) -> str:
    """Run a command and return its output. Raises ClusterError with what it said."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise ClusterError(f"{' '.join(command)} failed:\n{said[-2000:]}")
    return done.stdout
