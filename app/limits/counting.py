"""Counts of what comes within a time: in Redis for all replicas together, or in this process.

Each window slides: its count is that of this minute and, by how much of it is still within sixty
seconds, the last. Two counters a key, so a crowd of addresses takes little memory.
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

_REDIS_SECONDS = 0.5
_AGAIN_SECONDS = 1.0
_AWAY = (StorageError, OSError, TimeoutError)
T = TypeVar("T")


class Counts(Protocol):
    """Counts, by limit and key."""

    async def hit(self, limit: RateLimitItem, *key: str, cost: int = 1) -> bool:
        """Count ``cost``, unless that is more than the limit; return whether it was counted."""
        ...

    async def resets_at(self, limit: RateLimitItem, *key: str) -> float:
        """Return when there is room again, as a Unix time."""
        ...

    def close(self) -> None:
        """Close what is open for counting."""
        ...


class OwnCounts:
    """Counts of this process alone."""

    def __init__(self) -> None:
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def hit(self, limit: RateLimitItem, *key: str, cost: int = 1) -> bool:
        return await self._counter.hit(limit, *key, cost=cost)

    async def resets_at(self, limit: RateLimitItem, *key: str) -> float:
        return (await self._counter.get_window_stats(limit, *key)).reset_time

    def close(self) -> None:
        """Nothing is open."""


class SharedCounts:
    """Counts that all replicas share in Redis.

    While Redis does not answer, this process counts by itself, so each limit holds for every
    replica. Nobody waits for Redis then: one task asks it from time to time whether it is back.
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
        if self._returning is None:
            try:
                return await shared()
            except _AWAY as error:
                self._fall_back(error)
        return await own()

    def _fall_back(self, error: Exception) -> None:
        if self._returning is None:  # else another request has met it at the same time
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
    """Return how long it is until a Unix time."""
    return moment - time.time()


def _redis(url: str, pool: "ConnectionPool") -> RedisStorage:
    from coredis.exceptions import ConnectionError as LostError  # noqa: PLC0415 - see _pool
    from coredis.retry import ConstantRetryPolicy  # noqa: PLC0415 - see _pool

    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        connection_pool=pool,  # type: ignore[arg-type] # as documented, but not annotated
        # A connection that was closed while it was idle is opened anew. One that is silent is not
        # asked again: each time would hold up whoever waits for the answer.
        retry_policy=ConstantRetryPolicy((LostError,), 1, 0),  # type: ignore[arg-type] # likewise
    )


def _pool(url: str) -> "ConnectionPool":
    from coredis import ConnectionPool  # noqa: PLC0415 - a seventh of the service's start

    return ConnectionPool.from_url(
        url, connect_timeout=_REDIS_SECONDS, stream_timeout=_REDIS_SECONDS
    )
