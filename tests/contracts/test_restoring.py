"""A backup restored into either database: everything, or nothing; the backup stays as it is."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncConnection
from typer.testing import CliRunner

from app.cli.main import cli
from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import ConfigurationError, RefusedError
from provisioner.storage import migrations, restoring
from provisioner.storage.audit_log import AuditLog
from provisioner.storage.backup import back_up
from provisioner.storage.change_log import ChangeLog, decode_cursor, encode_cursor
from provisioner.storage.database import Database
from provisioner.storage.restoring import restore
from provisioner.storage.sole_process import sole_process
from provisioner.storage.sqlalchemy_engine import engine_for
from provisioner.storage.url import DatabaseUrl
from tests.contracts.test_backup import damage, execute, names
from tests.database_contents import MANY, contents, entry, fill
from tests.postgres import PASSWORD, PostgresServer

NOW = datetime(2026, 11, 29, 21, 0, 0, tzinfo=UTC)
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_backup(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """A backup of a SQLite database with something in every table."""
    folder = tmp_path_factory.mktemp("backup")
    file = folder / "platform.db"
    file.write_bytes(migrated_file.read_bytes())
    return asyncio.run(_backed_up(f"sqlite:///{file}", folder))


@pytest.fixture(scope="session")
def postgresql_backup(
    tmp_path_factory: pytest.TempPathFactory, migrated_postgres: PostgresServer
) -> Path:
    """A backup of such a database in PostgreSQL."""
    with migrated_postgres.database("migrated") as name:
        url = migrated_postgres.url(name)
        return asyncio.run(_backed_up(url, tmp_path_factory.mktemp("backup")))


async def _backed_up(url: str, folder: Path) -> Path:
    await fill(url)
    return (await back_up(url, folder, keep=1, now=NOW)).file


@pytest.fixture
def backup(sqlite_backup: Path) -> Iterator[Path]:
    """A backup, which is the same when the test ends, and has nothing beside it."""
    before = sqlite_backup.read_bytes(), sorted(sqlite_backup.parent.iterdir())
    yield sqlite_backup
    assert (sqlite_backup.read_bytes(), sorted(sqlite_backup.parent.iterdir())) == before


@pytest.fixture(params=DATABASES)
def either_backup(request: pytest.FixtureRequest) -> Path:
    """A backup, by what it was made of."""
    made: Path = request.getfixturevalue(f"{request.param}_backup")
    return made


async def test_everything_is_restored(either_backup: Path, empty_database_url: str) -> None:
    before = await contents(DatabaseUrl.of_file(either_backup).url)
    done = await restore(either_backup, empty_database_url)
    after = await contents(empty_database_url)
    ((old_id, *old_counter),) = before.pop("change_counter")
    ((new_id, *new_counter),) = after.pop("change_counter")
    assert new_counter == old_counter
    assert new_id != old_id
    assert after == before
    assert done.made_at == NOW
    counts = {name: len(rows) for name, rows in before.items() if name != "alembic_version"}
    assert done.rows == {**counts, "change_counter": 1}


async def test_cursors_of_before_are_refused_and_numbering_goes_on(
    backup: Path, empty_database_url: str
) -> None:
    with closing(sqlite3.connect(f"{backup.as_uri()}?mode=ro&immutable=1", uri=True)) as before:
        held = encode_cursor(
            *before.execute("SELECT database_id, latest FROM change_counter").fetchone()
        )
    await restore(backup, empty_database_url)
    database = Database(empty_database_url)
    await database.connect()
    counter = await ChangeLog(database).counter()
    with pytest.raises(RefusedError, match="from another database"):
        decode_cursor(held, counter)
    audit = AuditLog(database, SystemClock())
    await audit.record(entry("new"))
    newest = await audit.get(MANY + 1)
    assert newest is not None
    assert newest.record.address == "new"
    await database.close()


async def test_a_database_with_the_schema_and_no_rows(backup: Path, database_url: str) -> None:
    done = await restore(backup, database_url)
    assert done.rows["stores"] == len((await contents(database_url))["stores"]) == 2


async def test_a_backup_of_an_older_version(tmp_path: Path, empty_database_url: str) -> None:
    file = tmp_path / "store-platform-old.sqlite3"
    await _migrated_to(file, "0008")
    before = file.read_bytes()
    done = await restore(file, empty_database_url)
    assert file.read_bytes() == before
    assert done.made_at is None
    assert {*done.rows.values()} == {0, 1}
    newest = migrations._newest()
    assert (await contents(empty_database_url))["alembic_version"] == [(newest,)]


async def _migrated_to(file: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = engine_for(DatabaseUrl.of_file(file))
    async with engine.begin() as connection:

        def upgrade(plain: object) -> None:
            config.attributes["connection"] = plain
            command.upgrade(config, revision)

        await connection.run_sync(upgrade)
    await engine.dispose()


def _nothing(file: Path, _: Path) -> None:
    assert not file.exists()


def _folder(file: Path, _: Path) -> None:
    file.mkdir()


def _text(file: Path, _: Path) -> None:
    file.write_text("-- a dump of another program\n" * 1000)


def _empty(file: Path, _: Path) -> None:
    file.touch()


def _cut_off(file: Path, good: Path) -> None:
    content = good.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def _damaged(file: Path, good: Path) -> None:
    file.write_bytes(good.read_bytes())
    damage(file, "stores_listing")


def _somebody_elses(file: Path, _: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        connection.commit()


def _without_version(file: Path, good: Path) -> None:
    _changed(file, good, "DROP TABLE alembic_version")


def _newer(file: Path, good: Path) -> None:
    _changed(file, good, "UPDATE alembic_version SET version_num = '9999'")


def _changed(file: Path, good: Path, statement: str) -> None:
    file.write_bytes(good.read_bytes())
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def _in_use(file: Path, good: Path) -> None:
    file.write_bytes(good.read_bytes())
    file.with_name(f"{file.name}-wal").write_bytes(b"changes")


REFUSED = [
    (_nothing, r"There is no backup .*bad\.sqlite3; name a file that is there"),
    (_folder, "There is no backup"),
    (_text, "is not a SQLite file"),
    (_empty, "is not a SQLite file"),
    (_cut_off, "is damaged"),
    (_damaged, "is damaged"),
    (_somebody_elses, "is not a backup of the platform"),
    (_without_version, "is not a backup of the platform"),
    (_newer, "is a backup of a newer version of the platform.*Restore it with that version"),
    (_in_use, r"is not a backup but a database in use: bad\.sqlite3-wal"),
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
async def test_what_is_no_good_backup_is_refused(
    make: Callable[[Path, Path], None], says: str, backup: Path, tmp_path: Path
) -> None:
    bad, target = tmp_path / "bad.sqlite3", tmp_path / "new" / "platform.db"
    make(bad, backup)
    before = bad.read_bytes() if bad.is_file() else None
    beside = names(tmp_path)
    with pytest.raises(ConfigurationError, match=says):
        await restore(bad, f"sqlite:///{target}")
    assert (bad.read_bytes() if bad.is_file() else None) == before
    assert names(tmp_path) == beside, "no target was made"


@pytest.mark.parametrize("revision", ["", "UPDATE alembic_version SET version_num = '0001'"])
async def test_a_database_that_is_not_empty(backup: Path, database_url: str, revision: str) -> None:
    await execute(database_url, "INSERT INTO lease VALUES ('provisioner', 7, 'a replica', 0)")
    if revision:  # it is not migrated either
        await execute(database_url, revision)
    file = DatabaseUrl.parse(database_url).file
    before = await contents(database_url), file and file.read_bytes()
    with pytest.raises(ConfigurationError, match=r"is not empty: there are rows in lease") as no:
        await restore(backup, database_url)
    assert PASSWORD not in str(no.value)
    assert (file and file.read_bytes(), await contents(database_url)) == before[::-1]


async def test_a_database_of_a_newer_version(backup: Path, database_url: str) -> None:
    await execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    before = await contents(database_url)
    with pytest.raises(ConfigurationError, match="A newer version may have used it"):
        await restore(backup, database_url)
    assert await contents(database_url) == before


async def test_a_database_that_a_service_works_on(backup: Path, tmp_path: Path) -> None:
    file = tmp_path / "platform.db"
    with sole_process(file), pytest.raises(ConfigurationError, match="Another service"):
        await restore(backup, f"sqlite:///{file}")
    assert not file.exists()


async def test_a_service_that_starts_meanwhile_waits(
    backup: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first write comes after everything is restored, or is refused."""
    writes: list[asyncio.Task[None]] = []
    rename = restoring._rename_database  # the last before the commit

    async def with_a_writer(writing: AsyncConnection) -> None:
        statement = "INSERT INTO cluster VALUES (1, 'another uid', 0)"
        writes.append(asyncio.create_task(execute(database_url, statement)))
        await asyncio.sleep(0.1)  # long enough to be written, if nothing held it
        assert not writes[0].done()
        await rename(writing)

    monkeypatch.setattr(restoring, "_rename_database", with_a_writer)
    await restore(backup, database_url)
    with pytest.raises(Exception, match=r"(?i)unique"):  # the cluster of the backup is there
        await writes[0]
    assert len((await contents(database_url))["stores"]) == 2


