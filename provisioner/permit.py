"""The right of one term to work: what is not a write to the database is bound by it too.

A write is refused by the database once the term is over (see ``lease``). helm cannot be: so none is
started without the permit, and one that runs when the permit ends is killed. What it leaves half
done is put right by whoever leads next.
"""

import asyncio
import math
import time

from provisioner.errors import LeaseLostError


class Permit:
    """Given until ``ends_at`` by ``time.monotonic``, which may be put off, or until it is ended."""

    def __init__(self, ends_at: float = math.inf) -> None:
        self.ends_at = ends_at
        self._ended = asyncio.Event()

    @property
    def is_ended(self) -> bool:
        """Whether the term is over."""
        return self._ended.is_set() or time.monotonic() >= self.ends_at

    def check(self) -> None:
        """Raise LeaseLostError when the term is over, be it that nobody has noticed yet."""
        if self.is_ended:
            raise LeaseLostError

    def end(self) -> None:
        """End it now. May be called again."""
        self._ended.set()

    async def ended(self) -> None:
        """Return as soon as it was ended."""
        await self._ended.wait()
