"""The right to work on stores, for what is not a write to the database.

A write is refused by the database once another replica leads (see ``leadership.lease``). helm
cannot be: so none is started behind a fence that has ended, and one that runs then is killed. What
it leaves half done is put right by whoever leads next.
"""

import asyncio
import math
import time
from contextlib import AbstractContextManager, nullcontext

from provisioner.domain.errors import LeaseLostError


class Fence:
    """Lasts until ``ends_at`` by ``time.monotonic``, which may be put off, or until it is ended."""

    def __init__(self, ends_at: float = math.inf) -> None:
        self.ends_at = ends_at
        self._ended = asyncio.Event()

    @property
    def is_ended(self) -> bool:
        """Whether there is no right to work any more."""
        return self._ended.is_set() or time.monotonic() >= self.ends_at

    def check(self) -> None:
        """Raise LeaseLostError when it has ended, even if nobody has noticed yet."""
        if self.is_ended:
            raise LeaseLostError

    def end(self) -> None:
        """End it now. May be called again."""
        self._ended.set()

    def extend(self, ends_at: float) -> None:
        """Put its end off."""
        self.ends_at = ends_at

    def watching(self, group: int) -> AbstractContextManager[None]:  # noqa: ARG002 - see below
        """Have a process group killed, should the fence end while this context is open.

        That takes somebody who watches: see ``leadership.fence.WatchedFence``.
        """
        return nullcontext()

    async def ended(self) -> None:
        """Return as soon as it was ended."""
        await self._ended.wait()