async def test_one_that_breaks_off_leaves_nothing(
    backup: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise KeyError

    monkeypatch.setattr(restoring, "_rename_database", fail)
    with pytest.raises(KeyError):
        await restore(backup, empty_database_url)
    file = DatabaseUrl.parse(empty_database_url).file
    if file is not None:
        assert names(file.parent) == {"platform.db.lock"}
    else:
        left = await contents(empty_database_url)
        assert {name for name, rows in left.items() if rows} == {
            "alembic_version",
            "change_counter",
        }
    monkeypatch.undo()
    assert (await restore(backup, empty_database_url)).rows["stores"] == 2


async def test_no_room_for_the_copy(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(ConfigurationError, match=r"No space left on device.*TMPDIR"):
        await restore(backup, f"sqlite:///{tmp_path}/platform.db")
    assert names(tmp_path) == set()


def test_from_the_command_line(
    backup: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PLATFORM_DATABASE_URL", empty_database_url)
    done, again = [CliRunner().invoke(cli, ["database", "restore", str(backup)]) for _ in range(2)]
    assert done.exit_code == 0, done.output
    *tables, last = done.stdout.splitlines()
    assert {"stores: 2 rows", f"audit: {MANY} rows"} <= set(tables)
    assert last == (
        "Restored. Start the service. Stores that were created after 2026-11-29 21:00:00 UTC are in"
        " the cluster but not here: `python -m app adopt` lists them."
    )
    assert "is not empty" in str(again.exception)
    told = {"command line", "restoreDatabase", f'{{"backup": "{backup.name}"}}'}
    entries = asyncio.run(contents(empty_database_url))["audit"]
    assert len([row for row in entries if told <= {*row}]) == 1


async def test_what_was_restored_is_backed_up_as_it_is(
    backup: Path, empty_database_url: str, tmp_path: Path
) -> None:
    await restore(backup, empty_database_url)
    folder = tmp_path / "again"
    folder.mkdir()
    again = await back_up(empty_database_url, folder, keep=1, now=NOW)
    assert await contents(DatabaseUrl.of_file(again.file).url) == await contents(empty_database_url)
