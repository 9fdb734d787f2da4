"""Counts events within a sliding window of time: in Redis for all replicas, or in this process.

With a limit of so many a minute, the count is that of the current minute plus a part of the last
minute's. The part is as large as the share of the last minute that lies within the past sixty
seconds. This takes two counters for each key, so a crowd of addresses takes little memory.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

if TYPE_CHECKING:
    from coredis import ConnectionPool

_log = structlog.get_logger(__name__)

# How long a request waits for a silent Redis, before this process counts by itself.
_REDIS_SECONDS = 0.5
_AGAIN_SECONDS = 1.0  # between two checks whether Redis has come back
_AWAY = (StorageError, OSError, TimeoutError)  # what is raised while Redis does not answer
T = TypeVar("T")


class Counts(Protocol):
    """Counts events for each pair of a limit and a key."""

    async def hit(self, limit: RateLimitItem, *key: str, cost: int = 1) -> bool:
        """Count ``cost`` events and return True; when that exceeds the limit, only return False."""
        ...

    async def resets_at(self, limit: RateLimitItem, *key: str) -> float:
        """Return the Unix time in seconds at which there is room again."""
        ...

    def close(self) -> None:
        """Close the connections that counting needs, if there are any."""
        ...


class OwnCounts:
    """Counts in the memory of this process."""

    def __init__(self) -> None:
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def hit(self, limit: RateLimitItem, *key: str, cost: int = 1) -> bool:
        return await self._counter.hit(limit, *key, cost=cost)

    async def resets_at(self, limit: RateLimitItem, *key: str) -> float:
        return (await self._counter.get_window_stats(limit, *key)).reset_time

    def close(self) -> None:
        """Do nothing: no connection is open."""


class SharedCounts:
    """Counts in Redis, which all replicas share.

    While Redis does not answer, each process counts by itself, so a limit then holds for each
    replica on its own. Meanwhile no request waits for Redis: one background task checks whether it
    has come back.
    """

    def __init__(self, url: str) -> None:
        self._pool = _pool(url)
        self._storage = _redis(url, self._pool)
        self._shared = SlidingWindowCounterRateLimiter(self._storage)
        self._own = OwnCounts()
        self._returning: asyncio.Task[None] | None = None

    async def hit(self, limit: RateLimitItem, *key: str, cost: int = 1) -> bool:
        return await self._answer(
            lambda: self._shared.hit(limit, *key, cost=cost),
            lambda: self._own.hit(limit, *key, cost=cost),
        )

    async def resets_at(self, limit: RateLimitItem, *key: str) -> float:
        async def shared() -> float:
            return (await self._shared.get_window_stats(limit, *key)).reset_time

        return await self._answer(shared, lambda: self._own.resets_at(limit, *key))

    def close(self) -> None:
        """Close the connections to Redis."""
        if self._returning is not None:
            self._returning.cancel()
        self._pool.disconnect()

    async def _answer(
        self, shared: Callable[[], Awaitable[T]], own: Callable[[], Awaitable[T]]
    ) -> T:
        # While ``_returning`` is set, Redis is known to be away and is not asked.
        if self._returning is None:
            try:
                return await shared()
            except _AWAY as error:
                self._fall_back(error)
        return await own()

    def _fall_back(self, error: Exception) -> None:
        # Several requests may notice at the same time; the first starts the task for all.
        if self._returning is None:
            # StorageError has no message of its own: its cause is the error of Redis' client.
            _log.warning("rate_limits_counted_alone", error=repr(error.__cause__ or error))
            self._returning = asyncio.create_task(self._await_return(), name="rate limits")

    async def _await_return(self) -> None:
        while not await self._is_there():  # noqa: ASYNC110 - it is Redis that is asked
            await asyncio.sleep(_AGAIN_SECONDS)
        self._returning = None
        _log.info("rate_limits_counted_together")

    async def _is_there(self) -> bool:
        try:
            return await self._storage.check()
        except _AWAY:
            return False


def seconds_until(moment: float) -> float:
    """Return the seconds until a Unix time; negative when it has passed."""
    return moment - time.time()


def _redis(url: str, pool: "ConnectionPool") -> RedisStorage:
    from coredis.exceptions import ConnectionError as LostError  # noqa: PLC0415 - see _pool
    from coredis.retry import ConstantRetryPolicy  # noqa: PLC0415 - see _pool

    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        connection_pool=pool,  # type: ignore[arg-type] # as documented, but not annotated
        # Redis may close an idle connection: one retry opens a new one. A timeout is not retried,
        # because the request that waits for the answer would be held up once more.
        retry_policy=ConstantRetryPolicy((LostError,), 1, 0),  # type: ignore[arg-type] # likewise
    )


def _pool(url: str) -> "ConnectionPool":
    # Imported only where Redis is used: the import takes a seventh of the service's start.
    from coredis import ConnectionPool  # noqa: PLC0415 - see above

    return ConnectionPool.from_url(
        url, connect_timeout=_REDIS_SECONDS, stream_timeout=_REDIS_SECONDS
    )
