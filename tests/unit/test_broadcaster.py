"""One reader per followed store, and one slot per follower that holds the latest state."""

import asyncio
from dataclasses import replace

import pytest

from provisioner.domain.errors import NotFoundError
from provisioner.domain.stores import StoreSnapshot
from provisioner.streams import broadcaster as broadcaster_module
from provisioner.streams.broadcaster import Broadcaster, Follower
from tests.stores import a_store

STORE = a_store()


def at_version(version: int) -> StoreSnapshot:
    return StoreSnapshot(store=replace(STORE, version=version), steps=(), pods=())


class Records:
    """Reads a store at the version that it has; each read ends when it is let go on."""

    def __init__(self) -> None:
        self.version = 1
        self.reads = 0
        self.failures: list[Exception] = []
        self.may_read = asyncio.Event()
        self.may_read.set()

    async def snapshot(self, store_id: str) -> StoreSnapshot:
        assert store_id == STORE.id
        self.reads += 1
        snapshot = at_version(self.version)
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
