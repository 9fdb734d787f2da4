"""PostgreSQL through ``databases``: a pool that loses no connection, whatever becomes of one.

What the library leaves to its user, with the reason for each part:

* It knows a few of a URL's options and drops the others in silence, ``sslmode`` among them. Here
  asyncpg reads the URL, which understands all that libpq does.
* When beginning, committing or rolling back fails, it keeps the connection for ever, and the pool
  is smaller by one. Here such a connection is closed: whatever the server has of its transaction is
  rolled back, and the pool opens another.
* There is no limit to the time that anything takes.

A pooler such as PgBouncer may stand between, and give each transaction another of the server's
connections: then nothing may outlast a transaction. So there statements are not prepared ahead,
settings are made anew with each transaction, and nobody can listen (see ``change_listener``).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import databases
from databases.backends.postgres import PostgresBackend as _PostgresBackend
from databases.backends.postgres import PostgresConnection

from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.storage.bounds import Bounds
from provisioner.storage.trouble import unusable

CONNECT_SECONDS = 10.0
_CLOSE_SECONDS = 2.0
_ROLL_BACK_SECONDS = 5.0
_NAME = "store-platform"
_STATEMENT_SECONDS = 30.0
_APPLICATION = {"application_name": _NAME}
_SERVER_SETTINGS = {
    "jit": "off",  # it only costs statements as short as ours
    # A process that froze with rows locked must not hold up the others for longer than a lease.
    "idle_in_transaction_session_timeout": "10000",
}
_DIRECT: dict[str, Any] = {"server_settings": _APPLICATION | _SERVER_SETTINGS}
_POOLED: dict[str, Any] = {"server_settings": _APPLICATION, "statement_cache_size": 0}
# Named, because a server may default to another, under which a statement that waited for a lock
# would still see the time before.
_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_SET_LOCALLY = "".join(f"; SET LOCAL {name} = '{it}'" for name, it in _SERVER_SETTINGS.items())

_NONE_FREE = "Its connections are all in use (STORE_PLATFORM_DATABASE_CONNECTIONS)."
_OUTCOME_UNKNOWN = (
    "The connection to the database was lost while a change was committed: whether it was made is"
    " not known."
)


@dataclass(slots=True)
class Route:
    """The way to a server; ``is_pooled`` is known once it was connected to."""

    is_pooled: bool = False


class _Connection(PostgresConnection):
    def __init__(self, backend: "PostgresBackend", dialect: Any) -> None:
        super().__init__(backend, dialect)
        self._backend = backend

    async def acquire(self) -> None:
        self._connection = await self._backend.lend()

    async def release(self) -> None:
        lent, self._connection = self._connection, None
        await self._backend.take_back(lent)


class PostgresBackend(_PostgresBackend):
    """``databases``' PostgreSQL backend with at most ``connections``; ``dsn`` is the URL."""

    def __init__(
        self,
        database_url: databases.DatabaseURL,
        *,
        dsn: str,
        connections: int,
        bounds: Bounds,
        route: Route,
    ) -> None:
        super().__init__(database_url)
        self._dsn = dsn
        self._route = route
        self._connections = connections
        self._bounds = bounds
        self._pool: Any = None

    async def connect(self) -> None:
        self._route.is_pooled = await _is_pooled(self._dsn)
        options = _POOLED if self._route.is_pooled else _DIRECT
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=1,
            max_size=self._connections,
            timeout=CONNECT_SECONDS,
            command_timeout=_STATEMENT_SECONDS,
            **options,
        )

    async def disconnect(self) -> None:
        pool, self._pool = self._pool, None
        try:
            async with asyncio.timeout(self._bounds.close_seconds):
                await pool.close()
        except Exception:  # noqa: BLE001 - a server that is away, or a connection in use for ever
            pool.terminate()

    def connection(self) -> _Connection:
        return _Connection(self, self._dialect)

    async def lend(self) -> Any:
        """Return a connection that is free, or made for it."""
        try:
            return await self._pool.acquire(timeout=self._bounds.turn_seconds)
        except TimeoutError as error:
            if self._pool.get_size() == self._connections and not self._pool.get_idle_size():
                raise DatabaseUnavailableError(unusable(_NONE_FREE)) from error
            raise

    async def take_back(self, connection: Any) -> None:
        """Have the connection be free for others; one that fails at that makes room for another."""
        with suppress(Exception):  # what it was used for is over, and has succeeded or failed
            await self._pool.release(connection, timeout=_ROLL_BACK_SECONDS)


class PostgresTransactions:
    """How a transaction begins and ends on a connection. Implements ``database.LifeCycle``."""

    def __init__(self, route: Route) -> None:
        self._route = route

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for nothing: here writers keep each other from the same rows only."""
        return nullcontext()

    async def begin(self, connection: Any, *, is_writing: bool) -> None:
        """Begin to write, or to read everything as it is at one moment."""
        begin = _BEGIN_WRITING if is_writing else _BEGIN_READING
        await connection.execute(begin + _SET_LOCALLY if self._route.is_pooled else begin)

    async def commit(self, connection: Any, *, is_writing: bool) -> None:
        """Commit. When no answer comes, the change may have been made for all that."""
        try:
            answer = await connection.execute("COMMIT")
        except Exception as error:
            if is_writing and not _is_refused(error):
                raise DatabaseUnavailableError(_OUTCOME_UNKNOWN, is_outcome_unknown=True) from error
            raise
        if answer != "COMMIT":  # the server's way to say that an earlier statement had failed
            raise DatabaseUnavailableError

    async def roll_back(self, connection: Any, error: BaseException) -> None:  # noqa: ARG002
        """End what ``error`` broke off; never raises.

        With its connection the transaction is gone as well, which is what was wanted.
        """
        try:
            if not connection.is_closed():
                await connection.execute("ROLLBACK", timeout=_ROLL_BACK_SECONDS)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001
            with suppress(Exception):
                connection.terminate()


async def _is_pooled(dsn: str) -> bool:
    """Return whether something between answers in the server's place.

    It makes up the process that a connection belongs to, for it has none of its own.
    """
    connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, **_POOLED)
    try:
        async with connection.transaction():
            process = await connection.fetchval("SELECT pg_backend_pid()")
        return bool(process != connection.get_server_pid())
    finally:
        with suppress(Exception):
            await connection.close(timeout=_CLOSE_SECONDS)


def _is_refused(error: Exception) -> bool:
    """Return whether the server itself said no, and goes on: then it has rolled back.

    A FATAL answer to a COMMIT can come after the commit was made.
    """
    severity = getattr(error, "severity_en", None) or getattr(error, "severity", None)
    return isinstance(error, asyncpg.PostgresError) and severity == "ERROR"


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
