"""The state moved from one database to another: everything, or nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import cli
from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import ConfigurationError
from provisioner.storage.audit_log import AuditLog
from provisioner.storage.change_log import ChangeLog
from provisioner.storage.copying import copy_database
from provisioner.storage.database import Database
from provisioner.storage.sole_process import sole_process
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.database_contents import MANY, contents, entry, fill
from tests.postgres import PASSWORD, PostgresServer
from tests.stores import a_store


@pytest.fixture
def target(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with postgres.database() as name:
        yield postgres.url(name)


@pytest.fixture
def source(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a SQLite database with something in every table."""
    url = f"sqlite:///{tmp_path}/source.db"
    (tmp_path / "source.db").write_bytes(migrated_file.read_bytes())
    asyncio.run(fill(url))
    return url


async def test_everything_is_moved(source: str, target: str) -> None:
    before = await contents(source)
    assert all(before.values()), "the test fills every table"
    copied = await copy_database(source, target)
    assert await contents(target) == before == await contents(source)
    assert copied == {name: len(rows) for name, rows in before.items() if name != "alembic_version"}


async def test_the_service_goes_on_in_the_target(source: str, target: str) -> None:
    await copy_database(source, target)
    database = Database(target)
    await database.connect()
    records = StoreRepository(database, SystemClock(), RecordedAnnouncements())
    again = await records.create(a_store(name="other"), idempotency_key="order-1")
    assert again.name == "my-shop"
    before = await ChangeLog(database).counter()
    await records.create(a_store())
    assert (await ChangeLog(database).counter()).latest > before.latest
    audit = AuditLog(database, SystemClock())
    await audit.record(entry("new"))
    newest = await audit.get(MANY + 1)
    assert newest is not None
    assert newest.record.address == "new"
    await database.close()


async def test_a_target_that_is_in_use(source: str, target: str) -> None:
    await copy_database(source, target)
    before = await contents(target)
    with pytest.raises(ConfigurationError, match=r"is not empty: there are rows in .*stores") as no:
        await copy_database(source, target)
    assert PASSWORD not in str(no.value)
    assert await contents(target) == before


async def test_one_that_breaks_off_leaves_nothing(
    source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioner.storage.copying._continue_numbering", _fail)
    with pytest.raises(KeyError):
        await copy_database(source, target)
    assert (await contents(target))["stores"] == []
    monkeypatch.undo()
    await copy_database(source, target)
    assert await contents(target) == await contents(source)


async def _fail(*_: Any) -> None:
    raise KeyError


async def test_onto_itself(source: str) -> None:
    before = await contents(source)
    with pytest.raises(ConfigurationError, match="the same database"):
        await copy_database(source, source)
    assert await contents(source) == before


async def test_a_source_that_a_service_works_on(source: str, target: str) -> None:
    file = Path(source.removeprefix("sqlite:///"))
    with sole_process(file), pytest.raises(ConfigurationError, match=r"works on the database .*"):
        await copy_database(source, target)
    assert await contents(target) == {}


def test_a_source_that_does_not_exist(tmp_path: Path, target: str) -> None:
    file = tmp_path / "platform.db"
    with pytest.raises(ConfigurationError, match=f"There is no database {file} to copy"):
        asyncio.run(copy_database(f"sqlite:///{file}", target))
    assert list(tmp_path.iterdir()) == []
    assert asyncio.run(contents(target)) == {}


def test_from_the_command_line(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PLATFORM_DATABASE_URL", source)
    monkeypatch.setenv("STORE_PLATFORM_COPY_TO", target)
    done, again = [CliRunner().invoke(cli, ["database", "copy"]) for _ in range(2)]
    assert done.exit_code == 0, done.output
    assert {"stores: 2 rows", f"audit: {MANY} rows"} <= set(done.stdout.splitlines())
    assert "is not empty" in str(again.exception)
