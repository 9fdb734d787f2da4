"""A client that follows one store through every kill, coming back with its last version."""

import asyncio
from typing import Any

from gql import gql
from gql.transport.exceptions import TransportError
from websockets.exceptions import WebSocketException

from tests.e2e.service import FOLLOW, Service

_PAUSE_SECONDS = 0.2
_LOST = (TransportError, WebSocketException, OSError, TimeoutError)


class Follower:
    """Collects a store's events, in the order in which they come."""

    def __init__(self, service: Service, token: str, store_id: str) -> None:
        self.store_id = store_id
        self.events: list[dict[str, Any]] = []
        self._service = service
        self._token = token
        self._seen = 0
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._run(), name=f"follower {store_id}")

    async def caught_up(self, version: int) -> None:
        """Wait until everything up to a version was seen, then stop following."""
        async with self._news:
            await self._news.wait_for(lambda: self._seen >= version or self._task.done())
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except _LOST:
                await asyncio.sleep(_PAUSE_SECONDS)  # as a client does: the service is down
            else:
                return  # the stream has completed: the store is deleted

    async def _follow(self) -> None:
        request = gql(FOLLOW)
        request.variable_values = {"id": self.store_id, "after": self._seen}
        async with self._service.websocket(self._token) as session:
            async for frame in session.subscribe(request):
                update = frame["storeStatus"]
                async with self._news:
                    self.events += update["events"]
                    self._seen = update["version"]
                    self._news.notify_all()
