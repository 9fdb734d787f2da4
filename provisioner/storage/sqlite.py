"""SQLite through the library ``databases``: reused connections, and writes that lock as they begin.

A connection to the file is called a *handle* here. This module works around these faults of the
library:

* Its ``BEGIN`` is deferred: SQLite takes the lock for writing only with the first write. If two
  transactions read and then write, one of them fails at once, despite the busy timeout. Writing
  transactions here begin ``IMMEDIATE``, which takes the lock first.
* It opens a new handle and a new thread for each query outside a connection. Here handles are
  reused, their PRAGMAs are set once, and their number is limited.
* It sends each statement to the handle's thread three times: to run it, to fetch its rows, and to
  close it. That is half of the time of a short statement (measured: 0.27 ms, and 0.13 ms with a
  single trip). A pod's change needs a dozen statements on its way to a subscriber.
* If a transaction cannot begin or commit, it loses the connection for good. Here every handle is
  given back, or replaced by another (see ``SQLiteHandle``).
* It has no timeouts. Here every wait has one.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import databases
from databases.backends.sqlite import SQLiteBackend as _SQLiteBackend
from databases.backends.sqlite import SQLiteConnection

from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.storage.bounds import Bounds, in_turn
from provisioner.storage.sqlite_handle import Record, SQLiteHandle
from provisioner.storage.trouble import LOCKED, is_locked, unusable

T = TypeVar("T")

_BUSY = "The database is overloaded: the work before this has taken too long."


class _Connection(SQLiteConnection):
    """Runs each statement with a single trip to the handle's thread."""

    async def fetch_all(self, query: Any) -> list[Record]:  # type: ignore[override] # see Record
        statement, values, *_ = self._compile(query)
        rows = await self.raw_connection.execute_fetchall(statement, values)
        return [Record(dict(zip(row.keys(), row, strict=True))) for row in rows]

    async def fetch_one(self, query: Any) -> Record | None:  # type: ignore[override]
        rows = await self.fetch_all(query)
        return rows[0] if rows else None

    async def execute(self, query: Any) -> None:
        await self.fetch_all(query)


class _HandlePool:
    """Keeps at most ``connections`` handles of a file open, and lends them."""

    def __init__(self, file: Path, *, connections: int, bounds: Bounds) -> None:
        self._file = file
        self._bounds = bounds
        self._idle: list[SQLiteHandle] = []
        self._slots = asyncio.Semaphore(connections)
        # Which file the first handle opened. Later handles must find the same one, or the platform
        # would split its writes between two files.
        self._identity: tuple[int, int] | None = None
        self._is_closed = False

    async def acquire(self) -> SQLiteHandle:
        await in_turn(self._slots.acquire, self._bounds.turn_seconds, _BUSY)
        try:
            return self._idle.pop() if self._idle else await self._open()
        except BaseException:  # a cancellation too must not cost the pool a slot
            self._slots.release()
            raise

    async def _open(self) -> SQLiteHandle:
        async def attempt() -> SQLiteHandle:
            handle = SQLiteHandle(self._file, self._identity, self._bounds.look_seconds)
            await handle.open()
            return handle

        handle = await _while_locked(attempt, self._bounds.lock_seconds)
        self._identity = handle.identity
        return handle

    async def release(self, handle: SQLiteHandle) -> None:
        try:
            # A transaction that ends after ``close`` brings its handle back to be closed as well.
            if handle.is_sound and not self._is_closed:
                self._idle.append(handle)
            else:
                await handle.discard()
        finally:
            self._slots.release()

    async def close(self) -> None:
        self._is_closed = True
        while self._idle:
            await self._idle.pop().discard()

    def reopen(self) -> None:
        self._is_closed = False


class SQLiteBackend(_SQLiteBackend):
    """The SQLite backend of ``databases``, with at most ``connections`` handles that stay open."""

    def __init__(
        self,
        database_url: databases.DatabaseURL,
        *,
        file: Path,
        connections: int,
        bounds: Bounds,
    ) -> None:
        super().__init__(database_url)
        self._handles = _HandlePool(file, connections=connections, bounds=bounds)
        self._pool: Any = self._handles

    async def connect(self) -> None:
        self._handles.reopen()

    async def disconnect(self) -> None:
        await self._handles.close()

    def connection(self) -> _Connection:
        return _Connection(self._pool, self._dialect)


class SQLiteTransactions:
    """Begins and ends transactions on a handle. Implements ``database.LifeCycle``.

    When another process has held SQLite's lock for longer than the timeout, later transactions fail
    after a single try, until one of them finds the lock free. So callers are told soon, and do not
    all wait for the whole timeout, one after another.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        # SQLite has one writer at a time. Writers queue here, which is fair. Without this queue
        # they would meet in SQLite's busy handler, which sleeps: with 50 creates that was 11 times
        # as slow.
        self._writer = asyncio.Lock()
        self._waiting: set[asyncio.Timeout] = set()  # of those in the queue, to shorten them
        self._is_locked = {"read": False, "write": False}

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn to write, and hold it while the context is open.

        Raises DatabaseUnavailableError when the wait takes too long.
        """
        waiting = asyncio.timeout(self._waiting_seconds())
        self._waiting.add(waiting)
        try:
            async with waiting:
                await self._writer.acquire()
        except TimeoutError as error:
            said = unusable(LOCKED) if self._is_locked["write"] else _BUSY
            raise DatabaseUnavailableError(said) from error
        finally:
            self._waiting.discard(waiting)
        try:
            yield
        finally:
            self._writer.release()

    async def begin(self, handle: SQLiteHandle, *, is_writing: bool) -> None:
        """Begin a transaction that holds SQLite's lock for writing, or for reading."""
        # Kept apart: with a write-ahead log a writing process keeps out writers, but not readers.
        kind = "write" if is_writing else "read"
        seconds = 0.0 if self._is_locked[kind] else self._bounds.lock_seconds
        try:
            await _while_locked(lambda: handle.begin(is_writing=is_writing), seconds)
        except sqlite3.Error as error:
            if is_locked(error):
                self._found(kind, is_locked=True)
            raise
        self._found(kind, is_locked=False)

    def _found(self, kind: str, *, is_locked: bool) -> None:
        """Note whether another process holds the lock, which decides how long writers wait."""
        is_news = self._is_locked[kind] is not is_locked
        self._is_locked[kind] = is_locked
        # Only writers wait for a turn. Those in the queue began to wait with the timeout of before.
        if is_news and kind == "write":
            end = asyncio.get_running_loop().time() + self._waiting_seconds()
            for waiting in self._waiting:
                if not waiting.expired():
                    waiting.reschedule(end)

    def _waiting_seconds(self) -> float:
        is_locked = self._is_locked["write"]
        # Time enough for the writer in front to try the lock once, which takes ``look_seconds``.
        return 2 * self._bounds.look_seconds if is_locked else self._bounds.turn_seconds

    async def commit(self, handle: SQLiteHandle, *, is_writing: bool) -> None:  # noqa: ARG002
        """Commit the transaction. If this fails, nothing was changed."""
        await handle.execute_fetchall("COMMIT")

    async def roll_back(self, handle: SQLiteHandle, error: BaseException) -> None:
        """See ``database.LifeCycle``. The handle may be unsound afterwards."""
        await handle.roll_back(error)


async def _while_locked(attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Run ``attempt`` again while another process holds the lock, for up to ``seconds``.

    The last error is raised then. There is no pause between two tries, because each waits a little
    inside SQLite, in the handle's thread.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except sqlite3.Error as error:
            if not is_locked(error) or time.monotonic() >= deadline:
                raise
