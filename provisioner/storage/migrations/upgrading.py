"""Runs the missing migrations with Alembic, all in one transaction.

The transaction first takes a lock. If several processes start at once, one of them migrates. The
others wait, and then find nothing left to do. If a migration fails, nothing is changed.
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
        stack.enter_context(parsed.opening())  # entered first, because the commit may fail as well
        stack.push_async_callback(engine.dispose)
        parsed.make_folder()
        connection = await stack.enter_async_context(engine.begin())
        if not parsed.is_sqlite:  # on SQLite the transaction itself keeps other writers out
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
    # Alembic's options expand "%" as those of configparser do, and the path may contain one.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
