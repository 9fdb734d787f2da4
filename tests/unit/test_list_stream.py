"""Who follows the changes of all stores misses none, however they come and go."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.operations import OperationKind
from provisioner.domain.owners import Owner, local
from provisioner.domain.stores import Store, StoreStatus
from provisioner.domain.transfers import OFFER_LASTS, Offer
from provisioner.storage.audit_log import AuditedAction, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.change_log import ChangeLog, ChangePage, Counter, encode_cursor
from provisioner.storage.database import Database
from provisioner.storage.quota import Quota
from provisioner.storage.stores import StoreRepository
from provisioner.storage.transfers import Transfers
from provisioner.streams import list_stream
from provisioner.streams.list_stream import ChangeFeed, StoresChange
from provisioner.testing import RecordedAnnouncements
from tests.stores import a_store

ADMIN = Identity(local("root"), Role.ADMIN)
MERCHANT = Identity(local("merchant"), Role.OPERATOR)
RIVAL = Identity(Owner("https://issuer.example", "merchant"), Role.OPERATOR)
"""Another person of the same name."""


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_stream, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(list_stream, "_RETRY_SECONDS", 0)


class World:
    """A database that is written to, with a feed of its changes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.log = ChangeLog(database)
        self.feed = ChangeFeed(self.log)
        self.records = StoreRepository(database, SystemClock(), self.feed)

    async def create(self, owner: str | Owner = "merchant") -> Store:
        return await self.records.create(a_store(owner=owner))

    async def delete(self, store: Store) -> Store:
        deleting = await self.records.transition(
            store, StoreStatus.DELETING, begins=OperationKind.DELETE
        )
        return await self.records.transition(deleting, StoreStatus.DELETED)

    async def give(self, store: Store, taker: Identity) -> None:
        """Have a store offered and accepted."""
        transfers = Transfers(self.database, SystemClock(), self.feed)
        record = AuditRecord("acceptTransfer", AuditOutcome.ACCEPTED, "::1")
        action = AuditedAction(AuditLog(self.database, SystemClock()), record)
        now, owner = SystemClock().now(), taker.owner
        offer = Offer(owner.subject, owner.source, None, store.owner, now, now + OFFER_LASTS)
        offered = await transfers.offer(store, offer, audit=action)
        await transfers.accept(offered.id, taker, Quota(), audit=action)

    @asynccontextmanager
    async def following(
        self, caller: Identity = ADMIN, after: str | None = None
    ) -> AsyncIterator[AsyncGenerator[StoresChange, None]]:
        async with aclosing(self.feed.follow(caller, after=after)) as stream, asyncio.timeout(20):
            yield stream


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def seen(change: StoresChange) -> list[tuple[str, StoreStatus]]:
    return [(item.store.id, item.store.status) for item in change.snapshots]


async def test_what_is_told_together_is_timed_from_the_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[datetime] = []
    log, are_made = ChangeLog(database), asyncio.Event()
    read = log.page

    async def page(*given: Any, **more: Any) -> tuple[Counter, ChangePage]:
        await are_made.wait()  # so that it finds both of them, however slow the database is
        return await read(*given, **more)

    monkeypatch.setattr(log, "page", page)
    records = StoreRepository(database, SystemClock(), RecordedAnnouncements())
    feed = ChangeFeed(log, told.append)
    await records.create(a_store())
    async with aclosing(feed.follow(ADMIN)) as stream, asyncio.timeout(20):
        await anext(stream)
        assert told == []  # it was there before anybody followed
        first, second = await records.create(a_store()), await records.create(a_store())
        are_made.set()
        feed.announce(second.id)
        assert len((await anext(stream)).snapshots) == 2
    assert told == [first.updated_at]


async def test_at_first_nothing_but_where_it_is_now(world: World) -> None:
    await world.create()
    async with world.following() as stream:
        assert (await anext(stream)).snapshots == ()
        later = await world.create()
        assert seen(await anext(stream)) == [(later.id, StoreStatus.QUEUED)]
    assert world.feed.followers == 0


