"""Alembic, which does the migrations.

All that are missing are done in one transaction, which first takes a lock: of several processes
that start at once one migrates, and the others wait, then find nothing left to do. If it fails,
nothing was changed.
"""

from contextlib import AsyncExitStack
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from provisioner.domain.errors import ConfigurationError
from provisioner.storage.sqlalchemy_engine import engine_for
from provisioner.storage.url import DatabaseUrl

_PATIENCE = text("SET LOCAL lock_timeout = '120s'")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))")


async def upgrade(parsed: DatabaseUrl) -> None:
    """Bring the database to the newest schema; see ``migrate``."""
    engine = engine_for(parsed)
    async with AsyncExitStack() as stack:
        stack.enter_context(parsed.opening())  # until after the commit: a disk may be full
        stack.push_async_callback(engine.dispose)
        parsed.make_folder()
        connection = await stack.enter_async_context(engine.begin())
        if not parsed.is_sqlite:  # there the transaction itself keeps others out
            await connection.execute(_PATIENCE)
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
