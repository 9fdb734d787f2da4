"""SQLAlchemy on either database, for what is done to the schema and to whole tables.

The statements of the service itself go through ``database``.
"""

import uuid
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, Connection, NullPool, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from provisioner.storage.postgres import CONNECT_SECONDS
from provisioner.storage.url import DatabaseUrl

_BUSY_SECONDS = 15  # for another process that holds the file


def engine_for(url: DatabaseUrl) -> AsyncEngine:
    """Return an engine; each of its transactions on SQLite is the only one that may write."""
    return _postgres(url.url) if url.file is None else _sqlite(url.file)


def _sqlite(file: Path) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        poolclass=NullPool,
        connect_args={"timeout": _BUSY_SECONDS},
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
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, statement_cache_size=0)

    # As ``async_creator`` would do it, but for the names of statements: behind a pooler those of
    # others are there too.
    def create() -> Any:
        return engine.dialect.dbapi.connect(  # type: ignore[union-attr]
            async_creator_fn=connect,
            prepared_statement_cache_size=0,
            prepared_statement_name_func=lambda: f"store_platform_{uuid.uuid4().hex}",
        )

    engine = create_async_engine("postgresql+asyncpg://", poolclass=NullPool, creator=create)
    return engine
