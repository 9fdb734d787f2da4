"""The fence: ends a leader's right to run helm when its lease ends.

Once another replica leads, the database refuses this replica's writes (see ``leadership.lease``). A
database cannot stop a running helm. So no helm is started after the fence has ended, and one that
still runs is killed. The next leader repairs the release that it leaves half done.
"""

import asyncio
import math
import time
from contextlib import AbstractContextManager, nullcontext

from provisioner.domain.errors import LeaseLostError


class Fence:
    """A right to work that ends at ``ends_at``, a moment of ``time.monotonic``, or at ``end``.

    A single replica needs no lease, so its fence never ends by itself.
    """

    def __init__(self, ends_at: float = math.inf) -> None:
        self.ends_at = ends_at
        self._ended = asyncio.Event()

    @property
    def is_ended(self) -> bool:
        """Whether the right to work is over."""
        # The clock too: after a freeze the task that calls ``end`` may not have run yet.
        return self._ended.is_set() or time.monotonic() >= self.ends_at

    def check(self) -> None:
        """Raise LeaseLostError when the fence has ended, also when ``end`` was not called yet."""
        if self.is_ended:
            raise LeaseLostError

    def end(self) -> None:
        """End the right to work now. Further calls have no effect."""
        self._ended.set()

    def extend(self, ends_at: float) -> None:
        """Move the end to a later moment of ``time.monotonic``."""
        self.ends_at = ends_at

    def watching(self, group: int) -> AbstractContextManager[None]:  # noqa: ARG002 - see below
        """Have a process group killed if the fence ends while this context is open.

        This base class has no watchdog and does nothing; see ``leadership.fence.WatchedFence``.
        """
        return nullcontext()

    async def ended(self) -> None:
        """Wait until ``end`` is called. The end at ``ends_at`` alone does not wake this."""
        await self._ended.wait()
