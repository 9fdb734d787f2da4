"""Transactions on either database, which survive the cancellation of whoever asked for them.

This module and the two backends beside it (``sqlite``, ``postgres``) are all that know the library
``databases``. What it leaves to its user, here:

* Cancelling a task inside a transaction wedges the PostgreSQL pool. Every unit of work runs in a
  child task of its own that is shielded; a write is awaited before the cancellation goes on.
* The value returned by an UPDATE is unreliable; callers use ``RETURNING``.
"""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import asyncpg
import databases

from provisioner.database_url import DatabaseUrl
from provisioner.errors import DatabaseUnavailableError
from provisioner.postgres import listening

T = TypeVar("T")
Row = Mapping[str, Any]
Values = Mapping[str, object]

UniqueViolation: tuple[type[Exception], ...] = (
    sqlite3.IntegrityError,
    asyncpg.UniqueViolationError,
)
"""What the drivers raise when a unique index refuses a row."""

CONNECTIONS = 10
"""Connections that are kept open at most, unless told otherwise."""

_TRANSIENT = (
    OSError,  # refused, reset, or no answer in time
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,  # the connection is closed
    asyncpg.InternalClientError,  # it was closed between two statements (seen with 0.32)
    asyncpg.OperatorInterventionError,  # shutting down, starting up, cancelled
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,  # a replica, until it is promoted
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    sqlite3.OperationalError,
)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL does not take, and half a character, which no database does."""


class _Databases(databases.Database):
    SUPPORTED_BACKENDS = {  # noqa: RUF012 - the library's own attribute
        "sqlite": "provisioner.sqlite:SQLiteBackend",
        "postgresql": "provisioner.postgres:PostgresBackend",
    }


class Transaction:
    """The statements of one transaction. Named parameters (``:name``) on every database."""

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self._connection = connection
        self._is_sqlite = is_sqlite

    async def fetch_all(self, statement: str, values: Values | None = None) -> list[Row]:
        rows = await self._connection.fetch_all(statement, _storable(values))
        return [row._mapping for row in rows]  # noqa: SLF001 - the library's documented accessor

    async def fetch_one(self, statement: str, values: Values | None = None) -> Row | None:
        row = await self._connection.fetch_one(statement, _storable(values))
        return None if row is None else row._mapping  # noqa: SLF001

    async def execute(self, statement: str, values: Values | None = None) -> None:
        await self._connection.execute(statement, _storable(values))

    async def lock(self, name: str) -> None:
        """Wait until this transaction is the only one that holds the lock ``name``.

        It ends with the transaction. SQLite needs none: it has one writing transaction at a time.
        """
        if not self._is_sqlite:
            await self.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))", {"name": name}
            )

    async def notify(self, channel: str) -> None:
        """Wake whoever listens on the channel once this is committed; see ``Database.listening``.

        However often it is asked for in a transaction, it is done once. On SQLite nobody listens.
        """
        if not self._is_sqlite:
            await self.execute("SELECT pg_notify(:channel, '')", {"channel": channel})

    async def lock_store(self, store_id: str) -> None:
        """Keep other transactions from changing the store until this one ends.

        Whatever reads of a store before it writes calls this first, so that what was read still
        holds, and so that all lock the store's row before its steps and pods: no deadlock.
        """
        if not self._is_sqlite:
            await self.execute("SELECT id FROM stores WHERE id = :id FOR UPDATE", {"id": store_id})


@dataclass(slots=True)
class Alongside:
    """Work that joins a transaction; ``is_done`` once that is committed."""

    work: Callable[[Transaction, object], Awaitable[None]]
    is_done: bool = False


_alongside: ContextVar[Alongside | None] = ContextVar("alongside", default=None)


@contextmanager
def alongside(work: Callable[[Transaction, object], Awaitable[None]]) -> Iterator[Alongside]:
    """Make ``work`` part of the first transaction that is committed within the context.

    It is handed the transaction, and what the transaction is going to return. Both are committed,
    or neither.
    """
    added = Alongside(work)
    token = _alongside.set(added)
    try:
        yield added
    finally:
        _alongside.reset(token)


def _joined(
    work: Callable[[Transaction], Awaitable[T]], added: Alongside | None
) -> Callable[[Transaction], Awaitable[T]]:
    if added is None:
        return work

    async def both(transaction: Transaction) -> T:
        result = await work(transaction)
        await added.work(transaction, result)
        return result

    return both


class Transactions(Protocol):
    """Where work is done in transactions: a ``Database``, or one with a condition on writing."""

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """See ``Database.transact``."""
        ...

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """See ``Database.read``."""
        ...


class Database:
    """A database given by URL (``sqlite:///path`` or ``postgresql://…``).

    Raises ConfigurationError for a URL that is wrong, in ``connect`` also for a database that
    cannot be opened; afterwards DatabaseUnavailableError while it cannot be used.
    """

    def __init__(self, url: str, *, connections: int = CONNECTIONS) -> None:
        self._url = DatabaseUrl.parse(url)
        self._database = _database(self._url, connections)
        self._units: set[asyncio.Task[Any]] = set()
        # SQLite has one writer at a time: queueing here is fair, and (measured with 50 creates)
        # 11 times as fast as letting writers meet in SQLite's busy handler, which sleeps.
        self._writer: AbstractAsyncContextManager[object] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )
        # Named, because a server may default to another, under which a statement that waited for a
        # lock would still see the time before.
        self._write_options: dict[str, Any] = (
            {} if self.is_sqlite else {"isolation": "read_committed"}
        )
        self._read_options: dict[str, Any] = (
            {"readonly": True}
            if self.is_sqlite
            else {"readonly": True, "isolation": "repeatable_read"}
        )

    @property
    def is_sqlite(self) -> bool:
        return self._url.is_sqlite

    async def connect(self) -> None:
        with self._url.opening():
            self._url.make_folder()
            await self._database.connect()

    async def close(self) -> None:
        if self._units:
            await asyncio.wait(self._units)
        await self._database.disconnect()

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction, committed on return and rolled back on an exception."""

        async def unit() -> T:
            added = _alongside.get()
            if added is not None and added.is_done:
                added = None
            async with self._writer:
                result = await self._run(_joined(work, added), self._write_options)
            if added is not None:
                added.is_done = True
            return result

        task = self._start(unit())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run the SELECTs of ``work``, all of which see the database at one moment.

        Whoever is cancelled meanwhile does not wait for them: they change nothing.
        """
        return await asyncio.shield(self._start(self._run(work, self._read_options)))

    @asynccontextmanager
    async def listening(
        self, channel: str, on_notice: Callable[[], None]
    ) -> AsyncIterator[asyncio.Event]:
        """Call ``on_notice`` whenever the channel is notified; yield what is set when that ends.

        PostgreSQL alone can do so. A notice may be lost: it is a reason to read, not news.
        """
        try:
            async with listening(self._url.url, channel, on_notice) as ended:
                yield ended
        except _TRANSIENT as error:
            raise DatabaseUnavailableError from error

    async def _run(
        self, work: Callable[[Transaction], Awaitable[T]], options: Mapping[str, Any]
    ) -> T:
        try:
            async with (
                self._database.connection() as connection,
                connection.transaction(**options),
            ):
                return await work(Transaction(connection, is_sqlite=self.is_sqlite))
        except _TRANSIENT as error:
            raise DatabaseUnavailableError from error

    def _start(self, unit: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run ``unit`` to its end whatever happens to the caller."""
        task = asyncio.create_task(unit, name="database")
        self._units.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._units.discard(task)
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not warn where nobody waits any more


def _database(url: DatabaseUrl, connections: int) -> databases.Database:
    if url.file is not None:
        return _Databases(f"sqlite:///{quote(str(url.file))}", connections=connections)
    return _Databases("postgresql://", dsn=url.url, connections=connections)


def _storable(values: Values | None) -> dict[str, object]:
    return {
        name: _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        if isinstance(value, str)
        else value
        for name, value in (values or {}).items()
    }
