"""A client that follows one store through every kill, coming back with its last version.

It comes back to whichever service is chosen then: any replica carries any subscription.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from gql import gql
from gql.transport.exceptions import TransportError
from websockets.exceptions import WebSocketException

from tests.e2e.service import FOLLOW, Service

_PAUSE_SECONDS = 0.2
_LOST = (TransportError, WebSocketException, OSError, TimeoutError)


class Follower:
    """Collects a store's events, in the order in which they come.

    ``is_done`` once the stream has completed: the store is deleted.
    """

    def __init__(self, choose: Callable[[], Service], token: str, store_id: str) -> None:
        self.store_id = store_id
        self.events: list[dict[str, Any]] = []
        self._choose = choose
        self._token = token
        self._seen = 0
        self._news = asyncio.Condition()
        self._connection: asyncio.Task[None] | None = None
        self._is_connected = False
        self.is_done = False
        self._task = asyncio.create_task(self._run(), name=f"follower {store_id}")

    async def caught_up(self, version: int) -> None:
        """Wait until everything up to a version was seen, and there is a connection.

        Not while it connects: what is cancelled then leaves its socket open.
        """

        def is_caught_up() -> bool:
            return self.is_done or (self._seen >= version and self._is_connected)

        async with self._news:
            await self._news.wait_for(is_caught_up)

    async def stop(self) -> None:
        """Follow no longer."""
        self._task.cancel()
        await asyncio.wait({self._task})

    def drop(self) -> None:
        """Lose the connection, if there is one, as a laptop does that is closed."""
        if self._connection is not None and self._is_connected:
            self._is_connected = False  # once: closing it must not be cancelled in its turn
            self._connection.cancel()

    async def _run(self) -> None:
        while True:
            self._connection = asyncio.create_task(self._follow())
            try:
                await asyncio.wait({self._connection})
            finally:
                self._is_connected = False
                self._connection.cancel()
                await asyncio.wait({self._connection})
            if self._connection.cancelled():
                continue
            error = self._connection.exception()
            if error is None:
                self.is_done = True
                await self._tell(is_connected=False)
                return
            if not isinstance(error, _LOST):
                raise error
            await asyncio.sleep(_PAUSE_SECONDS)  # as a client does: the service is down

    async def _tell(self, *, is_connected: bool) -> None:
        async with self._news:
            self._is_connected = is_connected
            self._news.notify_all()

    async def _follow(self) -> None:
        request = gql(FOLLOW)
        request.variable_values = {"id": self.store_id, "after": self._seen}
        async with self._choose().websocket(self._token) as session:
            await self._tell(is_connected=True)
            async for frame in session.subscribe(request):
                update = frame["storeStatus"]
                async with self._news:
                    self.events += update["events"]
                    self._seen = update["version"]
                    self._news.notify_all()
