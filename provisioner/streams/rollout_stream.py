"""Tells followers of a rollout how far it has come."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from provisioner.domain.rollouts import Rollout, RolloutStatus

_TOGETHER_SECONDS = 0.2  # changes that follow within this time are told together
_LOOK_SECONDS = 2.0  # the end of a rollout is no change of a store, so nothing announces it


class RolloutFeed:
    """Reads rollouts again when stores change. Implements ``ports.Announcer``.

    While nobody follows, nothing is read.
    """

    def __init__(self, read: Callable[[str], Awaitable[Rollout]]) -> None:
        self._read = read
        self._waiting: set[asyncio.Event] = set()

    def announce(self, store_id: str) -> None:  # noqa: ARG002 - any may be one of theirs
        """See ``ports.Announcer``."""
        for changed in self._waiting:
            changed.set()

    async def follow(self, rollout_id: str) -> AsyncGenerator[Rollout, None]:
        """Yield a rollout now and after each change, up to its end. Raises NotFoundError."""
        changed, told = asyncio.Event(), None
        self._waiting.add(changed)
        try:
            while True:
                changed.clear()  # before reading: a change that comes during it is read again
                rollout = await self._read(rollout_id)
                if rollout != told:
                    told = rollout
                    yield rollout
                if rollout.status is RolloutStatus.FINISHED:
                    return
                await self._next(changed)
        finally:
            self._waiting.discard(changed)

    async def _next(self, changed: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await changed.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_TOGETHER_SECONDS)
