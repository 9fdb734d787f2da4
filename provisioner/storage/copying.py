"""Copies the state from one database to another, such as from a SQLite file to PostgreSQL.

Everything is written in one transaction, and the rows are counted before it is committed. So the
target has all rows afterwards, or is unchanged. The source is only read. If it is a SQLite file,
no service may work on it, and nobody else can write to it during the copy.
"""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Integer, MetaData, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from provisioner.domain.errors import ConfigurationError
from provisioner.storage.migrations import migrate
from provisioner.storage.sole_process import sole_process
from provisioner.storage.sqlalchemy_engine import engine_for
from provisioner.storage.url import DatabaseUrl

_ROWS = 500  # in memory at a time
SCHEMA = "alembic_version"  # Alembic's own table, which the migration of the target has filled
SEEDED = "change_counter"
"""The table that a migration fills with one row. It is replaced by the source's row, because all
cursors that callers hold name that one."""


async def copy_database(source_url: str, target_url: str) -> Mapping[str, int]:
    """Copy all tables; return how many rows each table of the target has now.

    Raises ConfigurationError when a database cannot be used, the source is a SQLite file that does
    not exist or that a service works on, or the target is not empty. Stop a service on PostgreSQL
    first: what it writes to the source during or after the copy is not in the target.
    """
    source, target = DatabaseUrl.parse(source_url), DatabaseUrl.parse(target_url)
    if source == target:
        raise ConfigurationError(
            "Source and target are the same database; name another one as the target."
        )
    async with AsyncExitStack() as stack:
        if source.file is not None:
            with source.opening():
                stack.enter_context(_unused(source.file))
        # Both get the newest schema, so that every table and column of one is in the other.
        await migrate(source_url)
        await migrate(target_url)
        reading = await connection_to(stack, source)
        writing = await connection_to(stack, target)
        await read_as_of_one_moment(reading)
        await refuse_unless_empty(writing, target)
        return await copy_rows(reading, writing, source)


async def connection_to(stack: AsyncExitStack, url: DatabaseUrl) -> AsyncConnection:
    """Return a connection in a transaction, which ends with the stack.

    Errors of the database that leave the stack are told as this database's.
    """
    engine = engine_for(url)
    stack.enter_context(url.opening())  # entered first, so that the commit's errors are told too
    stack.push_async_callback(engine.dispose)
    return await stack.enter_async_context(engine.begin())


async def read_as_of_one_moment(reading: AsyncConnection) -> None:
    """Let the transaction see all tables as of one moment, whatever is written meanwhile."""
    # On SQLite every transaction of such an engine has the file to itself (``BEGIN IMMEDIATE``).
    if reading.dialect.name == "postgresql":
        await reading.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


async def copy_rows(
    reading: AsyncConnection, writing: AsyncConnection, source: DatabaseUrl
) -> dict[str, int]:
    """Copy the rows of all tables; return how many each table has.

    Raises ConfigurationError, also when fewer rows arrive than were read.
    """
    tables = await writing.run_sync(tables_of)
    return {table.name: await _copy(reading, writing, table, source) for table in tables}


@contextmanager
def _unused(file: Path) -> Iterator[None]:
    """Keep services away from a SQLite file, which must be there."""
    # SQLite itself would make an empty one, and nothing would be copied without a word.
    if not file.is_file():
        raise ConfigurationError(
            f"There is no database {file} to copy; name the source in STORE_PLATFORM_DATABASE_URL."
        )
    with sole_process(file):
        yield


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables with content, sorted so that foreign keys only refer to earlier ones."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != SCHEMA]


async def refuse_unless_empty(writing: AsyncConnection, target: DatabaseUrl) -> None:
    """Raise ConfigurationError when there are rows in the target."""
    tables = await writing.run_sync(tables_of)
    found = [t.name for t in tables if t.name != SEEDED and await _count(writing, t) > 0]
    if found:
        raise ConfigurationError(
            f"The database at {target.place} is not empty: there are rows in {', '.join(found)}."
            " Nothing was changed. Name an empty database as the target."
        )


async def _copy(
    reading: AsyncConnection, writing: AsyncConnection, table: Table, source: DatabaseUrl
) -> int:
    if table.name == SEEDED:
        await writing.execute(table.delete())
    # Errors inside ``source.opening()`` are reported as the source's, and all others as the
    # target's.
    with source.opening():
        stream = await reading.stream(select(table))
        parts = aiter(stream.mappings().partitions(_ROWS))
        expected = await _count(reading, table)
        rows = await anext(parts, None)
    while rows is not None:
        await writing.execute(table.insert(), [dict(row) for row in rows])
        with source.opening():
            rows = await anext(parts, None)
    await _continue_numbering(writing, table)
    found = await _count(writing, table)
    if expected != found:
        raise ConfigurationError(
            f"{found} of {expected} rows arrived in {table.name}: nothing was changed."
        )
    return found


async def _continue_numbering(writing: AsyncConnection, table: Table) -> None:
    """Make PostgreSQL number new rows after the copied ones.

    The copied rows brought their numbers with them, and the column's sequence knows nothing of it.
    """
    (key,) = (*table.primary_key, None)[:1]
    if writing.dialect.name != "postgresql" or key is None or not isinstance(key.type, Integer):
        return
    sequence = await writing.scalar(select(func.pg_get_serial_sequence(table.name, key.name)))
    last = await writing.scalar(select(func.max(key)))
    if sequence and last:
        await writing.execute(select(func.setval(sequence, last)))


async def _count(connection: AsyncConnection, table: Table) -> int:
    return int(await connection.scalar(select(func.count()).select_from(table)) or 0)
