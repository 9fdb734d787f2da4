"""A peer that takes too long over one message is noticed; one that is busy or idle is not."""

import asyncio

import pytest

from app.limits.stalls import StallMonitor

SECONDS = 0.01


class Peer:
    def __init__(self) -> None:
        self.stalled = asyncio.Event()
        self.watch = StallMonitor(SECONDS, self.stalled.set)


async def test_one_message_that_does_not_go_through() -> None:
    peer = Peer()
    with peer.watch:
        pass
    async with asyncio.timeout(60):
        with peer.watch:
            await peer.stalled.wait()


async def test_many_that_do() -> None:
    peer = Peer()
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() < began + 20 * SECONDS:
        with peer.watch:
            await asyncio.sleep(0)
    await asyncio.sleep(3 * SECONDS)  # idle
    assert not peer.stalled.is_set()
    peer.watch.end()


@pytest.mark.parametrize("is_begun", [True, False])
async def test_nothing_is_noticed_after_the_end(is_begun: bool) -> None:  # noqa: FBT001 - a parameter
    peer = Peer()
    if is_begun:
        peer.watch.__enter__()
    peer.watch.end()
    await asyncio.sleep(3 * SECONDS)
    assert not peer.stalled.is_set()
