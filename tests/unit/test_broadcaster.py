"""One reader per followed store, and one slot per follower that holds the latest state."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from provisioner.domain.errors import NotFoundError
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import EventKind, StoreEvent, StoreStatus
from provisioner.streams import broadcaster as broadcaster_module
from provisioner.streams.broadcaster import Broadcaster, Follower
from provisioner.streams.updates import RenderedUpdate, StoreUpdate
from tests.stores import a_store

STORE = a_store()


def at_version(version: int, status: StoreStatus = STORE.status) -> StoreSnapshot:
    store = replace(STORE, version=version, status=status)
    return StoreSnapshot(store=store, operation=None, steps=(), pods=())


class Records:
    """Reads a store at the version that it has; each read ends when it is let go on."""

    def __init__(self) -> None:
        self.version = 1
        self.status = STORE.status
        self.reads = 0
        self.failures: list[Exception] = []
        self.may_read = asyncio.Event()
        self.may_read.set()

    async def snapshot(self, store_id: str) -> StoreSnapshot:
        assert store_id == STORE.id
        self.reads += 1
        snapshot = at_version(self.version, self.status)
        await self.may_read.wait()
        if self.failures:
            raise self.failures.pop(0)
        return snapshot


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def broadcaster(records: Records) -> Broadcaster:
    return Broadcaster(records.snapshot)


async def next_version(follower: Follower) -> int:
    async with asyncio.timeout(10):
        return (await follower.next()).store.version


async def until_idle() -> None:
    """Wait until no reader is at work."""
    async with asyncio.timeout(10):
        while readers := [t for t in asyncio.all_tasks() if t.get_name().startswith("broadcast")]:
            await asyncio.wait(readers)


def is_waiting(follower: Follower) -> bool:
    return not follower._filled.is_set()


async def test_nothing_is_read_while_nothing_is_announced(
    records: Records, broadcaster: Broadcaster
) -> None:
    async with broadcaster.follow(STORE.id) as follower:
        broadcaster.announce("another store")
        await until_idle()
        assert (records.reads, is_waiting(follower)) == (0, True)


async def test_one_read_for_all_followers(records: Records, broadcaster: Broadcaster) -> None:
    async with broadcaster.follow(STORE.id) as first, broadcaster.follow(STORE.id) as second:
        assert broadcaster.followers == 2
        broadcaster.announce(STORE.id)
        assert [await next_version(first), await next_version(second)] == [1, 1]
        assert records.reads == 1
    assert broadcaster.followers == 0


async def test_a_slow_follower_gets_the_latest_state(
    records: Records, broadcaster: Broadcaster
) -> None:
    async with broadcaster.follow(STORE.id) as slow:
        for version in range(1, 51):
            records.version = version
            broadcaster.announce(STORE.id)
            await until_idle()
        assert await next_version(slow) == 50
        assert is_waiting(slow)  # what was skipped is kept nowhere


async def test_changes_during_a_read_are_one_more_read(
    records: Records, broadcaster: Broadcaster
) -> None:
    async with broadcaster.follow(STORE.id) as follower:
        records.may_read.clear()
        broadcaster.announce(STORE.id)
        await asyncio.sleep(0)
        assert records.reads == 1
        records.version = 2
        for _ in range(100):
            broadcaster.announce(STORE.id)
        records.may_read.set()
        await until_idle()
        assert records.reads == 2
        assert await next_version(follower) == 2


async def test_a_read_that_fails_is_done_again(
    records: Records, broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster_module, "_RETRY_SECONDS", 0)
    records.failures = [OSError("away"), OSError("still away")]
    async with broadcaster.follow(STORE.id) as follower:
        broadcaster.announce(STORE.id)
        assert await next_version(follower) == 1
        assert records.reads == 3


async def test_each_change_is_timed_once_from_when_it_was_made(records: Records) -> None:
    told: list[datetime] = []
    broadcaster = Broadcaster(records.snapshot, told.append)
    async with broadcaster.follow(STORE.id), broadcaster.follow(STORE.id):
        for version in (1, 1, 2):  # announced twice, as after a lost notice
            records.version = version
            broadcaster.announce(STORE.id)
            await until_idle()
    assert told == [STORE.updated_at] * 2


async def test_what_was_told_together_is_timed_from_the_first(records: Records) -> None:
    told: list[datetime] = []
    broadcaster = Broadcaster(records.snapshot, told.append)
    async with (
        waiting(broadcaster, RecordingSink(RecordingRenderer()), version=1),
        waiting(broadcaster, RecordingSink(RecordingRenderer()), version=2),
    ):
        records.version = 4
        broadcaster.announce(STORE.id)
        await until_idle()
    assert told == [an_event(2).at]


async def test_a_store_that_was_purged_is_not_read_again(
    records: Records, broadcaster: Broadcaster
) -> None:
    records.failures = [NotFoundError(STORE.id)]
    async with broadcaster.follow(STORE.id) as follower:
        broadcaster.announce(STORE.id)
        await until_idle()
        assert (records.reads, is_waiting(follower)) == (1, True)
        # and one that is announced all the same is read as ever
        broadcaster.announce(STORE.id)
        assert await next_version(follower) == 1


async def test_no_reader_without_followers(
    records: Records, broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster_module, "_RETRY_SECONDS", 0)
    records.failures = [OSError("away")] * 1000
    async with broadcaster.follow(STORE.id):
        broadcaster.announce(STORE.id)
        await asyncio.sleep(0)
    await until_idle()
    assert records.reads < 1000
    broadcaster.announce(STORE.id)
    await until_idle()
    assert broadcaster.followers == 0


async def test_who_comes_back_is_told_again(records: Records, broadcaster: Broadcaster) -> None:
    records.may_read.clear()
    async with broadcaster.follow(STORE.id):
        broadcaster.announce(STORE.id)
        await asyncio.sleep(0)
    # Given a reader of the one before that is still at work
    records.version = 2
    async with broadcaster.follow(STORE.id) as follower:
        broadcaster.announce(STORE.id)
        records.may_read.set()
        assert await next_version(follower) == 2
        await until_idle()
        assert is_waiting(follower)


class RecordingRenderer:
    """Renders a state as its version, and what the follower had; remembers how often."""

    def __init__(self) -> None:
        self.rendered: list[tuple[int, int]] = []
        self.failures: list[Exception] = []
        self.has_text = True
        self.has_begun = asyncio.Event()
        self.may_render = asyncio.Event()
        self.may_render.set()

    async def render(self, above: int, snapshot: StoreSnapshot) -> RenderedUpdate:
        version = snapshot.store.version
        self.rendered.append((above, version))
        self.has_begun.set()
        await self.may_render.wait()
        if self.failures:
            raise self.failures.pop(0)
        events = tuple(an_event(number) for number in range(above + 1, version + 1))
        text = f"{above}-{version}" if self.has_text else None
        return RenderedUpdate(StoreUpdate(version, snapshot, events), text)


class RecordingSink:
    """Sends while its peer reads."""

    def __init__(self, renderer: RecordingRenderer) -> None:
        self.renderer = renderer
        self.sent: list[str] = []
        self.is_read = True

    def try_send(self, text: str) -> bool:
        if self.is_read:
            self.sent.append(text)
        return self.is_read

    async def send(self, text: str) -> None:
        raise NotImplementedError


def an_event(version: int) -> StoreEvent:
    return StoreEvent(
        version=version,
        kind=EventKind.POD,
        subject="web",
        status="Running",
        message="",
        at=STORE.updated_at - timedelta(seconds=100 - version),
    )


@asynccontextmanager
async def waiting(
    broadcaster: Broadcaster, sink: RecordingSink, *, version: int = 0
) -> AsyncIterator[tuple[Follower, asyncio.Task[int]]]:
    """Give a follower that waits for its next snapshot, and the task that does."""
    async with broadcaster.follow(STORE.id, sink) as follower:
        follower.version = version
        task = asyncio.create_task(next_version(follower))
        await asyncio.sleep(0)
        yield follower, task
        task.cancel()
        await asyncio.wait({task})


async def test_sinks_are_sent_what_is_rendered_once_for_a_group(
    records: Records, broadcaster: Broadcaster
) -> None:
    group, another = RecordingRenderer(), RecordingRenderer()
    sinks = [RecordingSink(group), RecordingSink(group), RecordingSink(another)]
    async with AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(waiting(broadcaster, s)) for s in sinks]
        behind = RecordingSink(group)
        await stack.enter_async_context(waiting(broadcaster, behind, version=1))
        records.version = 2
        broadcaster.announce(STORE.id)
        await until_idle()
        assert [sink.sent for sink in sinks] == [["0-2"]] * 3
        assert behind.sent == ["1-2"]
        assert (sorted(group.rendered), another.rendered) == ([(0, 2), (1, 2)], [(0, 2)])
        assert [follower.version for follower, _ in followers] == [2, 2, 2]
        # and nobody was woken for it
        assert [task.done() for _, task in followers] == [False] * 3


@pytest.mark.parametrize("fault", ["unread", "no text", "failed", "nothing new", "deleted"])
async def test_what_a_sink_is_not_sent_is_in_the_slot(
    records: Records, broadcaster: Broadcaster, fault: str
) -> None:
    renderer = RecordingRenderer()
    sink = RecordingSink(renderer)
    sink.is_read = fault != "unread"
    renderer.has_text = fault != "no text"
    renderer.failures = [OSError("away")] if fault == "failed" else []
    records.status = StoreStatus.DELETED if fault == "deleted" else STORE.status
    records.version = 2
    had = 2 if fault == "nothing new" else 1
    async with waiting(broadcaster, sink, version=had) as (follower, task):
        broadcaster.announce(STORE.id)
        assert await task == 2
        assert (sink.sent, follower.version) == ([], had)


async def test_who_leaves_while_it_is_rendered_is_sent_nothing(
    broadcaster: Broadcaster,
) -> None:
    renderer = RecordingRenderer()
    renderer.may_render.clear()
    stays, leaves = RecordingSink(renderer), RecordingSink(renderer)
    async with waiting(broadcaster, stays), AsyncExitStack() as stack:
        await stack.enter_async_context(waiting(broadcaster, leaves))
        broadcaster.announce(STORE.id)
        async with asyncio.timeout(10):
            await renderer.has_begun.wait()
        await stack.aclose()
        renderer.may_render.set()
        await until_idle()
        assert (stays.sent, leaves.sent) == (["0-1"], [])
