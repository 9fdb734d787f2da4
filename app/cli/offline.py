"""The database for a command that runs beside the service, or without it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate


@asynccontextmanager
async def opened_database(url: str) -> AsyncIterator[Database]:
    """Bring the database to the newest schema, and keep it open for as long as the context is."""
    await migrate(url)
    database = Database(url)
    await database.connect()
    try:
        yield database
    finally:
        await database.close()
