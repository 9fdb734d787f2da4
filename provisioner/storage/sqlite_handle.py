"""A connection to a SQLite file, called a handle, with its own thread that runs its statements.

A handle is *sound* until an error occurs that may have a lasting effect on it. Two examples: SQLite
opens a write-protected file read-only, and stays read-only when the protection is gone. It also
keeps a file open that was removed, and its writes are lost. A handle that is not sound is closed,
and the next caller opens another.

After a full disk, or a lock of another process, a handle is as good as before. It is kept, because
there might be no room to open another.
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
# SQLite forgets these with each connection, so every handle sets them.
_PRAGMAS = (
    # With a write-ahead log this is safe from corruption, and waits for the disk less often.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)
_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Record:
    """A row with the one attribute that ``Transaction`` uses of the library's own rows."""

    _mapping: Mapping[str, Any]


class SQLiteHandle(aiosqlite.Connection):
    """A handle of ``file``.

    ``identity`` (device and inode) tells which file is expected at that path; with None any file is
    opened. A statement that meets a lock of another process waits ``look_seconds``, then raises.
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
        """Open the file. If this fails, the handle's thread is ended too."""
        try:
            await self
        except BaseException:  # aiosqlite has started the thread before it opens the file
            await self.discard()
            raise

    async def begin(self, *, is_writing: bool) -> None:
        """Begin a transaction that holds the lock for writing, or sees the database as of now."""
        # One trip to the thread for all of it.
        await self._execute(self._begin, is_writing)  # type: ignore[no-untyped-call]

    async def roll_back(self, error: BaseException) -> None:
        """Undo the transaction that ``error`` ended, and decide whether the handle stays sound.

        Never raises.
        """
        self.is_sound = self.is_sound and _leaves_no_trace(error)
        try:
            async with asyncio.timeout(_END_SECONDS):
                if self.in_transaction:  # after some errors SQLite has rolled back by itself
                    await self.execute_fetchall("ROLLBACK")
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - closing it rolls back as well
            self.is_sound = False

    def stop(self) -> asyncio.Future[Any] | None:
        """Tell the thread to end; return a future that is done when it has ended."""
        # aiosqlite queues a second stop for the thread. If that has ended already, nobody takes it
        # from the queue, and its future is never done.
        if self._ended is None:
            self._ended = super().stop()
        return self._ended

    async def discard(self) -> None:
        """Close the file and end the thread. Does not wait for a disk that hangs."""
        with suppress(Exception):
            async with asyncio.timeout(_END_SECONDS):
                if (ended := self.stop()) is not None:
                    await ended

    # The methods below run in the handle's thread. -----------------------------------------------

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
        # A plain BEGIN locks nothing; the first SELECT does. It is made here, so that there is one
        # place where a lock of another process is waited for.
        try:
            self._conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        except BaseException:
            self._conn.rollback()
            raise

    def _expect_file(self) -> None:
        # SQLite does not notice when its file is moved or replaced, and goes on writing to the old
        # one.
        try:
            found = _identity(self._file)
        except FileNotFoundError as error:
            raise FileMovedError(str(error)) from error
        if found != self.identity:
            raise FileMovedError(f"{self._file} is another file than was opened.")


def _set_up(connection: sqlite3.Connection) -> None:
    # SQLite does not raise when it cannot keep a write-ahead log: it answers with another mode.
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
        # A constraint of our schema refused a row: that is no trouble of the file.
        is_ours = isinstance(error, sqlite3.IntegrityError)
        return is_ours or is_locked(error) or is_full(error)
    return True
