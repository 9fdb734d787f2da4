"""Backups of the database: of one moment, complete, and nothing where something fails."""

import asyncio
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import cli
from provisioner.domain.errors import ConfigurationError
from provisioner.storage import backup
from provisioner.storage.backup import back_up
from provisioner.storage.backup_files import complete
from provisioner.storage.backup_folder import opened_folder
from provisioner.storage.database import Database
from provisioner.storage.url import DatabaseUrl
from tests.contracts.test_database_shortages import without_rights
from tests.database_contents import contents, fill
from tests.postgres import PASSWORD

NOW = datetime(2026, 11, 29, 21, 0, 0, tzinfo=UTC)
NAME = "store-platform-20261129T210000Z.sqlite3"
LOCK = ".store-platform-backups.lock"
PAGE = 4096
OLDER, NEWER = "0001", "9999"
ONE_MORE = "INSERT INTO lease VALUES ('written meanwhile', 8, 'a replica', 0)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups #1"
    made.mkdir()
    return made


@pytest.fixture
async def source(database_url: str) -> str:
    """The URL of a database with something in every table."""
    await fill(database_url)
    return database_url


async def execute(url: str, statement: str) -> None:
    database = Database(url)
    await database.connect()
    try:
        await database.transact(lambda transaction: transaction.execute(statement))
    finally:
        await database.close()


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()} - {LOCK}


async def made(url: str, folder: Path, *, keep: int = 14, hours: int = 0) -> backup.Backup:
    return await back_up(url, folder, keep=keep, now=NOW + timedelta(hours=hours))


def named(hours: int) -> str:
    return f"store-platform-{NOW + timedelta(hours=hours):%Y%m%dT%H%M%SZ}.sqlite3"


async def test_a_backup_is_one_file_with_everything(source: str, folder: Path) -> None:
    before = await contents(source)
    assert all(before.values()), "the test fills every table"
    done = await made(source, folder)
    assert await contents(source) == before
    file = folder / NAME
    assert names(folder) == {NAME}
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes()[18:20] == b"\1\1", "it needs no write-ahead log"
    assert done == backup.Backup(file, file.stat().st_size, stores=2, removed=(), damaged=())
    assert await contents(DatabaseUrl.of_file(file).url) == before


async def test_deleted_stores_are_not_counted(source: str, folder: Path) -> None:
    await execute(source, "UPDATE stores SET status = 'DELETED' WHERE name = 'my-shop'")
    assert (await made(source, folder)).stores == 1