async def test_after_a_cursor_each_store_once_with_its_latest_state(world: World) -> None:
    async with world.following() as stream:
        cursor = (await anext(stream)).cursor
    first, second = await world.create(), await world.create()
    moved = await world.records.transition(first, StoreStatus.PROVISIONING)
    async with world.following(after=cursor) as stream:
        change = await anext(stream)
    assert [item.store for item in change.snapshots] == [
        (await world.records.get(second.id)),
        moved,
    ]
    async with world.following(after=change.cursor) as stream:
        assert (await anext(stream)).snapshots == ()


async def test_what_came_while_nobody_followed_is_not_missed(world: World) -> None:
    async with world.following() as stream:
        await anext(stream)
        await world.create()
        last = (await anext(stream)).cursor
    unseen = await world.create()
    async with world.following(after=last) as stream:
        assert seen(await anext(stream)) == [(unseen.id, StoreStatus.QUEUED)]
        later = await world.create()
        assert seen(await anext(stream)) == [(later.id, StoreStatus.QUEUED)]


async def test_a_reader_that_only_goes_forward_misses_no_concurrent_write(world: World) -> None:
    async def write(stores: list[Store]) -> None:
        for _ in range(10):
            store = await world.create()
            stores.append(await world.records.transition(store, StoreStatus.PROVISIONING))

    async def read(until: asyncio.Event) -> dict[str, int]:
        position, found, is_over = 0, dict[str, int](), False
        while not is_over:
            is_over = until.is_set()
            _, page = await world.log.page(position, owner=None, limit=7)
            assert [change.number for change in page.changes] == sorted(
                change.number for change in page.changes if change.number > position
            )
            position = page.position
            seen = [item.snapshot.store for item in page.changes if item.snapshot]
            found |= {store.id: store.version for store in seen}
            is_over = is_over and page.is_last
        return found

    written: list[Store] = []
    is_written = asyncio.Event()
    reader = asyncio.create_task(read(is_written))
    async with asyncio.timeout(60):
        await asyncio.gather(*(write(written) for _ in range(6)))
        is_written.set()
        found = await reader
    assert found == {store.id: store.version for store in written}
    assert (await world.log.counter()).latest == 2 * len(written)  # no number is left out


async def test_a_deleted_store_comes_once(world: World) -> None:
    store = await world.create()
    async with world.following() as stream:
        cursor = (await anext(stream)).cursor
        await world.delete(store)
        change = await anext(stream)
        while seen(change) != [(store.id, StoreStatus.DELETED)]:
            change = await anext(stream)
        # Neither late news of its pods nor a second request to delete it brings it back.
        assert await world.records.record_pods(store.id, ()) == 0
        other = await world.create()
        assert seen(await anext(stream)) == [(other.id, StoreStatus.QUEUED)]
    async with world.following(after=cursor) as stream:
        assert seen(await anext(stream)) == [
            (store.id, StoreStatus.DELETED),
            (other.id, StoreStatus.QUEUED),
        ]


async def test_only_what_the_caller_may_see(world: World) -> None:
    async with world.following(MERCHANT) as mine, world.following(RIVAL) as theirs:
        start = (await anext(mine)).cursor
        await anext(theirs)
        for _ in range(3):
            await world.create("merchant")
        store = await world.create(RIVAL.owner)
        assert seen(await anext(theirs)) == [(store.id, StoreStatus.QUEUED)]
        found: list[Owner] = []
        while len(found) < 3:
            found += [item.store.owner for item in (await anext(mine)).snapshots]
        assert found == [MERCHANT.owner] * 3
    async with world.following(RIVAL, after=start) as stream:
        assert seen(await anext(stream)) == [(store.id, StoreStatus.QUEUED)]


async def test_more_stores_than_one_update_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_stream, "MAX_STORES", 2)
    monkeypatch.setattr(list_stream, "_RECENT", 3)
    async with world.following() as slow:
        cursor = (await anext(slow)).cursor
        stores = [(await world.create()).id for _ in range(7)]
        for after in (cursor, None):
            found: list[str] = []
            async with world.following(after=after) as fresh:
                stream = fresh if after else slow
                while len(found) < len(stores):
                    change = await anext(stream)
                    assert len(change.snapshots) <= 2
                    found += [item.store.id for item in change.snapshots]
            assert found == stores


