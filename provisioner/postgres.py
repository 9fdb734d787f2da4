"""PostgreSQL through ``databases``: a pool that loses no connection, whatever becomes of one.

What the library leaves to its user, with the reason for each part:

* It knows a few of a URL's options and drops the others in silence, ``sslmode`` among them. Here
  asyncpg reads the URL, which understands all that libpq does.
* When beginning, committing or rolling back fails, it keeps the connection for ever, and the pool
  is smaller by one. Here such a connection is closed: whatever the server has of its transaction is
  rolled back, and the pool opens another.
* There is no limit to the time that anything takes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg
import databases
from databases.backends.postgres import PostgresBackend as _PostgresBackend
from databases.backends.postgres import PostgresConnection, PostgresTransaction

CONNECT_SECONDS = 10.0
_CLOSE_SECONDS = 2.0
_NAME = "store-platform"
_STATEMENT_SECONDS = 30.0
_SERVER_SETTINGS = {
    "application_name": _NAME,
    "jit": "off",  # it only costs statements as short as ours
    # A process that froze with rows locked must not hold up the others for longer than a lease.
    "idle_in_transaction_session_timeout": "10000",
}


class _Transaction(PostgresTransaction):
    async def start(self, is_root: bool, extra_options: dict[Any, Any]) -> None:  # noqa: FBT001
        with self._closing_on_failure():
            await super().start(is_root, extra_options)

    async def commit(self) -> None:
        with self._closing_on_failure():
            await super().commit()

    async def rollback(self) -> None:
        # With its connection the transaction is gone as well, which is what was wanted.
        with suppress(Exception), self._closing_on_failure():
            await super().rollback()

    @contextmanager
    def _closing_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._connection.raw_connection.terminate()
            raise


class _Connection(PostgresConnection):
    def transaction(self) -> _Transaction:
        return _Transaction(self)


class PostgresBackend(_PostgresBackend):
    """``databases``' PostgreSQL backend with at most ``connections``; ``dsn`` is the URL."""

    def __init__(self, database_url: databases.DatabaseURL, *, dsn: str, connections: int) -> None:
        super().__init__(database_url)
        self._dsn = dsn
        self._connections = connections

    async def connect(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=1,
            max_size=self._connections,
            timeout=CONNECT_SECONDS,
            command_timeout=_STATEMENT_SECONDS,
            server_settings=_SERVER_SETTINGS,
        )

    def connection(self) -> _Connection:
        return _Connection(self, self._dialect)


@asynccontextmanager
async def listening(
    dsn: str, channel: str, on_notice: Callable[[], None]
) -> AsyncIterator[asyncio.Event]:
    """Listen on a connection of its own; see ``Database.listening``."""
    connection = await asyncpg.connect(
        dsn, timeout=CONNECT_SECONDS, server_settings={"application_name": f"{_NAME} (listening)"}
    )
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    try:
        await connection.add_listener(channel, lambda *_: on_notice())
        yield ended
    finally:
        with suppress(Exception):  # whatever is wrong with it, it is not needed any more
            await connection.close(timeout=_CLOSE_SECONDS)
