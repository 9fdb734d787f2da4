"""``python -m app adopt``: what is listed, what is recorded, and when nothing is touched."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli.adoption import add_adopt_command
from app.cli.main import main
from app.cli.offline import opened_database
from app.settings import Settings
from app.telemetry import logging
from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import ClusterUnreachableError, OtherClusterError
from provisioner.domain.owners import Owner
from provisioner.domain.ports import Cluster, Releases
from provisioner.domain.stores import Store
from provisioner.kubernetes.api import Recognise
from provisioner.kubernetes.labels import STORE_ANNOTATION
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements, SimulatedCluster
from tests.left_behind import leave
from tests.stores import a_store

UID = "uid-of-the-cluster"
MADE = datetime(2026, 6, 1, 12, tzinfo=UTC)
TABLES = ("stores", "operations", "steps", "events", "audit", "cluster", "change_counter")
IS_THERE = "helm's release is there."
RECORDED = "Recorded 1 store. Restart the service, so that it takes up what was recorded.\n"
NOTHING = "Nothing was changed. There is no store to record.\n"


@pytest.fixture(autouse=True)
def logging_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sets up the log of its process, which is that of other tests too."""
    monkeypatch.setattr(logging, "configure", lambda *_: None)


@dataclass
class Operator:
    """Somebody at the command line, with an empty database and a cluster full of stores."""

    file: Path
    cluster: SimulatedCluster = field(default_factory=lambda: SimulatedCluster(SystemClock().now))
    uid: str = UID

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    def leaves(self, store: Store, *, is_installed: bool = True) -> Store:
        asyncio.run(leave(self.cluster, store, is_installed=is_installed))
        return store

    def says(self, *arguments: str, exit_code: int = 0) -> str:
        cli = typer.Typer()
        add_adopt_command(cli, Settings.read, self.connect)
        environment = {"STORE_PLATFORM_DATABASE_URL": self.url}
        done = CliRunner().invoke(cli, arguments, env=environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == exit_code
        return done.stdout

    @asynccontextmanager
    async def connect(
        self, _: Settings, recognise: Recognise
    ) -> AsyncIterator[tuple[Cluster, Releases]]:
        await recognise(self.uid)
        yield self.cluster, self.cluster

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Return everything that the command could change."""
        with closing(sqlite3.connect(self.file)) as connection:
            return {
                table: connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                for table in TABLES
            }

    def names(self) -> list[str]:
        with closing(sqlite3.connect(self.file)) as connection:
            found = connection.execute("SELECT name FROM stores ORDER BY name")
            return [name for (name,) in found]


@pytest.fixture
def operator(tmp_path: Path, migrated_file: Path) -> Operator:
    file = tmp_path / "platform.db"
    file.write_bytes(migrated_file.read_bytes())
    return Operator(file)


def tea(name: str = "tea") -> Store:
    made = a_store(name=name, owner=Owner("https://issuer.example", "00u1", "Ada"), now=MADE)
    return replace(made, contact_email="ada@example.com")


def line(store: Store, end: str) -> str:
    return (
        f"{store.namespace}: {store.name}, of 00u1 (https://issuer.example) called Ada, tiny 1,"
        f" http://h, ada@example.com, created 2026-06-01T12:00:00+00:00: {end}\n"
    )


def test_without_a_word_nothing_is_touched(operator: Operator) -> None:
    installed, broken = operator.leaves(tea()), operator.leaves(tea("pie"), is_installed=False)
    before, namespaces = operator.rows(), repr(operator.cluster.namespaces)
    first, second = sorted(
        [
            line(installed, IS_THERE),
            line(broken, "helm has no finished release there."),
        ]
    )
    assert operator.says() == (
        f"{first}{second}Nothing was changed. Run again with --yes to record these 2 stores.\n"
    )
    assert operator.rows() == before
    assert repr(operator.cluster.namespaces) == namespaces


def test_stores_are_recorded_once(operator: Operator) -> None:
    shop = operator.leaves(tea())
    told = line(shop, IS_THERE)
    assert operator.says() == (
        f"{told}Nothing was changed. Run again with --yes to record this store.\n"
    )
    assert operator.says("--yes") == (told + RECORDED)
    rows = operator.rows()
    assert operator.names() == ["tea"]
    assert rows["cluster"][0][1] == UID
    for again in ((), ("--yes",)):
        assert operator.says(*again) == NOTHING
        assert operator.rows() == rows


def test_each_is_audited(operator: Operator) -> None:
    shop = operator.leaves(tea())
    operator.says("--yes")
    with closing(sqlite3.connect(operator.file)) as connection:
        (entry,) = connection.execute(
            "SELECT actor, address, action, outcome, store_id, arguments FROM audit"
        )
    assert entry[:5] == ("command line", "local", "adoptStore", "ACCEPTED", shop.id)
    assert json.loads(entry[5]) == {
        "name": "tea",
        "owner": {"owner_source": "https://issuer.example", "owner": "00u1"},
        "namespace": shop.namespace,
    }


def test_what_cannot_be_recorded_keeps_no_other_from_it(operator: Operator) -> None:
    shop, unknown = operator.leaves(tea()), operator.leaves(tea("pie"))
    operator.cluster.namespaces[unknown.namespace].annotations.clear()
    assert operator.says("--yes") == (
        f"{line(shop, IS_THERE)}"
        f"{unknown.namespace}: cannot be recorded. The namespace does not say what is to be"
        f" recorded. Correct the annotation {STORE_ANNOTATION}, or restore a backup of the"
        " database that has the store.\n" + RECORDED
    )
    assert operator.names() == ["tea"]


def test_a_name_that_is_taken_meanwhile(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, other = operator.leaves(tea()), operator.leaves(tea("pie"))
    recognise = ClusterMemory.recognise

    async def create_first(memory: ClusterMemory, uid: str) -> None:
        """Do what a customer does, between the look and the first record."""
        await recognise(memory, uid)
        async with opened_database(operator.url) as database:
            records = StoreRepository(database, SystemClock(), RecordedAnnouncements())
            await records.create(a_store(name="tea"))

    monkeypatch.setattr(ClusterMemory, "recognise", create_first)
    told = operator.says("--yes", exit_code=1)
    assert told.endswith(RECORDED)
    assert (
        f"{shop.namespace} was not recorded. Another store has got the name 'tea' meanwhile: run"
        " again to see which.\n"
    ) in told
    assert operator.names() == ["pie", "tea"]
    with closing(sqlite3.connect(operator.file)) as connection:
        ids = {store_id for (store_id,) in connection.execute("SELECT id FROM stores")}
    assert other.id in ids
    assert shop.id not in ids


def test_another_cluster_than_the_remembered_one(operator: Operator) -> None:
    operator.leaves(tea())

    async def meet() -> None:
        async with opened_database(operator.url) as database:
            await ClusterMemory(database, SystemClock()).recognise("another")

    asyncio.run(meet())
    before = operator.rows()
    # There is no store yet that could be missing, and all the same nothing is recorded here.
    for arguments in ((), ("--yes",)):
        with pytest.raises(OtherClusterError, match="python -m app cluster forget"):
            operator.says(*arguments)
        assert operator.rows() == before


def test_a_cluster_that_goes_away_in_the_middle(operator: Operator) -> None:
    operator.leaves(tea())
    before = operator.rows()
    operator.cluster.faults = [ClusterUnreachableError("The cluster did not answer.")]
    with pytest.raises(ClusterUnreachableError):
        operator.says("--yes")
    assert operator.rows() == before


def test_text_that_a_terminal_would_obey(operator: Operator) -> None:
    owner = Owner("local", "ada\x1b[2J\npie", "")
    shop = operator.leaves(a_store(name="tea", owner=owner, now=MADE))
    (listed, _) = operator.says().splitlines()
    assert listed.startswith(f"{shop.namespace}: tea, of ada\\x1b[2J pie (local), tiny 1,")


def test_a_cluster_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {"token": "s3cret"}}],
            }
        )
    )
    monkeypatch.setenv("STORE_PLATFORM_DATABASE_URL", f"sqlite:///{tmp_path}/platform.db")
    monkeypatch.setenv("STORE_PLATFORM_KUBECONFIG", str(kubeconfig))
    monkeypatch.setattr(sys, "argv", ["app", "adopt", "--yes"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 75
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("The cluster did not answer: ")
    assert said.err.endswith(" Try again later.\n")
    assert "s3cret" not in said.err
