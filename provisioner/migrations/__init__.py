"""Schema migrations (Alembic): forward, on SQLite and PostgreSQL alike.

All that are missing are done in one transaction, which first takes a lock: of several processes
that start at once one migrates, and the others wait, then find nothing left to do. If it fails,
nothing was changed.
"""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, NullPool, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from provisioner.database_url import DatabaseUrl
from provisioner.errors import ConfigurationError
from provisioner.postgres import CONNECT_SECONDS

_WAIT_SECONDS = 120  # for another process that migrates
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))")


async def migrate(url: str) -> None:
    """Bring the database to the newest schema.

    Raises ConfigurationError when the URL is wrong, the database cannot be used, or it has a schema
    that this version does not know.
    """
    parsed = DatabaseUrl.parse(url)
    engine = _sqlite(parsed.file) if parsed.file is not None else _postgres(parsed.url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        with parsed.opening():
            parsed.make_folder()
            connection = await stack.enter_async_context(engine.begin())
        if not parsed.is_sqlite:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
            await connection.execute(_LOCK)
        try:
            await connection.run_sync(_upgrade)
        except CommandError as error:
            raise ConfigurationError(
                f"The database at {parsed.place} cannot be brought to this version's schema:"
                f" {error}. A newer version may have used it: run that one."
            ) from error


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _sqlite(file: Path) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        poolclass=NullPool,
        connect_args={"timeout": _WAIT_SECONDS},
    )

    # Python's driver begins no transaction before a CREATE TABLE unless it is told to begin none.
    @event.listens_for(engine.sync_engine, "connect")
    def leave_transactions_to_us(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: str) -> AsyncEngine:
    # asyncpg reads the URL, here as for every other connection, with all the options of libpq.
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS)

    return create_async_engine("postgresql+asyncpg://", poolclass=NullPool, async_creator=connect)
