"""How often: mutations of a caller and of an address, and what an address does without a sign-in.

A valid token is never refused for what others have failed at from the same address: it is looked
up first, and only what fails is counted. What is bounded is the cost and the noise of failures.
Nor is a sign-in code that is still good refused for what others do there: nobody has signed in with
it yet, so it is counted by itself.
What nobody has signed in for is counted by each process alone: a page that waited for Redis would
cost more than it saves.
"""

import math
from dataclasses import dataclass

from limits import RateLimitItem, parse

from app.http.addresses import address_group
from app.limits.counting import Counts, OwnCounts, SharedCounts, seconds_until
from app.limits.errors import RateLimitedError


@dataclass(frozen=True, slots=True)
class RateLimitSettings:
    """Limits such as ``60/minute``, and where counts are kept: ``memory://`` or ``redis://…``."""

    mutations_of_caller: str
    mutations_of_address: str
    failed_sign_ins: str
    introspections_of_caller: str
    anonymous_operations: str
    anonymous_requests: str
    storage: str


class RateLimiter:
    """Counts, and refuses with RateLimitedError what comes too often."""

    def __init__(self, limits: RateLimitSettings) -> None:
        self._counts = _counts(limits.storage)
        self._own_counts = OwnCounts()
        self._of_caller = parse(limits.mutations_of_caller)
        self._of_address = parse(limits.mutations_of_address)
        self._failed_sign_ins = parse(limits.failed_sign_ins)
        self._introspections = parse(limits.introspections_of_caller)
        self._operations = parse(limits.anonymous_operations)
        self._pages = parse(limits.anonymous_requests)

    async def count_mutations(
        self, number: int, *, caller: str | None, address: str, code: str | None = None
    ) -> None:
        """Count mutations about to be carried out.

        Those of an address that nobody has signed in for are counted by themselves, so that they
        take nothing from the people who sign in there. ``code`` is the digest of a good sign-in
        code that they came with.
        """
        group = address_group(address)
        if caller is not None:
            await self._count_mutations(number, self._of_caller, "caller", caller)
            await self._count_mutations(number, self._of_address, "address", group)
        elif code is not None:
            await self._count_mutations(number, self._of_caller, "code", code)
        else:
            await self._count_mutations(number, self._of_caller, "anonymous", group)

    async def count_failed_sign_in(self, address: str) -> None:
        """Count a sign-in that failed; whoever fails too often is told so, and no more."""
        key = ("sign-in", address_group(address))
        if not await self._counts.hit(self._failed_sign_ins, *key):
            await _refuse("failed sign-ins", self._counts, self._failed_sign_ins, *key)

    async def count_introspection(self, caller: str) -> None:
        """Count a look at the schema that is about to be worked out."""
        await self._count_own(self._introspections, "different looks at the schema", caller)

    async def count_anonymous_operation(self, address: str, *, code: str | None = None) -> None:
        """Count a GraphQL operation that nobody has signed in for; ``code`` as above."""
        what, key = "requests without a sign-in", code or address_group(address)
        await self._count_own(self._operations, what, key)

    async def count_anonymous_request(self, address: str) -> None:
        """Count a page or file that nobody has signed in for."""
        await self._count_own(self._pages, "requests", address_group(address))

    def close(self) -> None:
        """Close the connections to Redis."""
        self._counts.close()

    async def _count_mutations(self, number: int, limit: RateLimitItem, *key: str) -> None:
        if not await self._counts.hit(limit, "mutations", *key, cost=number):
            await _refuse("changes", self._counts, limit, "mutations", *key)

    async def _count_own(self, limit: RateLimitItem, what: str, key: str) -> None:
        if not await self._own_counts.hit(limit, what, key):
            await _refuse(what, self._own_counts, limit, what, key)


def _counts(url: str) -> Counts:
    return OwnCounts() if url.startswith("memory://") else SharedCounts(url)


async def _refuse(what: str, counts: Counts, limit: RateLimitItem, *key: str) -> None:
    resets_at = await counts.resets_at(limit, *key)
    raise RateLimitedError(what, max(1, math.ceil(seconds_until(resets_at))))
