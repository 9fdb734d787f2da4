"""Whatever fails, wherever: the pool works again afterwards, and nothing is half done."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest

from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.storage.bounds import Bounds
from provisioner.storage.database import Database, Transaction
from tests.database_faults import (
    BEGIN,
    COMMIT,
    OPEN,
    RELEASE,
    ROLLBACK,
    STATEMENT,
    Fault,
    Injector,
    PostgresFaults,
    SQLiteFaults,
    server_error,
    sqlite_error,
)

CONNECTIONS = 2
TIMES = 3  # more than there are connections
HASTY = Bounds(turn_seconds=20, lock_seconds=0.02, look_seconds=0.01)
PLENTY_SECONDS = 60

ERRORS: dict[str, dict[str, Callable[[], BaseException]]] = {
    "sqlite": {
        "full": sqlite_error(sqlite3.SQLITE_FULL),
        "busy": sqlite_error(sqlite3.SQLITE_BUSY),
        "io": sqlite_error(sqlite3.SQLITE_IOERR),
        "read-only": sqlite_error(sqlite3.SQLITE_READONLY),
        "cannot open": sqlite_error(sqlite3.SQLITE_CANTOPEN),
        "corrupt": sqlite_error(sqlite3.SQLITE_CORRUPT),
        "memory": MemoryError,  # nobody foresaw that
    },
    "postgresql": {
        "full": server_error(asyncpg.DiskFullError, "ERROR"),
        "no connection": server_error(asyncpg.TooManyConnectionsError, "FATAL"),
        "shutdown": server_error(asyncpg.AdminShutdownError, "FATAL"),
        "cut": lambda: asyncpg.ConnectionDoesNotExistError("injected"),
        "closed": lambda: asyncpg.InterfaceError("injected"),
        "late": TimeoutError,
        "refused": ConnectionRefusedError,
        "memory": MemoryError,
    },
}
KINDS = {
    "sqlite": (OPEN, BEGIN, STATEMENT, COMMIT, ROLLBACK),
    "postgresql": (OPEN, BEGIN, STATEMENT, COMMIT, ROLLBACK, RELEASE),
}
CASES = [
    pytest.param(name, kind, id=f"{name}-{kind}") for name, kinds in KINDS.items() for kind in kinds
]


def errors_of(database_url: str) -> dict[str, Callable[[], BaseException]]:
    return ERRORS[database_url.partition(":")[0]]


async def create(transaction: Transaction) -> None:
    await transaction.execute(
        "INSERT INTO tokens (id, digest, owner, role, description, created_at)"
        " VALUES ('one', 'd', '0', 'ADMIN', '', 0)"
    )


async def add_one(transaction: Transaction) -> None:
    await transaction.execute(
        "UPDATE tokens SET owner = CAST(CAST(owner AS INTEGER) + 1 AS TEXT) WHERE id = 'one'"
    )


async def value(database: Database) -> int:
    row = await database.read(lambda t: t.fetch_one("SELECT owner FROM tokens WHERE id = 'one'"))
    assert row is not None
    return int(row["owner"])


@pytest.fixture
def injector(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Injector:
    is_sqlite = database_url.startswith("sqlite")
    return SQLiteFaults(monkeypatch) if is_sqlite else PostgresFaults(monkeypatch)


@pytest.fixture
async def counter(database_url: str, injector: Injector) -> AsyncIterator[Database]:  # noqa: ARG001
    """A database with a number to count up, and few connections."""
    async with opened(database_url) as made:
        await made.transact(create)
        yield made


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, connections=CONNECTIONS, bounds=HASTY)
    await made.connect()
    try:
        yield made
    finally:
        await made.close()


async def still_works(database: Database) -> None:
    """Use every connection there is, many times over."""
    before = await value(database)
    together = asyncio.Barrier(CONNECTIONS)

    async def meet(transaction: Transaction) -> None:
        await together.wait()
        await transaction.fetch_one("SELECT 1")

    async with asyncio.timeout(PLENTY_SECONDS):
        # The first finds a lock free that was held: until then others would be told so soon.
        await database.transact(add_one)
        await asyncio.gather(*(database.transact(add_one) for _ in range(2 * TIMES)))
        await asyncio.gather(*(database.read(meet) for _ in range(2 * CONNECTIONS)))
    assert await value(database) == before + 1 + 2 * TIMES
    assert not database.is_stuck


@pytest.mark.parametrize(("database_url", "kind"), CASES, indirect=["database_url"])
async def test_writes_that_fail(
    counter: Database,  # noqa: ARG001 - has the row
    injector: Injector,
    database_url: str,
    kind: str,
) -> None:
    # Given work that is broken off where it is undoing it that fails
    async def work(transaction: Transaction) -> None:
        await add_one(transaction)
        if kind == ROLLBACK:
            raise KeyError

    async def fail_often(database: Database, fault: Fault, _: Transaction) -> None:
        with injector.injected(fault):
            for _again in range(TIMES):
                if kind == RELEASE:  # its work was done before
                    await database.transact(work)
                    continue
                with pytest.raises((KeyError, DatabaseUnavailableError, MemoryError)) as failed:
                    await database.transact(work)
                assert (failed.type is KeyError) == (kind == ROLLBACK)

    for error, make in errors_of(database_url).items():
        fault = Fault(kind, make)
        async with opened(database_url) as database:
            before = await value(database)

            # When it happens more often than there are connections, with one of them in use, so
            # that another has to be opened
            await database.read(partial(fail_often, database, fault))

            # Then nothing was changed, and every connection is there
            assert fault.met >= TIMES, error
            assert await value(database) == before + (TIMES if kind == RELEASE else 0), error
            await still_works(database)


@pytest.mark.parametrize(("database_url", "kind"), CASES, indirect=["database_url"])
async def test_reads_that_fail(
    counter: Database,  # noqa: ARG001 - has the row
    injector: Injector,
    database_url: str,
    kind: str,
) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.fetch_all("SELECT * FROM tokens")
        if kind == ROLLBACK:
            raise KeyError

    async def fail_often(database: Database, fault: Fault, _: Transaction) -> None:
        with injector.injected(fault):
            for _again in range(TIMES):
                if kind == RELEASE:
                    await database.read(work)
                    continue
                with pytest.raises((KeyError, DatabaseUnavailableError, MemoryError)):
                    await database.read(work)

    for error, make in errors_of(database_url).items():
        fault = Fault(kind, make)
        async with opened(database_url) as database:
            await database.transact(partial(fail_often, database, fault))
            assert fault.met >= TIMES, error
            await still_works(database)


@pytest.mark.parametrize("error", ["full", "io", "memory"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_work_that_goes_on_after_its_transaction_was_undone(
    counter: Database, injector: Injector, error: str
) -> None:
    """SQLite undoes it by itself, and would commit whatever comes after, one by one."""
    fault = Fault(STATEMENT, ERRORS["sqlite"][error], happens_first=True)
    swallowed: list[type[Exception]] = []

    async def work(transaction: Transaction) -> None:
        for _ in range(3):
            try:
                with injector.injected(fault):
                    await add_one(transaction)
            except Exception as caught:  # noqa: BLE001 - as work that copes with a refusal
                swallowed.append(type(caught))
            try:
                await add_one(transaction)
            except Exception as caught:  # noqa: BLE001
                swallowed.append(type(caught))

    for _ in range(TIMES):
        with pytest.raises(MemoryError if error == "memory" else DatabaseUnavailableError):
            await counter.transact(work)
    assert len(swallowed) == TIMES * 6
    assert await value(counter) == 0
    await still_works(counter)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_a_refusal_that_is_swallowed(counter: Database) -> None:
    """PostgreSQL would answer COMMIT with ROLLBACK, and no error."""

    async def work(transaction: Transaction) -> str:
        await add_one(transaction)
        try:
            await create(transaction)  # it is there already
        except Exception:  # noqa: BLE001
            return "done"
        return ""

    with pytest.raises((sqlite3.IntegrityError, asyncpg.UniqueViolationError)):
        await counter.transact(work)
    assert await value(counter) == 0
    await still_works(counter)


@pytest.mark.parametrize("is_made", [True, False])
@pytest.mark.parametrize("error", ["cut", "closed", "late", "shutdown"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_no_answer_to_a_commit(
    counter: Database, injector: Injector, error: str, *, is_made: bool
) -> None:
    """The only case in which it is not known whether a change was made; it is called so."""
    fault = Fault(COMMIT, ERRORS["postgresql"][error], happens_first=is_made)
    with injector.injected(fault):
        for _ in range(TIMES):
            with pytest.raises(DatabaseUnavailableError, match="is not known") as unavailable:
                await counter.transact(add_one)
            assert unavailable.value.is_outcome_unknown
    assert await value(counter) == (TIMES if is_made else 0)
    await still_works(counter)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_commit_that_the_server_refuses(counter: Database, injector: Injector) -> None:
    with (
        injector.injected(Fault(COMMIT, ERRORS["postgresql"]["full"])),
        pytest.raises(DatabaseUnavailableError, match="Its disk is full") as unavailable,
    ):
        await counter.transact(add_one)
    assert not unavailable.value.is_outcome_unknown
    assert await value(counter) == 0
