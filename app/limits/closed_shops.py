"""Finds what to tell visitors of closed shops, and keeps them from wearing out the database.

- What was found about a host is kept for two seconds. So the visitors of a busy shop cost one read
  in that time together, however many they are, and a database that is away is not asked by each.
- Only a few reads are under way at a time. Whoever asks for one host after the other takes a
  connection or two from the API, and not all of them.
- A visitor who makes a read necessary is counted by their address. Others are not: thousands who
  come from one address to one shop do not keep each other out.
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from starlette.requests import Request

from app.http.addresses import Proxies, client_address
from app.http.closed_notices import NO_SHOP, UNKNOWN, Notice, notice_of, too_many
from app.limits.errors import RateLimitedError
from app.limits.rates import RateLimiter
from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.services.closed_shops import name_at
from provisioner.services.store_queries import StoreQueries

_log = structlog.get_logger(__name__)

_KEPT_SECONDS = 2.0
_MAX_KEPT = 1000
_MAX_READS = 2
_DATABASE_SECONDS = 3.0  # visitors do not wait longer for a database that does not answer


class ClosedShopFinder:
    """Finds notices about closed shops."""

    def __init__(
        self,
        *,
        rates: RateLimiter,
        proxies: Proxies,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = rates
        self._proxies = proxies
        self._clock = clock
        self._turns = asyncio.Semaphore(_MAX_READS)
        self._kept: dict[str, tuple[float, asyncio.Task[Notice]]] = {}

    async def find(self, request: Request, host: str) -> Notice:
        """Return what to tell the sender of a request about the shop at a host."""
        stores: StoreQueries = request.app.state.platform.stores
        if name_at(host, stores.shop_url) is None:
            return NO_SHOP
        if self._found(host) is None:
            try:
                await self._rates.count_anonymous_request(client_address(request, self._proxies))
            except RateLimitedError as error:
                return too_many(error.retry_after_seconds)
        # Shielded, because a visitor who goes away must not end the read for the others.
        return await asyncio.shield(self._found(host) or self._begin(host, stores))

    def _found(self, host: str) -> asyncio.Task[Notice] | None:
        """Return what was found about a host, or is being found, if that is not too old."""
        began, task = self._kept.get(host, (0.0, None))
        return None if self._clock() - began >= _KEPT_SECONDS else task

    def _begin(self, host: str, stores: StoreQueries) -> asyncio.Task[Notice]:
        self._kept.pop(host, None)  # an entry that is replaced would keep its place in the order
        while len(self._kept) >= _MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        task = asyncio.create_task(self._read(host, stores), name="closed shop")
        self._kept[host] = (self._clock(), task)
        return task

    async def _read(self, host: str, stores: StoreQueries) -> Notice:
        try:
            async with asyncio.timeout(_DATABASE_SECONDS), self._turns:
                shop = await stores.closed_shop(host)
        except (DatabaseUnavailableError, TimeoutError) as error:
            _log.warning("closed_shop_not_read", problem=str(error) or "It took too long.")
            return UNKNOWN
        return NO_SHOP if shop is None else notice_of(shop)
