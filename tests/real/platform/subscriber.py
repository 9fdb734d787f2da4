"""A script that follows a store whatever happens to the platform, as docs/using.md tells."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gql import gql
from gql.transport.exceptions import TransportError

from tests.e2e.service import FOLLOW, Service, events_of

_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 600.0


@dataclass
class Subscriber:
    """Subscribes, and comes back with the last version each time that the connection is lost."""

    service: Service
    token: str
    store_id: str
    updates: list[dict[str, Any]] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    """Why each connection ended."""
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def following(self) -> AsyncIterator["Subscriber"]:
        task = asyncio.create_task(self._follow(), name="subscriber")
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def until(self, *statuses: str) -> dict[str, Any]:
        """Return the store once an update has it in one of these statuses."""
        store = (await self.until_update(lambda u: u["store"]["status"] in statuses))["store"]
        assert isinstance(store, dict)
        return store

    async def until_update(self, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the latest update once it is what is waited for."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not (self.updates and is_reached(self.updates[-1])):
                self._told.clear()
                await self._told.wait()
        return self.updates[-1]

    def has_missed_nothing(self) -> bool:
        """Tell whether every event came once, in order."""
        versions = [event["version"] for event in events_of(self.updates)]
        return versions == list(range(1, len(versions) + 1))

    async def _follow(self) -> None:
        """Follow the store until it is deleted."""
        while True:
            try:
                await self._listen()
            except (TransportError, OSError, TimeoutError) as error:
                self.losses.append(repr(error))
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return

    async def _listen(self) -> None:
        request = gql(FOLLOW)
        after = self.updates[-1]["version"] if self.updates else 0
        request.variable_values = {"id": self.store_id, "after": after}
        async with self.service.websocket(self.token) as session:
            async for frame in session.subscribe(request):
                self.updates.append(frame["storeStatus"])
                self._told.set()
