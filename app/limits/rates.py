"""How often: mutations of a caller and of an address, and what an address does without a sign-in.

A valid token is never refused for what others have failed at from the same address: it is looked
up first, and only what fails is counted. What is bounded is the cost and the noise of failures.
What nobody has signed in for is counted by each process alone: a page that waited for Redis would
cost more than it saves.
"""

import math
from dataclasses import dataclass

from limits import RateLimitItem, parse

from app.addresses import address_group
from app.limits.counting import Counts, OwnCounts, SharedCounts, seconds_until
from app.limits.errors import RateLimitedError


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits such as ``60/minute``, and where counts are kept: ``memory://`` or ``redis://…``."""

    mutations_of_caller: str
    mutations_of_address: str
    failed_sign_ins: str
    introspections_of_caller: str
    anonymous_operations: str
    anonymous_pages: str
    storage: str


class Rates:
    """Counts, and refuses with RateLimitedError what comes too often."""

    def __init__(self, limits: RateLimits) -> None:
        self._counts = _counts(limits.storage)
        self._own_counts = OwnCounts()
        self._of_caller = parse(limits.mutations_of_caller)
        self._of_address = parse(limits.mutations_of_address)
        self._failed_sign_ins = parse(limits.failed_sign_ins)
        self._introspections = parse(limits.introspections_of_caller)
        self._operations = parse(limits.anonymous_operations)
        self._pages = parse(limits.anonymous_pages)

    async def count_mutations(self, number: int, *, caller: str | None, address: str) -> None:
        """Count mutations about to be carried out.

        Those of an address that nobody has signed in for are counted by themselves, so that they
        take nothing from the people who sign in there.
        """
        group = address_group(address)
        counted_by = (
            ((self._of_caller, "anonymous", group),)
            if caller is None
            else ((self._of_caller, "caller", caller), (self._of_address, "address", group))
        )
        for limit, kind, key in counted_by:
            if not await self._counts.hit(limit, "mutations", kind, key, cost=number):
                await _refuse("changes", self._counts, limit, "mutations", kind, key)

    async def count_failed_sign_in(self, address: str) -> None:
        """Count a sign-in that failed; whoever fails too often is told so, and no more."""
        key = ("sign-in", address_group(address))
        if not await self._counts.hit(self._failed_sign_ins, *key):
            await _refuse("failed sign-ins", self._counts, self._failed_sign_ins, *key)

    async def count_introspection(self, caller: str) -> None:
        """Count a look at the schema that is about to be worked out."""
        await self._count_own(self._introspections, "different looks at the schema", caller)

    async def count_anonymous_operation(self, address: str) -> None:
        """Count a GraphQL operation that nobody has signed in for."""
        what = "requests without a sign-in"
        await self._count_own(self._operations, what, address_group(address))

    async def count_anonymous_page(self, address: str) -> None:
        """Count a page or file that nobody has signed in for."""
        await self._count_own(self._pages, "requests", address_group(address))

    def close(self) -> None:
        """Close the connections to Redis."""
        self._counts.close()

    async def _count_own(self, limit: RateLimitItem, what: str, key: str) -> None:
        if not await self._own_counts.hit(limit, what, key):
            await _refuse(what, self._own_counts, limit, what, key)


def _counts(url: str) -> Counts:
    return OwnCounts() if url.startswith("memory://") else SharedCounts(url)


async def _refuse(what: str, counts: Counts, limit: RateLimitItem, *key: str) -> None:
    resets_at = await counts.resets_at(limit, *key)
    raise RateLimitedError(what, max(1, math.ceil(seconds_until(resets_at))))
