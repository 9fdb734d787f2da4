"""``ports.Announcer``: telling costs the teller nothing, whoever listens."""

import asyncio
from collections.abc import Callable

import pytest

from provisioner.domain.ports import Announcer
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.streams.broadcaster import Broadcaster
from provisioner.testing import RecordedAnnouncements


async def _fails(_: str) -> StoreSnapshot:
    raise OSError("The database is away.")


@pytest.fixture(params=[RecordedAnnouncements, lambda: Broadcaster(_fails)])
def announcer(request: pytest.FixtureRequest) -> Announcer:
    make: Callable[[], Announcer] = request.param
    return make()


async def test_announcing_what_nobody_follows(announcer: Announcer) -> None:
    before = asyncio.all_tasks()
    for _ in range(1000):
        announcer.announce("store")
    announcer.announce("")
    assert asyncio.all_tasks() == before


def test_what_was_announced_is_remembered_by_the_fake() -> None:
    fake = RecordedAnnouncements()
    fake.announce("a")
    fake.announce("b")
    fake.announce("a")
    assert fake.store_ids == ["a", "b", "a"]
