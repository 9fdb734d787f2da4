"""Explains errors of the database drivers in words that every caller may read.

The drivers' own messages may contain an address or a path, and seldom say what to do. SQLite's
codes are those of its C API (https://www.sqlite.org/rescode.html). Some are less precise than what
this module can find out: SQLite may report a full disk as an "I/O error", or as a file that "cannot
be opened".
"""

import errno
import os
import sqlite3
from pathlib import Path

import asyncpg

NO_ANSWER = "The database does not answer just now."

FULL = "Its disk is full: nothing can be written until there is room on it."
LOCKED = "Another process holds its lock: nothing can be written until that process frees it."
_READ_ONLY = "It can only be read: its file, its folder or its disk is write-protected."
_TOO_MANY_FILES = "This process has too many files open to open it too: raise the limit on files."
_DAMAGED = "It is damaged: restore it from a backup."
_UNREADABLE = "Its disk fails to read or to write."
MOVED = (
    "Its file was moved, replaced or removed while this process used it: put it back, or restart"
    " the service to use what is there now."
)
NO_LOG = (
    "No write-ahead log can be kept beside its file: SQLite needs a disk of this machine for it,"
    " with room, in a folder that may be written."
)

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_AUTH: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: (
        "Its file, or the write-ahead log beside it, cannot be opened: check that they and their"
        " folder are there, and may be read and written."
    ),
    sqlite3.SQLITE_IOERR: _UNREADABLE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "Its file is damaged, or no SQLite database: restore it from a backup.",
}
_BY_POSTGRES_ERROR: dict[type[Exception], str] = {
    asyncpg.DiskFullError: FULL,
    asyncpg.TooManyConnectionsError: (
        "It has no connection left: allow it more (max_connections), or the replicas fewer."
    ),
    asyncpg.OutOfMemoryError: "It has too little memory.",
    asyncpg.ReadOnlySQLTransactionError: "It can only be read: it is a standby, or set to be so.",
    asyncpg.InvalidAuthorizationSpecificationError: "It refuses the platform's user or password.",
    asyncpg.InvalidCatalogNameError: "It does not exist: the server has no database of that name.",
    asyncpg.DataCorruptedError: _DAMAGED,
    asyncpg.IndexCorruptedError: _DAMAGED,
    asyncpg.PostgresSystemError: _UNREADABLE,
}
_LITTLE_ROOM = 64 * 1024  # bytes: SQLite needs more to create a write-ahead log and its index


class FileMovedError(sqlite3.OperationalError):
    """The database's file is not the one that was opened."""


class NoLogError(sqlite3.OperationalError):
    """SQLite cannot keep a write-ahead log for the file."""


def is_locked(error: BaseException) -> bool:
    """Return whether SQLite met a lock of another process."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_full(error: BaseException) -> bool:
    """Return whether SQLite found no room to write."""
    return _code(error) == sqlite3.SQLITE_FULL


def trouble_of(error: BaseException, file: Path | None) -> str | None:
    """Return a sentence on what is wrong with the database, or None when it is not known.

    ``file`` is the file of a SQLite database, and None for PostgreSQL.
    """
    if isinstance(error, FileMovedError):
        return MOVED
    if isinstance(error, NoLogError):
        return NO_LOG
    if isinstance(error, sqlite3.Error):
        return _sqlite_trouble(_code(error), file)
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return _TOO_MANY_FILES
    for kind, trouble in _BY_POSTGRES_ERROR.items():
        if isinstance(error, kind):
            return trouble
    return None


def in_words(error: BaseException, file: Path | None) -> str:
    """Return the message for a caller whose request to the database failed with ``error``."""
    trouble = trouble_of(error, file)
    return NO_ANSWER if trouble is None else unusable(trouble)


def unusable(trouble: str) -> str:
    """Return the message for a caller of a database with this trouble."""
    return f"The database cannot be used just now. {trouble}"


def _code(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    # The last byte is the primary code; the others only tell more about where it happened.
    return None if code is None else code & 0xFF


def _sqlite_trouble(code: int | None, file: Path | None) -> str | None:
    # SQLite reports several causes under these two codes, so the machine itself is asked.
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
        if _are_too_many_files_open():
            return _TOO_MANY_FILES
        if file is not None and _is_disk_full(file.parent):
            return FULL
    return None if code is None else _BY_SQLITE_CODE.get(code)


def _are_too_many_files_open() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


def _is_disk_full(folder: Path) -> bool:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    # A disk can also have no inode left for a new file. Some file systems have no such limit, and
    # report 0 inodes in all.
    return disk.f_bavail * disk.f_frsize < _LITTLE_ROOM or (disk.f_files > 0 and disk.f_favail == 0)
