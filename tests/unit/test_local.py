"""``make down`` ends what ``make up`` has started, whatever the environment names by then."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.local import clusters
from app.local import up as local
from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.nodes import host


class Machine:
    """What would be started and ended on this machine, and what there is on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
        self.environment = monkeypatch
        self.state = state
        self.has_kind = False
        self.ended: list[str] = []
        monkeypatch.setattr(local, "STATE", state)
        self.is_debian_root = False
        monkeypatch.setattr(clusters, "docker_runs", lambda: self.has_kind)
        monkeypatch.setattr(host, "can_have_node", lambda: self.is_debian_root)
        monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setattr(clusters, "LocalCluster", self)
        monkeypatch.setattr(local, "Daemon", lambda name, _: Ending(name, self))
        monkeypatch.setattr(subprocess, "run", self.run)
        self.names()

    def names(self, kubeconfig: str = "", context: str = "") -> None:
        self.environment.setenv("KUBECONFIG", kubeconfig)
        self.environment.setenv("STORE_PLATFORM_KUBE_CONTEXT", context)

    def up(self, nodes: str | None = None) -> str:
        """Begin as ``make up`` does, before it starts anything; return which cluster it takes."""
        self.state.mkdir(exist_ok=True)
        return str(clusters.choose(self.state, nodes))

    def find(self) -> "Ending":
        return Ending("local cluster", self)

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.ended.append(" ".join(command))
        return subprocess.CompletedProcess(command, 0)


class Ending:
    """Something that can be ended."""

    def __init__(self, name: str, machine: Machine) -> None:
        self._name = name
        self._machine = machine

    def down(self) -> None:
        self._machine.ended.append(self._name)

    stop = down


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path / "state")


def test_which_cluster_is_taken(machine: Machine) -> None:
    taken = {}
    for name, has_kind, is_root in (
        ("simulated", False, False), ("real", False, True), ("kind", True, True),
    ):  # fmt: skip
        machine.has_kind, machine.is_debian_root = has_kind, is_root
        taken[name] = machine.up()
        local.down()
    machine.names("/home/me/.kube/other")
    taken["named"] = machine.up()
    assert taken == {
        "simulated": "simulated nodes",
        "real": "real nodes",
        "kind": "kind",
        "named": "named /home/me/.kube/other",
    }


def test_nodes_are_chosen_once(machine: Machine) -> None:
    machine.is_debian_root = True
    assert machine.up("simulated") == "simulated nodes"
    assert machine.up() == "simulated nodes"
    with pytest.raises(ClusterError, match=r"simulated nodes\) than the one you now name \(real"):
        machine.up("real")
    local.down()
    assert machine.up() == "real nodes"


def test_a_named_cluster_does_not_end_the_local_one(machine: Machine) -> None:
    machine.names("/home/me/.kube/other")
    machine.up()
    machine.names()  # another terminal
    local.down()
    assert machine.ended == ["api"]
    assert not machine.state.exists()


def test_the_local_cluster_is_ended_whatever_is_named_by_then(machine: Machine) -> None:
    machine.up()
    machine.names("/home/me/.kube/other")
    local.down()
    assert machine.ended == ["api", "local cluster"]


def test_kind_is_ended_also_when_docker_is_away_by_then(machine: Machine) -> None:
    machine.has_kind = True
    machine.up()
    machine.has_kind = False
    local.down()
    assert machine.ended == ["api", "kind delete cluster --name store-platform"]


@pytest.mark.parametrize("content", [None, "", "{}", "[]"])
def test_nothing_is_ended_where_nothing_is_known(
    machine: Machine, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    if content is not None:
        machine.state.mkdir()
        (machine.state / "cluster.json").write_text(content)
    local.down()
    assert machine.ended == ["api"]
    assert capsys.readouterr().err.startswith("Nothing is known to run here.")


def test_another_cluster_is_refused_while_there_is_one(machine: Machine) -> None:
    machine.up()
    machine.up()  # the same again is fine
    kept = (machine.state / "cluster.json").read_text()
    machine.names("/home/me/.kube/other", "prod")
    with pytest.raises(ClusterError) as refused:
        machine.up()
    assert str(refused.value) == (
        "The platform's stores are in another cluster (simulated nodes) than the one you now name"
        " (named /home/me/.kube/other prod). Name that one again, or end it and its stores with"
        " `make down` first."
    )
    assert (machine.state / "cluster.json").read_text() == kept
    assert machine.ended == []
