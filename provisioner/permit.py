"""The right of one term to work: what is not a write to the database is bound by it too.

A write is refused by the database once the term is over (see ``lease``). helm cannot be: so none is
started without the permit, and one that runs when the permit ends is killed, by the watchdog if the
service cannot. What it leaves half done is put right by whoever leads next.
"""

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from provisioner.errors import LeaseLostError
from provisioner.watchdog import Watchdog


class Permit:
    """Given until ``ends_at`` by ``time.monotonic``, which may be put off, or until it is ended."""

    def __init__(self, ends_at: float = math.inf, watchdog: Watchdog | None = None) -> None:
        self.ends_at = ends_at
        self._ended = asyncio.Event()
        self._watchdog = watchdog

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

    def extend(self, ends_at: float) -> None:
        """Put its end off."""
        self.ends_at = ends_at
        if self._watchdog is not None:
            self._watchdog.extend(ends_at)

    @contextmanager
    def watching(self, group: int) -> Iterator[None]:
        """Have a process group killed, should the permit end while this context is open."""
        if self._watchdog is not None:
            self._watchdog.began(group)
        try:
            yield
        finally:
            if self._watchdog is not None:
                self._watchdog.ended(group)

    async def ended(self) -> None:
        """Return as soon as it was ended."""
        await self._ended.wait()
