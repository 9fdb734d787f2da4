"""PostgreSQL through the library ``databases``, with a pool that never loses a connection.

This module works around these faults of the library:

* It knows only a few options of a URL and silently drops the others, such as ``sslmode``. Here
  asyncpg reads the URL, because it understands all options that libpq does.
* When a transaction fails to begin, to commit or to roll back, it keeps the connection for ever,
  and the pool has one connection less. Here such a connection is closed. The server then rolls back
  its transaction, and the pool opens another connection.
* It has no timeouts. Here every wait has one.

There may be a pooler such as PgBouncer in front of the server, which gives each transaction another
of the server's connections. Nothing then lasts longer than a transaction. So with a pooler
statements are not prepared ahead, settings are made again in each transaction, and nobody can
listen for notices (see ``change_listener``).
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
    "jit": "off",  # compiling costs more time than statements as short as ours can win
    # In milliseconds. A process that froze with locked rows must not hold up the others for longer
    # than a lease.
    "idle_in_transaction_session_timeout": "10000",
}
_DIRECT: dict[str, Any] = {"server_settings": _APPLICATION | _SERVER_SETTINGS}
# Behind a pooler the next transaction may run on a connection without these settings, so they are
# set in each transaction (``_SET_LOCALLY``). The statements that asyncpg prepares and caches may be
# missing there as well, so its cache is off.
_POOLED: dict[str, Any] = {"server_settings": _APPLICATION, "statement_cache_size": 0}
# The isolation level is named, because a server's default may be a stricter one. Under that a
# statement that waited for a lock would still see the database as it was before the wait.
_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
# All SELECTs of a read see the same moment. The server refuses to write by mistake.
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_SET_LOCALLY = "".join(f"; SET LOCAL {name} = '{it}'" for name, it in _SERVER_SETTINGS.items())

_NONE_FREE = (
    "All of this process' connections to it are in use (STORE_PLATFORM_DATABASE_CONNECTIONS)."
)
_OUTCOME_UNKNOWN = (
    "The connection to the database was lost while a change was committed: whether it was made is"
    " not known."
)


@dataclass(slots=True)
class Route:
    """How the server is reached; ``is_pooled`` is set when the pool of connections is opened."""

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
    """The PostgreSQL backend of ``databases``, with a pool of at most ``connections``.

    ``dsn`` is the URL that asyncpg reads.
    """

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
        # ``Pool.close`` waits for every connection to be given back, with no limit of its own.
        try:
            async with asyncio.timeout(self._bounds.close_seconds):
                await pool.close()
        except Exception:  # noqa: BLE001 - the server is away, or a connection is never given back
            pool.terminate()

    def connection(self) -> _Connection:
        return _Connection(self, self._dialect)

    async def lend(self) -> Any:
        """Return a free connection, or open one.

        Raises DatabaseUnavailableError when all stay in use.
        """
        try:
            return await self._pool.acquire(timeout=self._bounds.turn_seconds)
        except TimeoutError as error:
            # asyncpg raises the same error when the server does not answer to a new connection.
            if self._pool.get_size() == self._connections and not self._pool.get_idle_size():
                raise DatabaseUnavailableError(unusable(_NONE_FREE)) from error
            raise

    async def take_back(self, connection: Any) -> None:
        """Give the connection back to the pool, which replaces one that fails to be reset."""
        # The transaction has ended already, so an error here must not change its outcome.
        with suppress(Exception):
            await self._pool.release(connection, timeout=_ROLL_BACK_SECONDS)


class PostgresTransactions:
    """Begins and ends transactions on a connection. Implements ``database.LifeCycle``."""

    def __init__(self, route: Route) -> None:
        self._route = route

    def turn(self) -> AbstractAsyncContextManager[None]:
        """See ``database.LifeCycle``. Nobody has to wait: PostgreSQL has many writers at a time."""
        return nullcontext()

    async def begin(self, connection: Any, *, is_writing: bool) -> None:
        """See ``database.LifeCycle``."""
        begin = _BEGIN_WRITING if is_writing else _BEGIN_READING
        await connection.execute(begin + _SET_LOCALLY if self._route.is_pooled else begin)

    async def commit(self, connection: Any, *, is_writing: bool) -> None:
        """Commit the transaction.

        Raises DatabaseUnavailableError with ``is_outcome_unknown`` when no answer comes, because
        the server may have made the change all the same.
        """
        try:
            answer = await connection.execute("COMMIT")
        except Exception as error:
            if is_writing and not _is_refused(error):
                raise DatabaseUnavailableError(_OUTCOME_UNKNOWN, is_outcome_unknown=True) from error
            raise
        # After a failed statement the server answers a COMMIT with "ROLLBACK", and without an
        # error.
        if answer != "COMMIT":
            raise DatabaseUnavailableError

    async def roll_back(self, connection: Any, error: BaseException) -> None:  # noqa: ARG002
        """See ``database.LifeCycle``."""
        try:
            if not connection.is_closed():
                await connection.execute("ROLLBACK", timeout=_ROLL_BACK_SECONDS)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001
            # Closing the connection also makes the server roll back.
            with suppress(Exception):
                connection.terminate()


async def _is_pooled(dsn: str) -> bool:
    """Return whether a pooler answers in the server's place.

    A server tells each new connection the number of the process that serves it. A pooler has no
    such process and makes a number up, so that it differs from what the server itself says later.
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
    """Return whether the server refused a COMMIT and rolled back, so that nothing was changed.

    Only the severity ERROR proves that. FATAL means that the server ends the connection, which can
    also happen after the commit was made.
    """
    # ``severity`` is in the server's language, and ``severity_en`` is missing before version 9.6.
    severity = getattr(error, "severity_en", None) or getattr(error, "severity", None)
    return isinstance(error, asyncpg.PostgresError) and severity == "ERROR"


@asynccontextmanager
async def listening(
    dsn: str, channel: str, on_notice: Callable[[], None]
) -> AsyncIterator[asyncio.Event]:
    """Listen on a connection outside the pool; see ``Database.listening``."""
    connection = await asyncpg.connect(
        dsn, timeout=CONNECT_SECONDS, server_settings={"application_name": f"{_NAME} (listening)"}
    )
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    try:
        await connection.add_listener(channel, lambda *_: on_notice())
        yield ended
    finally:
        with suppress(Exception):  # it may be broken, and is not needed any more
            await connection.close(timeout=_CLOSE_SECONDS)
