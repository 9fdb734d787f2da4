"""Opens the database for a command, which may run beside the service or without it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate


@asynccontextmanager
async def opened_database(url: str) -> AsyncIterator[Database]:
    """Update the database to the newest schema, and keep it open while the context is open."""
    # A command may be the first program that opens this database, before the service does.
    await migrate(url)
    database = Database(url)
    await database.connect()
    try:
        yield database
    finally:
        await database.close()
