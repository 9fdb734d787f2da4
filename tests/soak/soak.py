"""The soak: stores come and go and subscribers drop out at random while replicas are killed.

Where the storm (tests/chaos) looks for the worst moment with a handful of stores, this looks for
what only time and numbers show: a subscriber who misses one event of thousands, a store that nobody
takes up again, memory that grows.
"""

import asyncio
import contextlib
import random
import signal
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from app.local.cluster.progress import say
from tests.bench.memory import resident_megabytes
from tests.chaos.promises import UNANSWERED, Promises
from tests.e2e.service import Service

_AT_ONCE = 4
_REPORT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How much, and for how long. ``drops`` subscribers a second lose their connection."""

    stores: int
    subscribers: int
    seconds: float
    seconds_between_kills: float
    drops_per_second: float


class Soak:
    """Replicas that share a database. ``megabytes`` are what they held when they were looked at."""

    def __init__(self, services: Sequence[Service], scale: Scale, seed: int) -> None:
        self.services = services
        self.scale = scale
        self.random = random.Random(seed)  # noqa: S311 - a test's dice
        self.promises = Promises(lambda: self.random.choice(self.services))
        self.kills = 0
        self.dropped = 0
        self.megabytes: list[float] = []
        self._restarting: asyncio.Task[None] | None = None

    @property
    def summary(self) -> str:
        """What was gone through."""
        return (
            f"{self.promises.summary}; {self.kills} kills, {self.dropped} connections dropped;"
            f" {max(self.megabytes, default=0):.0f} MB at most"
        )

    async def run(self) -> None:
        """Keep all of it going for its time, then wait until it is quiet."""
        for service in self.services:
            await asyncio.to_thread(service.start)
        self.promises.token = self.services[0].token("soak", role="admin")
        ongoing: list[Coroutine[Any, Any, None]] = [
            *(self._come_and_go() for _ in range(_AT_ONCE)),
            self._subscribe(), self._drop(), self._kill(), self._report(),
        ]  # fmt: skip
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.scale.seconds), asyncio.TaskGroup() as group:
                for work in ongoing:
                    group.create_task(work)
        if self._restarting is not None:
            await self._restarting
        await self.promises.settle()

    async def _come_and_go(self) -> None:
        promises = self.promises
        while True:
            try:
                if promises.unanswered:
                    await promises.create_unanswered()
                elif len(promises.alive) < self.scale.stores:
                    name = f"soak-{self.random.getrandbits(40):x}"
                    await promises.create(name=name, engine="woocommerce")
                else:
                    await promises.delete(self.random.choice(promises.alive))
            except UNANSWERED:
                await asyncio.sleep(0.2)  # as a client does

    async def _subscribe(self) -> None:
        """Have new subscribers come for those whose store is gone."""
        while True:
            following = sum(
                not follower.is_done
                for followers in self.promises.followers.values()
                for follower in followers
            )
            if self.promises.alive:
                for _ in range(min(self.scale.subscribers - following, 20)):
                    self.promises.follow(self.random.choice(self.promises.alive))
            await asyncio.sleep(0.5)

    async def _drop(self) -> None:
        while True:
            await asyncio.sleep(self.random.expovariate(self.scale.drops_per_second))
            if self.promises.followers:
                store_id = self.random.choice(sorted(self.promises.followers))
                self.random.choice(self.promises.followers[store_id]).drop()
                self.dropped += 1

    async def _kill(self) -> None:
        while True:
            await asyncio.sleep(self.scale.seconds_between_kills)
            service = self.random.choice(self.services)
            how = self.random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
            restart = asyncio.to_thread(self._restart, service, how)
            self._restarting = asyncio.create_task(restart)  # what was killed is started again
            await asyncio.shield(self._restarting)

    def _restart(self, service: Service, how: signal.Signals) -> None:
        self._look_at_memory()
        service.stop(how)
        self.kills += 1
        service.start()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            if self._restarting is None or self._restarting.done():  # what is killed holds nothing
                self._look_at_memory()
            say(f"  {self.summary}")

    def _look_at_memory(self) -> None:
        for service in self.services:
            if service.process is not None and service.process.poll() is None:
                self.megabytes.append(resident_megabytes(service.process.pid))
