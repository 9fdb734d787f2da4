"""What a backup of the database is: one SQLite file, whichever database it was made of.

Its name has the time at which it was made. It has no write-ahead log, so that the one file is all
there is to copy elsewhere.
"""

import os
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from provisioner.domain.errors import ConfigurationError
from provisioner.storage.copying import SCHEMA

STORES = "stores"
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"store-platform-(\d{8}T\d{6}Z)\.sqlite3")
_BEGINS = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html
_NO_TABLE = "no such table"


def name_of(moment: datetime) -> str:
    """Return the name of the backup that is made at a moment in UTC."""
    return f"store-platform-{moment:{_TIME}}.sqlite3"


def time_of(file: Path) -> datetime | None:
    """Return when a backup was made, by its name; None when the file is not named as a backup."""
    found = _NAME.fullmatch(file.name)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def opened_unchanged(file: Path) -> sqlite3.Connection:
    """Open a SQLite file that nobody writes to, so that reading it leaves nothing behind."""
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None)


def problem_of(file: Path) -> str | None:
    """Return what is wrong with a file that should be a backup, or None when it is a good one.

    Raises OSError when the file cannot be read.
    """
    with file.open("rb") as opened:
        if opened.read(len(_BEGINS)) != _BEGINS:
            return "is not a SQLite file"
    try:
        with closing(opened_unchanged(file)) as connection:
            fault = _fault_in(connection)
            if fault is not None:
                return f"is damaged ({fault})"
            connection.execute(f"SELECT 1 FROM {STORES} LIMIT 1")  # noqa: S608 - fixed words
            return None if revision_of(connection) else "is not a backup of the platform"
    except sqlite3.Error as error:
        if str(error).startswith(_NO_TABLE):
            return "is not a backup of the platform"
        return f"is damaged ({error})"


def revision_of(connection: sqlite3.Connection) -> str | None:
    """Return the revision of a file's schema, or None when the platform has made no tables in it.

    Raises sqlite3.Error when the file cannot be read.
    """
    is_there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if connection.execute(is_there, (SCHEMA,)).fetchone() is None:
        return None
    row = connection.execute(f"SELECT version_num FROM {SCHEMA}").fetchone()  # noqa: S608
    return None if row is None else str(row[0])


def complete(file: Path, expected: Mapping[str, int]) -> None:
    """Make a file that was just written a single file, check it, and wait until it is on the disk.

    ``expected`` has the number of rows in each table. Raises ConfigurationError when the file is
    not as it should be, and sqlite3.Error or OSError when it cannot be written.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        # The pages of a database with a write-ahead log bring its setting with them.
        connection.execute("PRAGMA journal_mode = DELETE")
        _check(connection, expected)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fault_in(connection: sqlite3.Connection) -> str | None:
    """Return the first thing that is wrong with the pages of a file, or None."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    # The line before only names the database within the connection.
    return None if found == "ok" else str(found).splitlines()[-1]


def _check(connection: sqlite3.Connection, expected: Mapping[str, int]) -> None:
    fault = _fault_in(connection)
    if fault is not None:
        raise ConfigurationError(
            f"No backup was made, because the copy is damaged ({fault}), and so perhaps is the"
            " database. Earlier backups are kept: see `python -m app database restore`."
        )
    lost = connection.execute("PRAGMA foreign_key_check").fetchone()
    if lost is not None:
        raise ConfigurationError(
            f"No backup was made, because a row of {lost[0]} belongs to a row of {lost[2]} that is"
            " not there. Earlier backups are kept. Remove that row from the database, or restore"
            " the database from an earlier backup."
        )
    for table, rows in expected.items():
        (arrived,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608
        if arrived != rows:
            raise ConfigurationError(
                f"No backup was made, because {arrived} of {rows} rows arrived in {table}. Try"
                " again; look at the folder's disk if it happens again."
            )
