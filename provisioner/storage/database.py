"""Transactions on either database, which survive the cancellation of whoever asked for them.

This module and the two backends beside it (``sqlite``, ``postgres``) are all that know the library
``databases``. What it leaves to its user, here:

* Cancelling a task inside a transaction wedges the PostgreSQL pool. Every unit of work runs in a
  child task of its own that is shielded; a write is awaited before the cancellation goes on.
* A transaction that fails to begin, or to be committed, is never given back. So its life is told
  here, in ``_run`` and in the backends' ``LifeCycle``: whatever happens, it is undone, and its
  connection is free again or replaced.
* The value returned by an UPDATE is unreliable; callers use ``RETURNING``.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Protocol, TypeVar

import asyncpg
import databases

from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.domain.tasks import mark_seen
from provisioner.storage.bounds import Bounds
from provisioner.storage.postgres import PostgresTransactions, Route, listening
from provisioner.storage.sqlite import SQLiteTransactions
from provisioner.storage.transaction import Row, Transaction
from provisioner.storage.trouble import in_words
from provisioner.storage.trouble_log import TroubleLog
from provisioner.storage.url import DatabaseUrl

__all__ = ["Database", "Row", "Transaction", "Transactions", "UniqueViolation"]

T = TypeVar("T")

UniqueViolation: tuple[type[Exception], ...] = (
    sqlite3.IntegrityError,
    asyncpg.UniqueViolationError,
)
"""What the drivers raise when a unique index refuses a row."""

CONNECTIONS = 10
"""Connections that are kept open at most, unless told otherwise."""

_UNUSABLE = (
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
    asyncpg.PostgresSystemError,  # the server's disk fails
    asyncpg.InternalServerError,  # damaged files
    sqlite3.OperationalError,
)


class _Databases(databases.Database):
    SUPPORTED_BACKENDS = {  # noqa: RUF012 - the library's own attribute
        "sqlite": "provisioner.storage.sqlite:SQLiteBackend",
        "postgresql": "provisioner.storage.postgres:PostgresBackend",
    }


class LifeCycle(Protocol):
    """How a transaction begins and ends on a driver's connection."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait until this process may begin to write; keep others from it meanwhile."""
        ...

    async def begin(self, connection: Any, *, is_writing: bool) -> None:
        """Begin a transaction."""
        ...

    async def commit(self, connection: Any, *, is_writing: bool) -> None:
        """Commit it."""
        ...

    async def roll_back(self, connection: Any, error: BaseException) -> None:
        """Undo what ``error`` broke off, also where nothing had begun. Never raises."""
        ...


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
    cannot be opened; afterwards DatabaseUnavailableError while it cannot be used. ``bounds`` limit
    how long anything is waited for. ``logs_trouble``: for a service, of which nobody sees what each
    caller is told.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int = CONNECTIONS,
        bounds: Bounds | None = None,
        logs_trouble: bool = False,
    ) -> None:
        self._url = DatabaseUrl.parse(url)
        self._bounds = bounds or Bounds()
        self._route = Route()
        self._database = _database(self._url, connections, self._bounds, self._route)
        self._life: LifeCycle = (
            SQLiteTransactions(self._bounds)
            if self.is_sqlite
            else PostgresTransactions(self._route)
        )
        self._units: set[asyncio.Task[Any]] = set()
        self._used_since: dict[object, float] = {}
        kinds = ("read", "write") if logs_trouble else ()
        self._logs = {kind: TroubleLog(kind) for kind in kinds}

    @property
    def is_sqlite(self) -> bool:
        return self._url.is_sqlite

    @property
    def can_notify(self) -> bool:
        """Whether ``listening`` hears anything; known once it is connected."""
        return not self.is_sqlite and not self._route.is_pooled

    @property
    def is_stuck(self) -> bool:
        """Whether a connection is in use for so long that it will not come back by itself."""
        oldest = min(self._used_since.values(), default=None)
        return oldest is not None and time.monotonic() - oldest > self._bounds.stuck_seconds

    async def connect(self) -> None:
        with self._url.opening():
            self._url.make_folder()
            await self._database.connect()

    async def close(self) -> None:
        """Close it; what is under way is waited for, unless it does not end."""
        if self._units:
            await asyncio.wait(self._units, timeout=self._bounds.close_seconds)
        await self._database.disconnect()

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction, committed on return and rolled back on an exception."""

        async def unit() -> T:
            with self._trouble_told("write"):
                async with self._life.turn():
                    return await self._run(work, is_writing=True)

        task = self._start(unit())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=self._bounds.finish_seconds)
            raise

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run the SELECTs of ``work``, all of which see the database at one moment.

        Whoever is cancelled meanwhile does not wait for them: they change nothing.
        """

        async def unit() -> T:
            with self._trouble_told("read"):
                return await self._run(work, is_writing=False)

        return await asyncio.shield(self._start(unit()))

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
        except Exception as error:
            if not _is_unusable(error):
                raise
            raise DatabaseUnavailableError(in_words(error, None)) from error

    async def _run(self, work: Callable[[Transaction], Awaitable[T]], *, is_writing: bool) -> T:
        async with self._database.connection() as lent:
            connection = lent.raw_connection
            transaction = Transaction(lent, is_sqlite=self.is_sqlite)
            with self._in_use(transaction):
                try:
                    await self._life.begin(connection, is_writing=is_writing)
                    result = await work(transaction)
                    transaction.check()
                    await self._life.commit(connection, is_writing=is_writing)
                    transaction.is_committed = True
                except BaseException as error:
                    await self._life.roll_back(connection, transaction.failure or error)
                    raise
                return result

    @contextmanager
    def _in_use(self, key: object) -> Iterator[None]:
        self._used_since[key] = time.monotonic()
        try:
            yield
        finally:
            del self._used_since[key]

    @contextmanager
    def _trouble_told(self, kind: str) -> Iterator[None]:
        """Turn what the drivers raise into DatabaseUnavailableError, and log it now and then."""
        log = self._logs.get(kind)
        try:
            yield
        except DatabaseUnavailableError as error:
            if log is not None:
                log.failed(error)
            raise
        except Exception as error:
            if not _is_unusable(error):
                raise
            unavailable = DatabaseUnavailableError(in_words(error, self._url.file))
            if log is not None:
                log.failed(unavailable, error)
            raise unavailable from error
        else:
            if log is not None:
                log.succeeded()

    def _start(self, unit: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run ``unit`` to its end whatever happens to the caller."""
        task = asyncio.create_task(unit, name="database")
        self._units.add(task)
        task.add_done_callback(self._units.discard)
        task.add_done_callback(mark_seen)
        return task


def _is_unusable(error: Exception) -> bool:
    # SQLite's word for a damaged file is the root of its errors, and nothing narrower.
    return isinstance(error, _UNUSABLE) or type(error) is sqlite3.DatabaseError


def _database(
    url: DatabaseUrl, connections: int, bounds: Bounds, route: Route
) -> databases.Database:
    given: dict[str, Any] = {"connections": connections, "bounds": bounds}
    if url.file is not None:
        return _Databases("sqlite://", file=url.file, **given)
    return _Databases("postgresql://", dsn=url.url, route=route, **given)
