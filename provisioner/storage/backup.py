"""Makes a backup of the database while the service runs.

A backup shows the database as of one moment, and nobody waits for it. SQLite copies its file page
by page, in a transaction that only reads. The rows of PostgreSQL are copied into a new SQLite file.
So the image needs no program of the server's version, and a backup can be restored into either
database (see ``restoring``). The database's schema is never changed.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, text

from provisioner.domain.errors import ConfigurationError
from provisioner.domain.stores import StoreStatus
from provisioner.storage.backup_files import (
    STORES,
    complete,
    name_of,
    opened_unchanged,
    revision_of,
)
from provisioner.storage.backup_folder import new_backup, opened_folder, remove_old
from provisioner.storage.copying import (
    SCHEMA,
    connection_to,
    copy_rows,
    read_as_of_one_moment,
)
from provisioner.storage.migrations import SchemaAge, age_of, migrate
from provisioner.storage.trouble import FULL, trouble_of
from provisioner.storage.url import DatabaseUrl

_BUSY_SECONDS = 15  # how long to wait for another process that has locked the file
_PROBLEMS = {
    SchemaAge.NONE: "has no tables of the platform, so there is nothing to back up. Check the"
    " database URL; the service makes the tables when it starts.",
    SchemaAge.OLDER: "is of an older version of the platform, and a backup changes nothing in it."
    " Make the backup with that version, or update the database first (`python -m app migrate`).",
    SchemaAge.NEWER: "is of a newer version of the platform. Make the backup with that version.",
}


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made.

    ``stores`` is the number of stores in it that are not deleted. ``removed`` are the names of
    older backups that were removed, and ``damaged`` of those in the folder that cannot be restored.
    """

    file: Path
    size_bytes: int
    stores: int
    removed: tuple[str, ...]
    damaged: tuple[str, ...]


async def back_up(url: str, folder: Path, *, keep: int, now: datetime) -> Backup:
    """Make a backup in a folder, then remove all but the ``keep`` newest good ones.

    Raises ConfigurationError when the database or the folder cannot be used, or the schema is not
    that of this version. Then there is no new backup, and no older one was removed.
    """
    source, name = DatabaseUrl.parse(url), name_of(now)
    with opened_folder(folder):
        with new_backup(folder, name) as part:
            if source.file is None:
                rows = await _copy_server(source, part)
            else:
                rows = await asyncio.to_thread(_copy_file, source, source.file, part)
            with DatabaseUrl.of_file(part).opening():
                await asyncio.to_thread(complete, part, rows)
        removed, damaged = await asyncio.to_thread(remove_old, folder, keep=keep, newest=name)
        return _told(folder / name, removed, damaged)


def _told(file: Path, removed: list[str], damaged: list[str]) -> Backup:
    with closing(opened_unchanged(file)) as connection:
        (stores,) = connection.execute(
            f"SELECT count(*) FROM {STORES} WHERE status != ?",  # noqa: S608 - fixed words
            (StoreStatus.DELETED,),
        ).fetchone()
    return Backup(file, file.stat().st_size, stores, tuple(removed), tuple(damaged))


def _copy_file(source: DatabaseUrl, file: Path, part: Path) -> Mapping[str, int]:
    """Copy a SQLite file by SQLite's online backup; return the number of rows of each table."""
    # SQLite itself would make an empty one.
    if not file.is_file():
        raise ConfigurationError(
            f"There is no database {file} to back up; name it in STORE_PLATFORM_DATABASE_URL."
        )
    # Not opened as read-only: where no service runs, SQLite has to make the files of the write-
    # ahead log before anybody can read, and to recover a log that a killed service has left.
    uri = f"{file.absolute().as_uri()}?mode=rw"
    with source.opening(), closing(_connected(uri)) as reading, closing(_connected(part)) as into:
        # One transaction for all of it. It also makes the wait for another process' lock end: the
        # backup itself would wait for ever.
        reading.execute("BEGIN")
        _refuse_other_schema(revision_of(reading), source)
        rows = _counted(reading)
        try:
            reading.backup(into)
        except sqlite3.Error as error:
            if trouble_of(error, part) != FULL:
                raise
            with DatabaseUrl.of_file(part).opening():
                raise
        return rows


def _connected(file: str | Path) -> sqlite3.Connection:
    return sqlite3.connect(
        file, uri=isinstance(file, str), timeout=_BUSY_SECONDS, isolation_level=None
    )


def _counted(reading: sqlite3.Connection) -> dict[str, int]:
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    counts = {}
    for (table,) in reading.execute(named).fetchall():
        counted = reading.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - of the schema
        (counts[table],) = counted.fetchone()
    return counts


async def _copy_server(source: DatabaseUrl, part: Path) -> Mapping[str, int]:
    """Copy the rows of PostgreSQL into an empty SQLite file; return how many each table has."""
    target = DatabaseUrl.of_file(part)
    async with AsyncExitStack() as stack:
        reading = await connection_to(stack, source)
        await read_as_of_one_moment(reading)
        is_there = await reading.run_sync(lambda connection: inspect(connection).has_table(SCHEMA))
        revision = (
            await reading.scalar(text(f"SELECT version_num FROM {SCHEMA}"))  # noqa: S608
            if is_there
            else None
        )
        _refuse_other_schema(revision, source)
        async with AsyncExitStack() as inner:
            await migrate(target.url)
            writing = await connection_to(inner, target)
            return await copy_rows(reading, writing, source)


def _refuse_other_schema(revision: str | None, source: DatabaseUrl) -> None:
    problem = _PROBLEMS.get(age_of(revision))
    if problem is not None:
        raise ConfigurationError(f"The database at {source.place} {problem}")
