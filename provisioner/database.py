"""The one module that knows ``databases``: connections, and transactions that survive cancellation.

What the library leaves to its user, with the reason for each part:

* On SQLite ``BEGIN`` is deferred, so two read-modify-writes can meet and one fails at once despite
  the busy timeout. Transactions here begin ``IMMEDIATE``.
* Each query outside a connection opens a new SQLite handle and thread. Handles are kept and reused,
  each with its PRAGMAs set once.
* Cancelling a task inside a transaction wedges the PostgreSQL pool. Every unit of work runs in a
  child task of its own that is shielded, and awaited before the cancellation goes on.
* The value returned by an UPDATE is unreliable; callers use ``RETURNING``.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import databases
from databases.backends.sqlite import SQLiteBackend as _SQLiteBackend
from databases.backends.sqlite import SQLiteConnection, SQLitePool, SQLiteTransaction

from provisioner.errors import ConfigurationError

T = TypeVar("T")
Row = Mapping[str, Any]
Values = Mapping[str, object]

UniqueViolation: tuple[type[Exception], ...] = (sqlite3.IntegrityError,)
"""What the drivers raise when a unique index refuses a row."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)


class _ImmediateTransaction(SQLiteTransaction):
    async def start(self, is_root: bool, extra_options: dict[Any, Any]) -> None:  # noqa: FBT001
        if not is_root or extra_options.get("readonly"):
            await super().start(is_root, extra_options)
            return
        self._is_root = True
        await self._connection.raw_connection.execute("BEGIN IMMEDIATE")


class _Connection(SQLiteConnection):
    def transaction(self) -> _ImmediateTransaction:
        return _ImmediateTransaction(self)


class _HandlePool(SQLitePool):
    """Keeps SQLite handles open between uses."""

    def __init__(self, url: databases.DatabaseURL, **options: Any) -> None:
        super().__init__(url, **options)
        self._idle: list[aiosqlite.Connection] = []

    async def acquire(self) -> aiosqlite.Connection:
        if self._idle:
            return self._idle.pop()
        handle = await super().acquire()
        for pragma in _PRAGMAS:
            await handle.execute_fetchall(pragma)
        return handle

    async def release(self, connection: aiosqlite.Connection) -> None:
        if connection.in_transaction:
            await connection.rollback()
        self._idle.append(connection)

    async def close(self) -> None:
        while self._idle:
            await super().release(self._idle.pop())


class SQLiteBackend(_SQLiteBackend):
    """``databases``' SQLite backend with kept handles and immediate transactions."""

    def __init__(self, database_url: databases.DatabaseURL, **options: Any) -> None:
        super().__init__(database_url, **options)
        self._handles = _HandlePool(self._database_url, **self._options)
        self._pool = self._handles

    async def disconnect(self) -> None:
        await self._handles.close()
        await super().disconnect()

    def connection(self) -> _Connection:
        return _Connection(self._pool, self._dialect)


class _Databases(databases.Database):
    SUPPORTED_BACKENDS = {  # noqa: RUF012 - the library's own attribute
        **databases.Database.SUPPORTED_BACKENDS,
        "sqlite": "provisioner.database:SQLiteBackend",
    }


class Transaction:
    """The statements of one transaction. Named parameters (``:name``) on every database."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch_all(self, statement: str, values: Values | None = None) -> list[Row]:
        rows = await self._connection.fetch_all(statement, dict(values or {}))
        return [row._mapping for row in rows]  # noqa: SLF001 - the library's documented accessor

    async def fetch_one(self, statement: str, values: Values | None = None) -> Row | None:
        row = await self._connection.fetch_one(statement, dict(values or {}))
        return None if row is None else row._mapping  # noqa: SLF001

    async def execute(self, statement: str, values: Values | None = None) -> None:
        await self._connection.execute(statement, dict(values or {}))


class Database:
    """A database given by URL (``sqlite:///path`` or ``postgresql://…``)."""

    def __init__(self, url: str) -> None:
        self._database = _Databases(url)
        if self.is_sqlite and not self._database.url.database:
            raise ConfigurationError(f"The database URL {url!r} names no file.")
        # SQLite has one writer at a time: queueing here is fair, and (measured with 50 creates)
        # 11 times as fast as letting writers meet in SQLite's busy handler, which sleeps.
        self._writer: AbstractAsyncContextManager[object] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )
        self._read_options: dict[str, Any] = (
            {"readonly": True}
            if self.is_sqlite
            else {"readonly": True, "isolation": "repeatable_read"}
        )

    @property
    def is_sqlite(self) -> bool:
        return bool(self._database.url.dialect == "sqlite")

    async def connect(self) -> None:
        if self.is_sqlite:
            Path(self._database.url.database).parent.mkdir(parents=True, exist_ok=True)
        await self._database.connect()

    async def close(self) -> None:
        await self._database.disconnect()

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction, committed on return and rolled back on an exception."""

        async def unit() -> T:
            async with (
                self._writer,
                self._database.connection() as connection,
                connection.transaction(),
            ):
                return await work(Transaction(connection))

        return await _uncancelled(unit())

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run the SELECTs of ``work``, all of which see the database at one moment."""

        async def unit() -> T:
            async with (
                self._database.connection() as connection,
                connection.transaction(**self._read_options),
            ):
                return await work(Transaction(connection))

        return await _uncancelled(unit())


async def _uncancelled(unit: Coroutine[Any, Any, T]) -> T:
    """Await ``unit`` to its end whatever happens to the caller, then pass a cancellation on."""
    task = asyncio.create_task(unit, name="database")
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not warn of it
        raise
