"""Transactions on SQLite and PostgreSQL that stay whole when their caller is cancelled.

Only this module and the two backends beside it (``sqlite``, ``postgres``) use the library
``databases``. They work around these faults of the library:

* If a task is cancelled inside a transaction, the PostgreSQL pool loses its connection: after 300
  cancellations every later query hangs. So each unit of work runs in a task of its own that is
  shielded from cancellation. A cancelled caller waits until its write has ended.
* If a transaction fails to begin or to commit, its connection is never given back. So ``_run`` and
  the backends' ``LifeCycle`` begin and end transactions themselves. Whatever happens, they undo the
  transaction, and free its connection or replace it.
* The value that it returns for an UPDATE is unreliable. Callers use ``RETURNING`` instead.
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
"""The errors of the drivers when a unique index refuses a row."""

CONNECTIONS = 10
"""The default for the most connections that are kept open."""

# Errors that mean that the database cannot be used for now. Any other error is raised as it is.
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
    """Begins and ends transactions on a driver's connection."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait until a task may write, and keep other tasks from writing while it is open."""
        ...

    async def begin(self, connection: Any, *, is_writing: bool) -> None:
        """Begin a transaction that may write, or one that only reads."""
        ...

    async def commit(self, connection: Any, *, is_writing: bool) -> None:
        """Commit the transaction."""
        ...

    async def roll_back(self, connection: Any, error: BaseException) -> None:
        """Undo the transaction that failed with ``error``, if it began at all. Never raises."""
        ...


class Transactions(Protocol):
    """Runs work in transactions: a ``Database``, or one that puts a condition on each write."""

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """See ``Database.transact``."""
        ...

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """See ``Database.read``."""
        ...


class Database:
    """A database given by its URL (``sqlite:///path`` or ``postgresql://…``).

    Raises ConfigurationError for a wrong URL, and from ``connect`` also for a database that cannot
    be opened. Later, all methods raise DatabaseUnavailableError while it cannot be used. ``bounds``
    are the timeouts. ``logs_trouble`` has failures logged as well; a service sets it, because its
    operator does not see the errors that callers get.
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
        self._units: set[asyncio.Task[Any]] = set()  # for ``close``; asyncio may forget a task
        self._used_since: dict[object, float] = {}
        kinds = ("read", "write") if logs_trouble else ()
        self._logs = {kind: TroubleLog(kind) for kind in kinds}

    @property
    def is_sqlite(self) -> bool:
        return self._url.is_sqlite

    @property
    def can_notify(self) -> bool:
        """Whether ``listening`` can get notices. This is known only after ``connect``."""
        return not self.is_sqlite and not self._route.is_pooled

    @property
    def is_stuck(self) -> bool:
        """Whether a connection has been in use for so long that it will not be freed any more."""
        oldest = min(self._used_since.values(), default=None)
        return oldest is not None and time.monotonic() - oldest > self._bounds.stuck_seconds

    async def connect(self) -> None:
        with self._url.opening():
            self._url.make_folder()
            await self._database.connect()

    async def close(self) -> None:
        """Close all connections, after a limited wait for the work that is under way."""
        if self._units:
            await asyncio.wait(self._units, timeout=self._bounds.close_seconds)
        await self._database.disconnect()

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction, committed on return and rolled back on an exception.

        A caller that is cancelled waits until the transaction has ended, so that no write goes on
        behind its back.
        """

        async def unit() -> T:
            with self._trouble_told("write"):
                async with self._life.turn():
                    return await self._run(work, is_writing=True)

        task = self._start(unit())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # A second cancellation ends this wait, but not the write, which ``close`` waits for.
            await asyncio.wait({task}, timeout=self._bounds.finish_seconds)
            raise

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run ``work``, whose SELECTs all see the database at the same moment.

        A caller that is cancelled does not wait for them to end, because they change nothing.
        """

        async def unit() -> T:
            with self._trouble_told("read"):
                return await self._run(work, is_writing=False)

        return await asyncio.shield(self._start(unit()))

    @asynccontextmanager
    async def listening(
        self, channel: str, on_notice: Callable[[], None]
    ) -> AsyncIterator[asyncio.Event]:
        """Call ``on_notice`` for each notice on the channel; yield an event set when that ends.

        Only PostgreSQL can do this. Notices may be lost, so a notice is a reason to read the
        database, and its absence proves nothing.
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
            # The driver's connection, so that the library's own transactions, with the faults named
            # above, play no part.
            connection = lent.raw_connection
            transaction = Transaction(lent, is_sqlite=self.is_sqlite)
            with self._in_use(transaction):
                try:
                    await self._life.begin(connection, is_writing=is_writing)
                    result = await work(transaction)
                    transaction.check()  # ``work`` may have caught the error of a statement
                    await self._life.commit(connection, is_writing=is_writing)
                    transaction.is_committed = True
                except BaseException as error:
                    # The first failed statement says what became of the connection; ``error`` may
                    # be what ``work`` made of it.
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
        """Turn errors of the drivers into DatabaseUnavailableError, and log them now and then."""
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
        """Run ``unit`` as a task that goes on when its caller is cancelled."""
        task = asyncio.create_task(unit, name="database")
        self._units.add(task)
        task.add_done_callback(self._units.discard)
        task.add_done_callback(mark_seen)
        return task


def _is_unusable(error: Exception) -> bool:
    # For a damaged file sqlite3 raises DatabaseError itself, the base class of most of its errors.
    return isinstance(error, _UNUSABLE) or type(error) is sqlite3.DatabaseError


def _database(
    url: DatabaseUrl, connections: int, bounds: Bounds, route: Route
) -> databases.Database:
    given: dict[str, Any] = {"connections": connections, "bounds": bounds}
    if url.file is not None:
        return _Databases("sqlite://", file=url.file, **given)
    return _Databases("postgresql://", dsn=url.url, route=route, **given)