@pytest.mark.parametrize(
    "wrong",
    [
        lambda _: "nonsense",
        lambda _: "WyJh",
        lambda _: encode_cursor("another", 0),
        lambda counter: encode_cursor(counter.database_id, counter.latest + 1),
        lambda counter: encode_cursor(counter.database_id, -1),
    ],
)
async def test_refused_cursors(world: World, wrong: Callable[..., str]) -> None:
    cursor = wrong(await world.log.counter())
    async with world.following(after=cursor) as stream:
        with pytest.raises(RefusedError) as refused:
            await anext(stream)
    assert [(item.code, item.field) for item in refused.value.refusals] == [
        ("CURSOR_INVALID", "after")
    ]
    assert world.feed.followers == 0


async def test_a_cursor_from_before_a_store_was_removed_for_good(world: World) -> None:
    async with world.following() as stream:
        before = (await anext(stream)).cursor
    store = await world.delete(await world.create())
    async with world.following() as stream:
        after = (await anext(stream)).cursor
        assert await world.records.purge(SystemClock().now() + timedelta(days=1), limit=9) == 1
        # Who has seen the deletion goes on as if nothing was,
        other = await world.create()
        assert seen(await anext(stream)) == [(other.id, StoreStatus.QUEUED)]
    async with world.following(after=after) as stream:
        assert seen(await anext(stream)) == [(other.id, StoreStatus.QUEUED)]
    # who has not is told to begin anew, rather than keep the store for ever.
    async with world.following(after=before) as stream:
        with pytest.raises(RefusedError, match="too old"):
            await anext(stream)
    assert store.status is StoreStatus.DELETED


async def test_the_database_fails_for_a_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, failures = world.log.page, [OSError(), OSError()]

    async def fails_at_first(
        after: int, *, owner: Owner | None, limit: int
    ) -> tuple[Counter, ChangePage]:
        if failures:
            raise failures.pop()
        return await page(after, owner=owner, limit=limit)

    async with world.following() as stream:
        await anext(stream)
        monkeypatch.setattr(world.log, "page", fails_at_first)
        store = await world.create()
        assert seen(await anext(stream)) == [(store.id, StoreStatus.QUEUED)]
    assert failures == []


@pytest.mark.parametrize("is_recent", [True, False])
async def test_a_store_that_changes_hands_leaves_one_list_and_enters_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_recent: bool
) -> None:
    if not is_recent:  # then each is read from the database
        monkeypatch.setattr(list_stream, "_RECENT", 1)
    stores = [await world.create() for _ in range(3)]
    async with world.following(MERCHANT) as stream:
        before = (await anext(stream)).cursor
    async with (
        world.following(MERCHANT) as giver,
        world.following(RIVAL) as taker,
        world.following() as admin,
    ):
        for stream in (giver, taker, admin):
            await anext(stream)
        for store in stores[:2]:
            await world.give(store, RIVAL)
        given = [store.id for store in stores[:2]]
        gone: list[str] = []
        while len(gone) < 2:
            change = await anext(giver)
            gone += change.gone
        assert gone == given
        assert {item.store.id for item in change.snapshots} <= set(given)
        come: list[str] = []
        while len(come) < 2:
            come += [item.store.id for item in (await anext(taker)).snapshots]
        assert come == given
        assert (await anext(admin)).gone == ()
    # Whoever was away, and has a cursor of before, is told at once.
    async with world.following(MERCHANT, after=before) as stream:
        change = await anext(stream)
    assert (change.snapshots, change.gone) == ((), tuple(given))
    # What comes back is theirs again, and not gone.
    taken = await world.records.get(stores[0].id)
    await world.give(taken, MERCHANT)
    async with world.following(MERCHANT, after=before) as stream:
        change = await anext(stream)
    assert ([item.store.id for item in change.snapshots], change.gone) == ([given[0]], (given[1],))


async def test_departures_come_in_pages_too(world: World) -> None:
    counter = await world.log.counter()
    stores = [await world.create() for _ in range(5)]
    for store in stores:
        await world.give(store, RIVAL)
    position, found, is_last = counter.latest, list[str](), False
    while not is_last:
        _, page = await world.log.page(position, owner=MERCHANT.owner, limit=2)
        assert all(change.snapshot is None for change in page.changes)
        found += [change.store_id for change in page.changes]
        position, is_last = page.position, page.is_last
    assert found == [store.id for store in stores]
