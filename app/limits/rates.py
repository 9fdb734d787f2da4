"""How often: mutations of a caller and of an address, and failed sign-ins of an address.

Counts are kept in memory, or in Redis where several replicas are to share them. Each window slides:
its count is that of this minute and, by how much of it is still within sixty seconds, the last.
Two counters a key, so a crowd of addresses takes little memory. When Redis does not answer, callers
are let through: the limits keep load and noise away, they do not keep anyone's password.
"""

import math
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from app.addresses import address_group
from app.limits.errors import RateLimitedError

if TYPE_CHECKING:
    from coredis import ConnectionPool

_log = structlog.get_logger(__name__)

_REDIS_SECONDS = 1.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits such as ``60/minute``, and where counts are kept: ``memory://`` or ``redis://…``."""

    mutations_of_caller: str
    mutations_of_address: str
    failed_sign_ins: str
    storage: str


class Rates:
    """Counts, and refuses with RateLimitedError what comes too often."""

    def __init__(self, limits: RateLimits) -> None:
        self._pool = _pool(limits.storage)
        self._counter = SlidingWindowCounterRateLimiter(_storage(limits.storage, self._pool))
        self._of_caller = parse(limits.mutations_of_caller)
        self._of_address = parse(limits.mutations_of_address)
        self._failed_sign_ins = parse(limits.failed_sign_ins)

    async def count_mutations(self, number: int, *, caller: str, address: str) -> None:
        """Count mutations about to be carried out; raises when they are too many."""
        for limit, kind, key in (
            (self._of_caller, "caller", caller),
            (self._of_address, "address", address_group(address)),
        ):
            counted = self._counter.hit(limit, "mutations", kind, key, cost=number)
            if not await _answer(counted, unknown=True):
                await self._refuse("changes", limit, "mutations", kind, key)

    async def allow_sign_in(self, address: str) -> None:
        """Raise when an address has failed to sign in too often to try once more."""
        key = address_group(address)
        if not await _answer(
            self._counter.test(self._failed_sign_ins, "sign-in", key), unknown=True
        ):
            await self._refuse("failed sign-ins", self._failed_sign_ins, "sign-in", key)

    async def count_failed_sign_in(self, address: str) -> None:
        """Count one sign-in that failed."""
        counted = self._counter.hit(self._failed_sign_ins, "sign-in", address_group(address))
        await _answer(counted, unknown=True)

    def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            self._pool.disconnect()

    async def _refuse(self, what: str, limit: RateLimitItem, *key: str) -> None:
        resets_at, _ = await _answer(
            self._counter.get_window_stats(limit, *key), unknown=(time.time(), 0)
        )
        raise RateLimitedError(what, max(1, math.ceil(resets_at - time.time())))


def _storage(url: str, pool: "ConnectionPool | None") -> Storage:
    if pool is None:
        return MemoryStorage()
    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        connection_pool=pool,  # type: ignore[arg-type] # as documented, but not annotated
    )


def _pool(url: str) -> "ConnectionPool | None":
    if url.startswith("memory://"):
        return None
    from coredis import ConnectionPool  # noqa: PLC0415 - a seventh of the service's start

    return ConnectionPool.from_url(
        url, connect_timeout=_REDIS_SECONDS, stream_timeout=_REDIS_SECONDS
    )


async def _answer(question: Awaitable[T], *, unknown: T) -> T:
    """Return what the storage answers, or ``unknown`` when it does not."""
    try:
        return await question
    except StorageError as error:
        _log.warning("rate_limits_unavailable", error=repr(error.storage_error))
        return unknown
