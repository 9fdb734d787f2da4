"""Limits how often callers change things, and how often addresses do anything without a sign-in.

- A valid token is never refused for what others do at the same address. It is looked up first, and
  only failures are counted. This bounds what failures cost and how much they fill the log.
- A valid sign-in code is not refused for what others do at its address either. There is no caller
  yet to count it for, so each code is counted by itself.
- What comes without a sign-in is counted by each process alone: if every page waited for Redis,
  that would cost more than the limit saves.
"""

import math
from dataclasses import dataclass

from limits import RateLimitItem, parse

from app.http.addresses import address_group
from app.limits.counting import Counts, OwnCounts, SharedCounts, seconds_until
from app.limits.errors import RateLimitedError


@dataclass(frozen=True, slots=True)
class RateLimitSettings:
    """The limits, such as ``60/minute``, and where counts are kept: ``memory://`` or ``redis://…``."""

    mutations_of_caller: str
    mutations_of_address: str
    failed_sign_ins: str
    introspections_of_caller: str
    anonymous_operations: str
    anonymous_requests: str
    storage: str


class RateLimiter:
    """Counts what callers and addresses do, and raises RateLimitedError when that is too often."""

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
        """Count mutations that are about to be carried out.

        ``caller`` is None for mutations without a sign-in, and ``code`` is then the digest of the
        valid sign-in code that came with them, if one did.
        """
        group = address_group(address)
        if caller is not None:
            await self._count_mutations(number, self._of_caller, "caller", caller)
            await self._count_mutations(number, self._of_address, "address", group)
        elif code is not None:
            await self._count_mutations(number, self._of_caller, "code", code)
        else:
            # Counted apart from "address", so that strangers use up nothing of the people who sign
            # in from there.
            await self._count_mutations(number, self._of_caller, "anonymous", group)

    async def count_failed_sign_in(self, address: str) -> None:
        """Count a failed sign-in. Raises RateLimitedError when the address has had too many."""
        key = ("sign-in", address_group(address))
        if not await self._counts.hit(self._failed_sign_ins, *key):
            await _refuse("failed sign-ins", self._counts, self._failed_sign_ins, *key)

    async def count_introspection(self, caller: str) -> None:
        """Count a question about the schema whose answer is not kept."""
        await self._count_own(self._introspections, "different looks at the schema", caller)

    async def count_anonymous_operation(self, address: str, *, code: str | None = None) -> None:
        """Count a GraphQL operation without a sign-in; ``code`` as for ``count_mutations``."""
        what, key = "requests without a sign-in", code or address_group(address)
        await self._count_own(self._operations, what, key)

    async def count_anonymous_request(self, address: str) -> None:
        """Count a request for a page or file."""
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
    # There may be room again by now, but "try again in 0 s" is no advice.
    raise RateLimitedError(what, max(1, math.ceil(seconds_until(resets_at))))
