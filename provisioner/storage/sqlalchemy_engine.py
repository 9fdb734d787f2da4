"""Makes SQLAlchemy engines, for migrations and for copying whole tables.

All other statements of the service go through the module ``database``.
"""

import uuid
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, Connection, NullPool, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from provisioner.storage.postgres import CONNECT_SECONDS
from provisioner.storage.url import DatabaseUrl

_BUSY_SECONDS = 15  # how long SQLite waits for another process that has locked the file


def engine_for(url: DatabaseUrl) -> AsyncEngine:
    """Return an engine for a database.

    On SQLite each of its transactions takes the lock for writing as it begins.
    """
    return _postgres(url.url) if url.file is None else _sqlite(url.file)


def _sqlite(file: Path) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        poolclass=NullPool,
        connect_args={"timeout": _BUSY_SECONDS},
    )

    # Python's sqlite3 begins transactions by itself, but not before a CREATE TABLE, which would
    # then not be rolled back. Without an isolation level it begins none, and the code below does.
    @event.listens_for(engine.sync_engine, "connect")
    def leave_transactions_to_us(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: str) -> AsyncEngine:
    # asyncpg reads the URL here too (see ``postgres``): SQLAlchemy does not know all its options.
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, statement_cache_size=0)

    # SQLAlchemy's ``async_creator`` would do the same, but cannot set the names of prepared
    # statements. Behind a pooler these must be unique, because a server's connection may have
    # statements of another client with the names that SQLAlchemy counts up.
    def create() -> Any:
        return engine.dialect.dbapi.connect(  # type: ignore[union-attr]
            async_creator_fn=connect,
            prepared_statement_cache_size=0,
            prepared_statement_name_func=lambda: f"store_platform_{uuid.uuid4().hex}",
        )

    engine = create_async_engine("postgresql+asyncpg://", poolclass=NullPool, creator=create)
    return engine
