"""However many ask whether the service is ready, it is looked at once at a time."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

from app.http.health import Readiness


class SlowLook:
    """A check that takes until it is told to go on."""

    def __init__(self) -> None:
        self.looks = 0
        self.go_on = asyncio.Event()

    async def problems(self) -> dict[str, str | None]:
        self.looks += 1
        await self.go_on.wait()
        return {"database": None, "helm": f"look {self.looks}"}


async def ask(readiness: Readiness, check: SlowLook) -> tuple[int, str]:
    """Ask for the page; return its status and which look it tells of."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("There is nothing to receive.")

    state = SimpleNamespace(platform=SimpleNamespace(check=check))
    scope = {"type": "http", "method": "GET", "app": SimpleNamespace(state=state)}
    await readiness(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])["parts"]["helm"]


async def test_who_asks_during_a_look_shares_it() -> None:
    readiness, check = Readiness(), SlowLook()
    gone, *asking = [asyncio.create_task(ask(readiness, check)) for _ in range(20)]
    await asyncio.sleep(0)  # until each of them waits
    gone.cancel()
    await asyncio.sleep(0)
    check.go_on.set()
    assert await asyncio.gather(*asking) == [(503, "look 1")] * 19
    assert gone.cancelled()
    # The next look is a new one
    assert await ask(readiness, check) == (503, "look 2")
