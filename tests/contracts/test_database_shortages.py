"""What a machine may lack for SQLite: each is told as what it is, and is over when it is over."""

# ruff: noqa: ASYNC240 - the files are the test's own, and small

import asyncio
import os
import resource
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from provisioner.domain.errors import ConfigurationError, DatabaseUnavailableError
from provisioner.storage.bounds import Bounds
from provisioner.storage.database import Database, Transaction
from provisioner.storage.migrations import migrate
from provisioner.storage.sole_process import sole_process
from tests.database_faults import COMMIT, STATEMENT, Fault, SQLiteFaults

CONNECTIONS = 2
TIMES = 4  # more than there are connections
PLENTY_SECONDS = 60
NOBODY = 65534


async def write(transaction: Transaction) -> None:
    await transaction.execute("UPDATE change_counter SET latest = latest + 1")


async def look(transaction: Transaction) -> None:
    await transaction.fetch_all("SELECT * FROM stores")


async def fails(database: Database, says: str) -> None:
    """Both kinds of work fail, for this reason, however often."""
    for _ in range(TIMES):
        for use in (database.transact(write), database.read(look)):
            with pytest.raises(DatabaseUnavailableError, match=says):
                await use


async def works(database: Database) -> None:
    async with asyncio.timeout(PLENTY_SECONDS):
        await asyncio.gather(*(database.transact(write) for _ in range(TIMES)))
        await asyncio.gather(*(database.read(look) for _ in range(TIMES)))


@pytest.fixture
def file(migrated_file: Path) -> Iterator[Path]:
    """A database in a folder that anybody may reach."""
    folder = Path(tempfile.mkdtemp(prefix="store-platform-"))
    folder.chmod(0o755)
    yield Path(shutil.copy(migrated_file, folder / "platform.db"))
    shutil.rmtree(folder)


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{file}", connections=CONNECTIONS)
    await opened.connect()
    yield opened
    await opened.close()


@contextmanager
def no_more_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def without_rights() -> Iterator[None]:
    """Be nobody, where one is root, for whom rights mean nothing."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


async def test_too_many_open_files(database: Database) -> None:
    with no_more_files():
        await fails(database, "too many files open")
    await works(database)


async def test_a_file_that_may_only_be_read(database: Database, file: Path) -> None:
    await works(database)  # with its handles open, rights that are taken matter to new ones only
    await database.close()
    file.chmod(0o444)
    file.parent.chmod(0o555)
    with without_rights():
        await database.connect()
        for _ in range(TIMES):
            with pytest.raises(
                DatabaseUnavailableError, match=r"can only be read|cannot be opened"
            ):
                await database.transact(write)
    file.chmod(0o644)
    file.parent.chmod(0o755)
    await works(database)


async def test_a_file_that_is_moved_away_and_back(database: Database, file: Path) -> None:
    await works(database)
    away = file.with_name("away.db")
    file.rename(away)
    await fails(database, "was moved, replaced or removed")
    assert not file.exists(), "an empty one in its place would be taken for the real one"
    away.rename(file)
    await works(database)


async def test_a_file_that_is_replaced(database: Database, file: Path, migrated_file: Path) -> None:
    await works(database)
    shutil.copy(migrated_file, file.with_name("new.db"))
    file.with_name("new.db").replace(file)
    before = file.read_bytes()
    await fails(database, "was moved, replaced or removed")
    assert file.read_bytes() == before


async def test_a_damaged_file(database: Database, file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:  # all but the first page, which says that it is a database
        opened.seek(4096)
        opened.write(os.urandom(size - 4096))
    await fails(database, "is damaged")


async def test_no_write_ahead_log(database: Database, file: Path) -> None:
    blocked = file.with_name("platform.db-wal")
    blocked.mkdir()
    await fails(database, "write-ahead log")
    blocked.rmdir()
    await works(database)


async def test_another_process_keeps_everybody_out(file: Path) -> None:
    """Not even reading is possible then."""
    bounds = Bounds(lock_seconds=0.05, look_seconds=0.02)
    database = Database(f"sqlite:///{file}", connections=CONNECTIONS, bounds=bounds)
    await database.connect()
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            await fails(database, "Another process holds its lock")
        await works(database)
    finally:
        await database.close()


async def test_a_disk_that_hangs(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection never comes back: the process says that it is stuck, and can be ended."""
    injector, go_on = SQLiteFaults(monkeypatch), threading.Event()
    threads = len(threading.enumerate())

    def hang() -> BaseException:
        go_on.wait(PLENTY_SECONDS)
        return MemoryError()

    bounds = Bounds(stuck_seconds=0.05, finish_seconds=0.05, close_seconds=0.05)
    database = Database(f"sqlite:///{file}", connections=CONNECTIONS, bounds=bounds)
    await database.connect()
    await database.transact(write)
    assert not database.is_stuck
    with injector.injected(Fault(STATEMENT, hang)):
        hanging = asyncio.create_task(database.transact(write))
        async with asyncio.timeout(PLENTY_SECONDS):
            while not database.is_stuck:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
            hanging.cancel()
            await asyncio.wait({hanging})
            await database.close()
        go_on.set()
        async with asyncio.timeout(PLENTY_SECONDS):
            while len(threading.enumerate()) > threads:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
    assert hanging.cancelled()
    assert not database.is_stuck


@pytest.mark.parametrize("at", [STATEMENT, COMMIT])
async def test_a_migration_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """It ends with a sentence, and has done nothing; the next has it all done."""
    connect, is_full = sqlite3.connect, [True]

    class Full(sqlite3.Cursor):
        def execute(self, statement: str, *values: Any) -> Self:
            kind = "CREATE TABLE" if at == STATEMENT else COMMIT
            if is_full and statement.lstrip().startswith(kind):
                raise full_disk()
            return super().execute(statement, *values)

    class FullDisk(sqlite3.Connection):
        def cursor(self, *_: object) -> sqlite3.Cursor:  # type: ignore[override]
            return Full(self)

        def commit(self) -> None:
            if is_full and at == COMMIT:
                raise full_disk()
            super().commit()

    monkeypatch.setattr(sqlite3, "connect", lambda *a, **o: connect(*a, **o, factory=FullDisk))
    url = f"sqlite:///{tmp_path}/platform.db"
    with pytest.raises(ConfigurationError, match=r"platform\.db cannot be used\. Its disk is full"):
        await migrate(url)
    with closing(connect(tmp_path / "platform.db")) as looking:
        assert looking.execute("SELECT name FROM sqlite_master").fetchall() == []
    is_full.clear()
    await migrate(url)


def full_disk() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def test_the_lock_file_has_no_room(tmp_path: Path) -> None:
    """Whatever keeps the lock from being had is no reason to do without it."""
    (tmp_path / "platform.db.lock").mkdir()
    with pytest.raises(OSError, match="directory"), sole_process(tmp_path / "platform.db"):
        raise AssertionError
