"""Which Kubernetes ``make up`` uses, how it is started, and how it is ended.

It is the first of these: the cluster that KUBECONFIG or STORE_PLATFORM_KUBE_CONTEXT names; kind,
where Docker runs; a local one with a real node, where this process may change the machine; a local
one with simulated nodes. ``make up NODES=simulated`` (or ``real``) chooses among the last two.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.local import kind, real_node
from app.local.cluster import LocalCluster, tools
from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.nodes import host

_MEMORY = "cluster.json"


class ClusterKind(StrEnum):
    """A kind of Kubernetes; the values are what people read."""

    NAMED = "named"
    KIND = "kind"
    REAL = "real nodes"
    SIMULATED = "simulated nodes"


NODES = {"real": ClusterKind.REAL, "simulated": ClusterKind.SIMULATED}
"""The kinds that ``NODES`` chooses."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A Kubernetes: its kind, and for one that the user has named, what tells it from others."""

    kind: ClusterKind
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, *self.names)))


def remembered(state: Path) -> Choice | None:
    """Return the cluster that is in use since an earlier `up`, or None."""
    try:
        known, *names = json.loads((state / _MEMORY).read_text())
        return Choice(ClusterKind(known), tuple(map(str, names)))
    except (OSError, TypeError, ValueError):
        return None


def choose(state: Path, nodes: str | None) -> Choice:
    """Return the cluster to use, and keep which it is, before anything is begun in it.

    ``nodes`` is a key of NODES or None. Raises ClusterError while another cluster is in use.
    """
    known = remembered(state)
    wanted = _wanted(nodes, known)
    if known is not None and known != wanted:
        raise ClusterError(
            f"The platform's stores are in another cluster ({known}) than the one you now name"
            f" ({wanted}). Name that one again, or end it and its stores with `make down` first."
        )
    (state / _MEMORY).write_text(json.dumps([wanted.kind, *wanted.names]))
    return wanted


def start(choice: Choice, state: Path) -> dict[str, str]:
    """Start the cluster unless it runs, and return the service's settings for it.

    Raises ClusterError and what ``real_node.start`` raises.
    """
    match choice.kind:
        case ClusterKind.KIND:
            return kind.start(state)
        case ClusterKind.REAL:
            return real_node.start()
        case ClusterKind.SIMULATED:
            kubeconfig = str(LocalCluster.up().kubeconfig)
        case ClusterKind.NAMED:
            kubeconfig, _ = choice.names
    # No ingress controller is known here, so no shop address could answer.
    settings = {"STORE_PLATFORM_REACHABILITY_CHECK": "false"}
    return settings | ({"STORE_PLATFORM_KUBECONFIG": kubeconfig} if kubeconfig else {})


def end(choice: Choice) -> None:
    """End a cluster that ``start`` has started; one that the user has named stays as it is."""
    if choice.kind is ClusterKind.KIND:
        kind.end()
    elif choice.kind is not ClusterKind.NAMED and (cluster := LocalCluster.find()) is not None:
        cluster.down()


def describe(choice: Choice) -> str:
    """Return what people call the cluster."""
    match choice.kind:
        case ClusterKind.NAMED:
            kubeconfig, context = choice.names
            return f"your cluster ({context or kubeconfig})"
        case ClusterKind.KIND:
            return "kind"
        case _:
            return f"a local Kubernetes {tools.version_of(tools.KUBERNETES)} with {choice.kind}"


def _wanted(nodes: str | None, known: Choice | None) -> Choice:
    named = [os.environ.get(name, "") for name in ("KUBECONFIG", "STORE_PLATFORM_KUBE_CONTEXT")]
    if any(named):
        return Choice(ClusterKind.NAMED, tuple(named))
    if nodes is not None:
        return Choice(NODES[nodes])
    if known is not None and known.kind in NODES.values():
        return known  # which was chosen by NODES, perhaps, and stays until `make down`
    if docker_runs() and shutil.which("kind"):
        return Choice(ClusterKind.KIND)
    has_room = not docker_runs() and host.can_have_node()
    return Choice(ClusterKind.REAL if has_room else ClusterKind.SIMULATED)


def docker_runs() -> bool:
    """Return whether there is a Docker daemon that this user may use."""
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(["docker", "info"], capture_output=True, check=False)
    return done.returncode == 0
