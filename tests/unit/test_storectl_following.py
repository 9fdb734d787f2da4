"""Following a store from the command line ends when it is told to."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from app.storectl.api import Api
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
