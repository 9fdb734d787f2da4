"""``make up`` and ``make down``: the whole platform on this machine."""

import argparse
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from app.local import clusters, mail
from app.local.cluster import tools
from app.local.cluster.go_build import BuildError
from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.nodes.host import HostError
from app.local.cluster.processes import Daemon
from app.local.cluster.progress import say
from app.local.cluster.toolchain import ToolchainError
from app.local.frontend import FrontendError, ensure_built
from app.local.images.archive import ImageError
from app.local.images.dockerfile import DockerfileError

ROOT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("STORE_PLATFORM_STATE_DIR", ROOT / ".state"))
PORT = os.environ.get("STORE_PLATFORM_PORT", "8080")
URL = f"http://127.0.0.1:{PORT}"
_STORECTL = ".venv/bin/python -m app.storectl"
_START_SECONDS = 60.0
_ERRORS = (
    BuildError, ClusterError, DockerfileError, FrontendError, HostError, ImageError, ToolchainError,
)  # fmt: skip
"""What can keep a start from being done; their messages are for the user."""


def up(nodes: str | None = None) -> None:
    """Start what is not running yet, then say where it is and how to sign in."""
    STATE.mkdir(parents=True, exist_ok=True, mode=0o700)
    choice = clusters.choose(STATE, nodes)
    ensure_built()
    environment = {
        "STORE_PLATFORM_STATE_DIR": str(STATE),
        "STORE_PLATFORM_DATABASE_URL": f"sqlite:///{STATE / 'platform.db'}",
        "STORE_PLATFORM_HELM": str(tools.ensure_helm()),
        "STORE_PLATFORM_PORT": PORT,
        **clusters.start(choice, STATE),
        **{k: v for k, v in os.environ.items() if k.startswith("STORE_PLATFORM_")},
    }
    token = _token(environment)
    service = Daemon("api", STATE)
    if service.pid is None:
        service.start([sys.executable, "-m", "app", "serve"], environment)
    _await_ready(service)
    say(f"\nThe platform runs on {clusters.describe(choice)}.")
    dashboard, graphiql = _links(environment, token, f"{URL}/", f"{URL}/graphiql")
    print(f"  Dashboard, signed in: {dashboard}")
    print(f"  GraphiQL, signed in:  {graphiql}")
    if mailbox := mail.page(environment):
        print(f"  Mail of the shops:    {mailbox}")
    print(f"  API:                  {URL}/graphql")
    print(f"  Command line:         {_STORECTL} login {URL} --token-stdin < {STATE / 'token'}")
    print(f"  Your token:           {token}")
    print(f"  Logs:                 {service.log}")
    if choice.kind is clusters.ClusterKind.SIMULATED:
        say("Pods are simulated: stores become READY, but no shop opens.")
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
    known = clusters.remembered(STATE)
    Daemon("api", STATE).stop()
    if known is None:
        say("Nothing is known to run here. A local Kubernetes is ended with:"
            " .venv/bin/python -m app.local.cluster down")  # fmt: skip
        return
    clusters.end(known)
    shutil.rmtree(STATE, ignore_errors=True)
    if known.kind is clusters.ClusterKind.NAMED:
        say("The stores' namespaces stay in your cluster, which is left as it is.")
    say("The platform is stopped, and its state is removed.")


def main() -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.local", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    parser.add_argument(
        "--nodes", choices=clusters.NODES, help="of a local Kubernetes: pods run, or are simulated"
    )
    given = parser.parse_args()
    try:
        if given.command == "up":
            up(given.nodes)
        else:
            down()
    except _ERRORS as error:
        say(str(error))
        return 1
    return 0