async def test_what_is_written_meanwhile_is_not_in_it(
    source: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await contents(source)

    def write_meanwhile(*_: object) -> None:
        # The transaction of the backup has begun. The writer does not wait for its end.
        writer = threading.Thread(target=lambda: asyncio.run(execute(source, ONE_MORE)))
        writer.start()
        writer.join()

    monkeypatch.setattr(backup, "_refuse_other_schema", write_meanwhile)
    await made(source, folder)
    after = await contents(source)
    assert len(after["lease"]) == len(before["lease"]) + 1
    assert await contents(DatabaseUrl.of_file(folder / NAME).url) == before


@pytest.fixture
def kept(folder: Path) -> Iterator[None]:
    """A folder with a backup and others' files, which are all there is when the test ends."""
    (folder / named(-1)).write_bytes(b"an older backup")
    (folder / "notes.txt").write_bytes(b"somebody's")

    def found() -> dict[str, bytes]:
        return {name: (folder / name).read_bytes() for name in names(folder)}

    before = found()
    yield
    assert found() == before


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("revision", "says"),
    [
        (OLDER, r"of an older version of the platform.* \(`python -m app migrate`\)"),
        (NEWER, r"of a newer version of the platform\. Make the backup with that version"),
    ],
)
async def test_a_schema_of_another_version_is_left_as_it_is(
    source: str, folder: Path, revision: str, says: str
) -> None:
    await execute(source, f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608
    before = await contents(source)
    with pytest.raises(ConfigurationError, match=says) as no:
        await made(source, folder)
    assert PASSWORD not in str(no.value)
    assert await contents(source) == before


@pytest.mark.usefixtures("kept")
async def test_a_database_without_tables(empty_database_url: str, folder: Path) -> None:
    if file := DatabaseUrl.parse(empty_database_url).file:
        file.touch()
    with pytest.raises(ConfigurationError, match="has no tables of the platform"):
        await made(empty_database_url, folder)
    assert await contents(empty_database_url) == {}


@pytest.mark.usefixtures("kept")
async def test_a_database_that_is_not_there(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "platform.db"
    with pytest.raises(ConfigurationError, match=f"There is no database {file} to back up"):
        await made(f"sqlite:///{file}", folder)
    assert not file.exists()


@pytest.mark.usefixtures("kept")
async def test_a_server_that_does_not_answer(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:1/shops cannot be used") as no:
        await made("postgresql://me:s3cret@127.0.0.1:1/shops", folder)
    assert "s3cret" not in str(no.value)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("damaged", "says"),
    [
        (
            "stores_listing",
            r"No backup was made, because the copy is damaged \(.*Earlier backups",
        ),
        ("alembic_version", r"cannot be used\. It is damaged: restore it from a backup"),
    ],
)
async def test_a_damaged_database(
    migrated_file: Path, tmp_path: Path, folder: Path, damaged: str, says: str
) -> None:
    file = Path(shutil.copy(migrated_file, tmp_path / "damaged.db"))
    damage(file, damaged)
    with pytest.raises(ConfigurationError, match=says):
        await made(f"sqlite:///{file}", folder)


def damage(file: Path, name: str) -> None:
    """Overwrite the first page of a table or an index."""
    with closing(sqlite3.connect(file)) as connection:
        statement = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(statement, (name,)).fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * PAGE)
        opened.write(b"\xff" * PAGE)


@pytest.mark.usefixtures("kept")
async def test_a_full_disk(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def connected(file: Any, *given: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(file, *given, **options)
        if str(file).endswith(".part"):
            connection.execute("PRAGMA max_page_count = 30")  # SQLite's own way to have no room
        return connection

    monkeypatch.setattr(sqlite3, "connect", connected)
    with pytest.raises(ConfigurationError, match=r"\.part cannot be used\. Its disk is full"):
        await made(source, folder)


@pytest.mark.usefixtures("kept")
async def test_rows_that_do_not_arrive(
    source: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many(file: Path, rows: Mapping[str, int]) -> None:
        complete(file, {**rows, "stores": rows["stores"] + 1})

    monkeypatch.setattr(backup, "complete", too_many)
    with pytest.raises(ConfigurationError, match="because 2 of 3 rows arrived in stores"):
        await made(source, folder)


@pytest.mark.usefixtures("kept")
async def test_a_row_without_its_store(source: str, folder: Path) -> None:
    if not source.startswith("sqlite"):
        pytest.skip("PostgreSQL takes no such row")
    with closing(sqlite3.connect(source.removeprefix("sqlite:///"))) as connection:
        connection.execute("DELETE FROM stores")
        connection.commit()
    with pytest.raises(ConfigurationError, match="belongs to a row of stores that is not there"):
        await made(source, folder)


async def test_a_folder_that_is_not_there(source: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no folder .*gone.* Create it") as no:
        await made(source, tmp_path / "gone")
    assert "--to" in str(no.value)
    assert not (tmp_path / "gone").exists()


async def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with without_rights(), pytest.raises(ConfigurationError, match="its owner or its mode"):
        await made(f"sqlite:///{tmp_path}/platform.db", Path("/etc"))


async def test_what_a_killed_backup_left_is_removed(source: str, folder: Path) -> None:
    left = {f".{named(-5)}.part{ending}" for ending in ("", "-journal", "-wal", "-shm")}
    others = {f"{named(-5)}.part", f".{named(-5)}.parts", ".store-platform-x.sqlite3.part"}
    for name in left | others:
        (folder / name).write_bytes(b"left")
    await made(source, folder)
    assert names(folder) == {NAME} | others


@pytest.mark.usefixtures("kept")
async def test_one_at_a_time(source: str, folder: Path) -> None:
    with opened_folder(folder), pytest.raises(ConfigurationError, match="Another backup is being"):
        await made(source, folder)


async def test_the_newest_good_ones_are_kept(source: str, folder: Path) -> None:
    others = {"store-platform-20000101.sqlite3", "x" + named(0), named(0) + ".age", "notes.txt"}
    for name in others:
        (folder / name).write_bytes(b"somebody's")
    (folder / named(-99)).symlink_to(folder / "notes.txt")
    for hours in range(5):
        await made(source, folder, hours=hours)
    for hours in (1, 3):  # neither is good any more
        with (folder / named(hours)).open("r+b") as opened:
            opened.truncate(8192)
    done = await made(source, folder, keep=3, hours=5)
    assert done.damaged == (named(3),)
    assert done.removed == (named(1), named(0))
    assert names(folder) == {named(hours) for hours in (-99, 2, 3, 4, 5)} | others


async def test_a_clock_that_went_backwards(source: str, folder: Path) -> None:
    await made(source, folder, hours=1)
    done = await made(source, folder, keep=1)
    assert done.removed == (named(1),)
    assert names(folder) == {NAME}


def test_from_the_command_line(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(fill(database_url))
    monkeypatch.setenv("STORE_PLATFORM_DATABASE_URL", database_url)
    arguments = ["database", "backup", "--to", str(folder), "--keep", "1"]
    (folder / named(-1)).write_bytes(b"an older one")
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    (name,) = names(folder)
    made_line, removed_line = done.stdout.splitlines()
    assert re.fullmatch(
        rf"{re.escape(str(folder / name))}: \d\.\d MB, 2 stores, in \d+\.\d s", made_line
    )
    assert removed_line == f"Removed {named(-1)}: 1 newer backup is kept."
    none = CliRunner().invoke(cli, [*arguments[:-1], "0"])
    assert none.exit_code == 2
    assert names(folder) == {name}
