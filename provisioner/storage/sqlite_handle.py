"""One handle of a SQLite file, with a thread of its own that runs its statements.

A handle is *sound* until something went wrong of which it is not certain that it leaves no trace:
SQLite opens a file that may not be written read-only, and keeps it so when it may be written again;
it keeps a file that was removed, and writes into nothing. Such a handle is closed, and the next who
needs one opens another. After a full disk, or a lock that somebody else held, a handle is as good
as before, and worth keeping: a new one might not be had for want of room.
"""

import asyncio
import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite

from provisioner.storage.trouble import FileMovedError, NoLogError, is_full, is_locked

_ROWS_AT_A_TIME = 64
_END_SECONDS = 5.0
_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)
_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Record:
    """What ``Transaction`` uses of a row of ``databases``."""

    _mapping: Mapping[str, Any]


class SQLiteHandle(aiosqlite.Connection):
    """A handle of ``file``.

    ``identity`` is that of the file which is expected there, None where any will do. A statement
    that meets another process' lock waits ``look_seconds``, then raises.
    """

    def __init__(self, file: Path, identity: _Identity | None, look_seconds: float) -> None:
        super().__init__(partial(self._open, look_seconds), _ROWS_AT_A_TIME)
        # A disk that hangs for ever must not keep the process from ending.
        self._thread.daemon = True
        self._file = file
        self.identity = identity
        self.is_sound = True
        self._ended: asyncio.Future[Any] | None = None

    async def open(self) -> None:
        """Open it. When that fails there is nothing left of it."""
        try:
            await self
        except BaseException:
            await self.discard()
            raise

    async def begin(self, *, is_writing: bool) -> None:
        """Begin a transaction that has the write lock, or sees the database as it is now."""
        await self._execute(self._begin, is_writing)  # type: ignore[no-untyped-call]

    async def roll_back(self, error: BaseException) -> None:
        """Undo what ``error`` broke off, and judge what the handle is good for. Never raises."""
        self.is_sound = self.is_sound and _leaves_no_trace(error)
        try:
            async with asyncio.timeout(_END_SECONDS):
                if self.in_transaction:  # SQLite ends some that failed by itself
                    await self.execute_fetchall("ROLLBACK")
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - closing it rolls back as well
            self.is_sound = False

    def stop(self) -> asyncio.Future[Any] | None:
        """Have the thread end; what is returned is done when it has."""
        if self._ended is None:
            self._ended = super().stop()
        return self._ended

    async def discard(self) -> None:
        """Close it, and let its thread end: at once, unless the disk hangs."""
        with suppress(Exception):
            async with asyncio.timeout(_END_SECONDS):
                if (ended := self.stop()) is not None:
                    await ended

    # In the thread ------------------------------------------------------------------------------

    def _open(self, look_seconds: float) -> sqlite3.Connection:
        if self.identity is not None:
            self._expect_file()
        connection = sqlite3.connect(self._file, timeout=look_seconds, isolation_level=None)
        try:
            _set_up(connection)
            self.identity = _identity(self._file)
        except BaseException:
            connection.close()
            raise
        connection.row_factory = sqlite3.Row
        return connection

    def _begin(self, is_writing: bool) -> None:  # noqa: FBT001 - called by name above
        self._expect_file()
        if is_writing:
            self._conn.execute("BEGIN IMMEDIATE")
            return
        self._conn.execute("BEGIN")
        try:  # now rather than with the first SELECT, so that a lock is waited for in one place
            self._conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        except BaseException:
            self._conn.rollback()
            raise

    def _expect_file(self) -> None:
        try:
            found = _identity(self._file)
        except FileNotFoundError as error:
            raise FileMovedError(str(error)) from error
        if found != self.identity:
            raise FileMovedError(f"{self._file} is another file than was opened.")


def _set_up(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise NoLogError(f"The journal mode is {mode}.")
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _identity(file: Path) -> _Identity:
    status = os.stat(file)  # noqa: PTH116 - half the time of Path's, and done for every transaction
    return status.st_dev, status.st_ino


def _leaves_no_trace(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        is_ours = isinstance(error, sqlite3.IntegrityError)
        return is_ours or is_locked(error) or is_full(error)
    return True
