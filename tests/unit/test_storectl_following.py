"""Following a store from the command line ends when it is told to."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from app.storectl.account import Account
from app.storectl.api import Api
from app.storectl.errors import UnreachableError
from app.storectl.following import follow


class ApiThatLosesACancellation:
    """As `wait_for` does it up to Python 3.11, where it is done in the same moment."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()

    async def follow(self, store_id: str, **_: object) -> AsyncGenerator[dict[str, Any], None]:
        self.has_begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield {"store": {"id": store_id, "status": "READY"}, "events": []}


def _never(_: object) -> bool:
    return False


async def test_ctrl_c_is_heard_though_the_connection_loses_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    api, store = ApiThatLosesACancellation(), {"id": "store_1", "name": "my-shop"}
    command = asyncio.create_task(
        follow(cast("Api", api), store, until=_never, after=None, as_json=True)
    )
    await api.has_begun.wait()
    command.cancel()
    with pytest.raises(asyncio.CancelledError):
        await command
    assert "No longer watching; my-shop goes on without you." in capsys.readouterr().err


class Connections:
    """Plays the connections of one watch, and a clock that only pauses move on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *connections: list[int]) -> None:
        self.now = self.began = 1e6
        self.lost = 0
        self.seen: list[int] = []
        self._connections = list(connections)
        self.api = Api(Account("http://127.0.0.1:9", "sp_x"))
        monkeypatch.setattr(self.api, "_updates", self._updates)
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    async def _updates(self, *_: object) -> AsyncGenerator[dict[str, Any], None]:
        """Send each version after an hour of quiet, then lose the connection."""
        for version in self._connections.pop(0) if self._connections else []:
            yield {"version": version}
            self.now += 3600
        raise UnreachableError("gone")

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    async def watch(self) -> None:
        async for update in self.api.follow("store_1", after=None, on_lost=self._on_lost):
            self.seen += [update["version"]]

    def _on_lost(self) -> None:
        self.lost += 1


async def test_a_watch_of_a_quiet_store_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    played = Connections(monkeypatch, [1, 2], [], [2, 3])
    with pytest.raises(UnreachableError):
        await played.watch()
    assert played.seen == [1, 2, 2, 3]
    assert played.lost == 2
    # Four hours of quiet, some seconds until it is back, and five minutes without a connection.
    assert 300 < played.now - played.began - 4 * 3600 < 400
