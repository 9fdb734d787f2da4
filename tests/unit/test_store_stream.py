"""A store's stream, left and resumed at random while it changes: every event once, in order."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import Pod, PodPhase
from provisioner.domain.errors import RefusedError
from provisioner.domain.operations import OperationKind
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store, StoreEvent, StoreStatus
from provisioner.storage.database import Database
from provisioner.storage.event_retention import EventRetention
from provisioner.storage.stores import StoreRepository
from provisioner.streams import updates as stream_updates
from provisioner.streams.broadcaster import Broadcaster
from provisioner.streams.store_stream import StoreStreams
from provisioner.streams.updates import StoreUpdate
from tests.stores import a_store


class World:
    """A database with one store, and its followers."""

    def __init__(self, database: Database) -> None:
        self.broadcaster = Broadcaster(self._read)
        self.records = StoreRepository(database, SystemClock(), self.broadcaster)
        self._streams = StoreStreams(self.records, self.broadcaster)
        self._store = a_store()
        self.store_id = self._store.id

    async def _read(self, store_id: str) -> StoreSnapshot:
        return await self.records.snapshot(store_id)

    async def begin(self) -> Store:
        return await self.records.create(self._store)

    async def restart_pods(self, number: int) -> None:
        """Record two events per number: a pod is gone, another is there."""
        pod = Pod(
            name=f"web-{number}", uid=f"uid-{number}", component="web", phase=PodPhase.RUNNING,
            is_ready=True, created_at=datetime.now(UTC),
        )  # fmt: skip
        await self.records.record_pods(self.store_id, [pod])

    async def end(self) -> None:
        store = await self.records.get(self.store_id)
        store = await self.records.transition(
            store, StoreStatus.DELETING, begins=OperationKind.DELETE
        )
        await self.records.transition(store, StoreStatus.DELETED)

    def stream(self, after: int | None = None) -> AsyncGenerator[StoreUpdate, None]:
        return self._streams.follow(self.store_id, after=after)


@pytest.fixture
async def world(database: Database) -> World:
    made = World(database)
    await made.begin()
    return made


async def restless(world: World, chance: random.Random) -> list[int]:
    """Follow to the end, leaving after a few updates again and again; return the events seen."""
    version, events = 0, list[int]()
    while True:
        async with aclosing(world.stream(after=version)) as updates:
            patience = chance.randint(1, 4)
            async for update in updates:
                assert update.version >= version
                version = update.version
                events += [event.version for event in update.events]
                assert events[-1:] in ([], [version])
                patience -= 1
                if patience == 0:
                    break
                await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))
            else:
                return events


@pytest.mark.parametrize("seed", range(3))
async def test_no_event_lost_or_doubled(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a storm that can be repeated, not a secret
    monkeypatch.setattr(stream_updates, "MAX_EVENTS", chance.choice((1, 3, 500)))
    async with asyncio.TaskGroup() as group, asyncio.timeout(60):
        followers = [
            group.create_task(restless(world, random.Random(number)))  # noqa: S311
            for number in range(6)
        ]
        for number in range(40):
            await world.restart_pods(number)
            await asyncio.sleep(chance.choice((0, 0, 0.001)))
        await world.end()
    last = (await world.records.get(world.store_id)).version
    for follower in followers:
        assert follower.result() == list(range(1, last + 1))
    assert world.broadcaster.followers == 0


async def test_more_events_than_one_update_holds(world: World) -> None:
    for number in range(260):
        await world.restart_pods(number)
    last = (await world.records.get(world.store_id)).version
    async with aclosing(world.stream(after=0)) as updates:
        chunks = [await anext(updates) for _ in range(2)]
    # One who leaves in the middle knows from the version where to go on.
    assert [update.version for update in chunks] == [500, last]
    assert [event.version for update in chunks for event in update.events] == [*range(1, last + 1)]
    assert {update.snapshot.store.version for update in chunks} == {last}


async def lose_old_events(world: World, database: Database) -> None:
    """Have the store ready for long: of the versions 1 to 8 only 1, 2, 3 and 8 are left."""
    store = await world.records.get(world.store_id)
    store = await world.records.transition(store, StoreStatus.PROVISIONING)
    await world.records.transition(store, StoreStatus.READY)
    for number in range(3):
        await world.restart_pods(number)
    later = datetime.now(UTC) + timedelta(days=1)
    assert await EventRetention(database).purge(world.store_id, later, limit=9) == 4


@pytest.mark.parametrize(
    ("after", "events", "has_gap"),
    [
        (0, [1, 2, 3, 8], True),
        (3, [8], True),
        (5, [8], True),  # a version whose event is gone itself
        (7, [8], False),
        (8, [], False),
        (None, [], False),
    ],
)
async def test_who_comes_back_after_events_were_removed_is_told(
    world: World, database: Database, after: int | None, events: list[int], *, has_gap: bool
) -> None:
    await lose_old_events(world, database)
    async with aclosing(world.stream(after=after)) as updates:
        update = await anext(updates)
    assert [event.version for event in update.events] == events
    assert (update.version, update.has_gap) == (8, has_gap)


async def test_the_gap_is_told_in_the_update_that_has_it(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lose_old_events(world, database)
    monkeypatch.setattr(stream_updates, "MAX_EVENTS", 2)
    async with aclosing(world.stream(after=0)) as updates:
        chunks = [await anext(updates) for _ in range(2)]
        assert [(update.version, update.has_gap) for update in chunks] == [(2, False), (8, True)]
        await world.restart_pods(9)
        update = await anext(updates)
        assert (update.version, update.has_gap) == (10, False)


async def test_without_after_the_state_says_it_all(world: World) -> None:
    async with aclosing(world.stream()) as updates:
        first = await anext(updates)
        assert (first.version, first.events) == (1, ())
        await world.restart_pods(0)
        assert [event.version for event in (await anext(updates)).events] == [2]


async def test_one_who_does_not_look_gets_the_latest_state_and_every_event(world: World) -> None:
    async with aclosing(world.stream()) as updates:
        await anext(updates)
        for number in range(40):
            await world.restart_pods(number)
        seen: list[int] = []
        while True:
            update = await anext(updates)
            seen += [event.version for event in update.events]
            if seen[-1] == 80:
                break
    assert seen == list(range(2, 81))
    assert [pod.name for pod in update.snapshot.pods] == ["web-39"]


async def test_followers_who_wake_together_share_one_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = world.records.events_after, list[int]()

    async def counted(store_id: str, version: int, *, limit: int) -> list[StoreEvent]:
        reads.append(version)
        return await read(store_id, version, limit=limit)

    monkeypatch.setattr(world.records, "events_after", counted)
    streams = [world.stream() for _ in range(20)]
    for stream in streams:
        await anext(stream)
    waiting = [asyncio.create_task(anext(stream)) for stream in streams]
    # One who leaves while it is being read spoils it for nobody.
    waiting[0].cancel()
    await world.restart_pods(0)
    updates = await asyncio.gather(*waiting[1:])
    assert [[event.version for event in update.events] for update in updates] == [[2]] * 19
    assert reads == [1]
    for stream in streams:
        await stream.aclose()
    assert world.broadcaster.followers == 0


@pytest.mark.parametrize("after", [-1, 2, 2**31 - 1])
async def test_a_version_that_never_was(world: World, after: int) -> None:
    with pytest.raises(RefusedError) as refused:
        await anext(world.stream(after=after))
    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.field) == ("CURSOR_INVALID", "after")
    assert refusal.message.startswith(f"The store is at version 1, and never was at {after}: pass")
    assert world.broadcaster.followers == 0


async def test_deleted_meanwhile(world: World) -> None:
    await world.end()
    last = (await world.records.get(world.store_id)).version
    updates = [update async for update in world.stream(after=1)]
    assert [event.version for update in updates for event in update.events] == [*range(2, last + 1)]
    assert updates[-1].snapshot.store.status is StoreStatus.DELETED
    assert [update.events async for update in world.stream(after=last)] == [()]
