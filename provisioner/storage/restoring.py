"""Restores a backup into an empty database: all of it, or nothing.

The backup itself is never changed. A copy of it is checked, and brought to the schema of this
version. Then its rows are copied in one transaction, into a database that no service works on.
"""

import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from provisioner.domain.errors import ConfigurationError
from provisioner.storage.backup_files import opened_unchanged, problem_of, revision_of, time_of
from provisioner.storage.copying import (
    SEEDED,
    connection_to,
    copy_rows,
    refuse_unless_empty,
    tables_of,
)
from provisioner.storage.migrations import SchemaAge, age_of, migrate
from provisioner.storage.sole_process import sole_process
from provisioner.storage.url import DatabaseUrl

_LOG_FILES = ("-wal", "-journal")
_OWN_FILES = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: the number of rows of each table, and when the backup was made.

    ``made_at`` is None when the name of the backup does not tell it.
    """

    rows: Mapping[str, int]
    made_at: datetime | None


async def restore(file: Path, url: str) -> Restored:
    """Restore a backup into the database at ``url``, which is empty or, as a file, not there yet.

    Raises ConfigurationError when the file is no good backup, is of a newer version, or when the
    database is not empty or a service works on it. Then the database has no rows of the backup; at
    most PostgreSQL has empty tables.
    """
    target = DatabaseUrl.parse(url)
    with TemporaryDirectory(prefix="store-platform-restore-") as folder:
        backup = DatabaseUrl.of_file(_copy_of(file, Path(folder)))
        async with AsyncExitStack() as stack:
            if target.file is not None:
                stack.enter_context(_reserved(target, target.file))
            await _refuse_unless_empty(target)
            await migrate(backup.url)
            await migrate(url)
            reading = await connection_to(stack, backup)
            writing = await connection_to(stack, target)
            # A service that starts meanwhile waits with its first write.
            await _keep_writers_out(writing)
            await refuse_unless_empty(writing, target)
            rows = await copy_rows(reading, writing, backup)
            await _rename_database(writing)
    return Restored(rows, time_of(file))


def _copy_of(file: Path, folder: Path) -> Path:
    """Copy a backup into a folder, check the copy, and return it."""
    if not file.is_file():
        raise ConfigurationError(f"There is no backup {file}; name a file that is there.")
    for log in (file.with_name(f"{file.name}{ending}") for ending in _LOG_FILES):
        if log.exists() and log.stat().st_size > 0:
            raise ConfigurationError(
                f"{file} is not a backup but a database in use: {log.name} beside it has changes"
                " that are not in the file. Make a backup of it with `python -m app database"
                " backup`, and restore that."
            )
    copy = folder / "backup.sqlite3"
    try:
        shutil.copyfile(file, copy)
        problem = problem_of(copy)
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be copied to {folder.parent}, where it is checked:"
            f" {error.strerror or error}. Make it readable and make room there, or set TMPDIR to"
            " another folder."
        ) from error
    if problem is not None:
        raise ConfigurationError(f"{file} {problem}. Nothing was changed. Name another backup.")
    with closing(opened_unchanged(copy)) as connection:
        age = age_of(revision_of(connection))
    if age is SchemaAge.NEWER:
        raise ConfigurationError(
            f"{file} is a backup of a newer version of the platform. Nothing was changed. Restore"
            " it with that version."
        )
    return copy


@contextmanager
def _reserved(target: DatabaseUrl, file: Path) -> Iterator[None]:
    """Keep services away from a SQLite file, and remove it after an error if it is new."""
    with ExitStack() as stack:
        with target.opening():
            is_new = not file.exists()
            target.make_folder()
            stack.enter_context(sole_process(file))
        try:
            yield
        except BaseException:
            if is_new:
                for ending in _OWN_FILES:
                    file.with_name(f"{file.name}{ending}").unlink(missing_ok=True)
            raise


async def _refuse_unless_empty(target: DatabaseUrl) -> None:
    """Look before the target is migrated, which would change it."""
    # SQLite would make the file.
    if target.file is not None and not target.file.exists():
        return
    async with AsyncExitStack() as stack:
        await refuse_unless_empty(await connection_to(stack, target), target)


async def _keep_writers_out(writing: AsyncConnection) -> None:
    if writing.dialect.name != "postgresql":
        return  # the transaction has the file to itself
    quoted = writing.dialect.identifier_preparer.format_table
    tables = ", ".join(quoted(table) for table in await writing.run_sync(tables_of))
    await writing.execute(text("SET LOCAL lock_timeout = '30s'"))
    await writing.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE"))


async def _rename_database(writing: AsyncConnection) -> None:
    """Give the database another id.

    Cursors from after the backup have positions that are given out again, for other changes. With
    another id they are refused, and clients read the list again.
    """
    await writing.execute(
        text(f"UPDATE {SEEDED} SET database_id = :new"),  # noqa: S608 - fixed words
        {"new": uuid.uuid4().hex},
    )
