"""A peer that takes too long over one message is noticed; one that is busy or idle is not."""

import asyncio

import pytest

from app.limits.stalls import StallMonitor
from tests.simulated_time import in_simulated_time

SECONDS = 10.0


class Peer:
    """Notes when it was found to have stalled."""

    def __init__(self) -> None:
        self.stalled_at: list[float] = []
        self.watch = StallMonitor(SECONDS, self._stall)

    def _stall(self) -> None:
        self.stalled_at.append(asyncio.get_running_loop().time())


@in_simulated_time
async def test_one_message_that_does_not_go_through() -> None:
    peer = Peer()
    with peer.watch:
        await asyncio.sleep(100 * SECONDS)
    assert peer.stalled_at == [SECONDS]


@in_simulated_time
async def test_one_that_does_not_after_one_that_does() -> None:
    peer = Peer()
    with peer.watch:
        await asyncio.sleep(1)
    with peer.watch:
        await asyncio.sleep(100 * SECONDS)
    assert peer.stalled_at == [2 * SECONDS]


@in_simulated_time
async def test_one_that_does_not_after_a_silence() -> None:
    peer = Peer()
    with peer.watch:
        pass
    await asyncio.sleep(5 * SECONDS)
    with peer.watch:
        await asyncio.sleep(100 * SECONDS)
    assert peer.stalled_at == [6 * SECONDS]


@in_simulated_time
async def test_many_that_take_nearly_too_long() -> None:
    peer = Peer()
    for _ in range(20):
        with peer.watch:
            await asyncio.sleep(SECONDS - 0.01)
    await asyncio.sleep(3 * SECONDS)
    assert peer.stalled_at == []


@pytest.mark.parametrize("is_begun", [True, False])
@in_simulated_time
async def test_nothing_is_noticed_after_the_end(is_begun: bool) -> None:  # noqa: FBT001 - a parameter
    peer = Peer()
    if is_begun:
        peer.watch.__enter__()
    peer.watch.end()
    await asyncio.sleep(3 * SECONDS)
    assert peer.stalled_at == []
