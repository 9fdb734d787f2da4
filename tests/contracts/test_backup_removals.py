"""Which backups are to be removed, and pins, as they are recorded; on both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.backup_retention import StoredBackups
from provisioner.domain.backups import MAX_PINNED, RestoreSource
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import NotFoundError, RefusedError
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage.audit_log import (
    AuditedAction,
    AuditFilter,
    AuditLog,
    AuditOutcome,
    AuditRecord,
)
from provisioner.storage.backup_pins import BackupPins
from provisioner.storage.backup_removals import BackupRemovals, Removal
from provisioner.storage.database import Database
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.backups import a_backup, add_backup
from tests.stores import a_store

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class World:
    """A database with stores and their backups."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        self.records = StoreRepository(database, self.clock, RecordedAnnouncements())
        self.removals = BackupRemovals(database)
        self.backups = StoreBackups(database)
        self.pins = BackupPins(database)
        self.log = AuditLog(database, self.clock)

    async def a_store(self, *numbers: int) -> Store:
        """Record a store that is ready, with backups of these numbers."""
        store = await self.records.create(a_store(now=START))
        for status in (StoreStatus.PROVISIONING, StoreStatus.READY):
            store = await self.records.transition(store, status)
        for number in numbers:
            await add_backup(self.database, a_backup(store.id, number, START))
        return store

    async def numbers(self, store: Store) -> list[int]:
        """Return the numbers of the store's backups that people see, newest first."""
        page = await self.backups.page(store.id, first=100, after=None)
        return [backup.number for backup in page.items]

    async def restore(self, store: Store, number: int) -> Store:
        source = RestoreSource(
            store_id=store.id, number=number, snapshot=f"{number:064x}", url="http://old.test",
            admin_user="ada", counts={},
        )  # fmt: skip
        return await self.records.create(replace(a_store(now=START), from_backup=source))

    def action(self) -> AuditedAction:
        return AuditedAction(self.log, AuditRecord("pinBackup", AuditOutcome.ACCEPTED, "::1"))

    async def pin(self, store: Store, number: int, *, is_pinned: bool = True) -> None:
        await self.pins.write(store.id, number, is_pinned=is_pinned, audit=self.action())

    async def entries(self) -> list[str | None]:
        page = await self.log.page(first=100, after=None, filter_by=AuditFilter())
        return [entry.record.store_id for entry in page.items]


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_stores_with_backups_are_read_by_their_ids(world: World) -> None:
    stores = sorted([await world.a_store(2, 3), await world.a_store(2)], key=lambda s: s.id)
    await world.a_store()
    first = await world.removals.stored(after="", limit=1)
    rest = await world.removals.stored(after=first[0].store_id, limit=9)
    assert [stored.store_id for stored in (*first, *rest)] == [store.id for store in stores]
    assert await world.removals.stored(after=rest[-1].store_id, limit=9) == []
    for stored in (*first, *rest):
        assert (stored.deleted_at, stored.in_use) == (None, set())
        assert [b.number for b in stored.backups] == sorted(
            await world.numbers(await world.records.get(stored.store_id))
        )


async def test_what_is_to_be_removed_is_seen_no_more_until_it_is_gone(world: World) -> None:
    store = await world.a_store(2, 3, 4)

    assert await world.removals.expire(store.id, [2, 3], START) == 2
    assert await world.removals.expire(store.id, [2, 3, 9], START) == 0

    assert await world.numbers(store) == [4]
    assert await world.backups.get(store.id, 2) is None
    assert (await world.backups.newest([store.id]))[store.id].number == 4
    snapshots = [f"{number:064x}" for number in (2, 3)]
    assert await world.removals.wanted() == [Removal(store.id, snapshots, is_whole=False)]
    with pytest.raises(NotFoundError):
        await world.pin(store, 2)

    await world.removals.forget([(store.id, snapshots[0]), (store.id, f"{4:064x}")])
    assert await world.removals.wanted() == [Removal(store.id, snapshots[1:], is_whole=False)]
    assert await world.numbers(store) == [4]  # nobody had decided on that one


async def test_a_repository_goes_with_the_last_backup_in_it(world: World) -> None:
    store, other = await world.a_store(2, 3), await world.a_store(2, 3)
    await world.removals.expire(store.id, [2, 3], START)
    await world.removals.expire(other.id, [2], START)
    whole = {removal.store_id: removal.is_whole for removal in await world.removals.wanted()}
    assert whole == {store.id: True, other.id: False}


async def test_a_backup_that_a_store_is_being_made_from_stays(world: World) -> None:
    store = await world.a_store(2, 3, 4)
    restored = await world.restore(store, 2)

    (stored,) = await world.removals.stored(after="", limit=9)
    assert stored.in_use == {2}
    assert await world.removals.sources() == {store.id}
    assert await world.removals.expire(store.id, [2, 3], START) == 1
    assert await world.numbers(store) == [4, 2]

    for status in (StoreStatus.PROVISIONING, StoreStatus.READY):
        restored = await world.records.transition(restored, status)
    assert await world.removals.sources() == set()
    assert await world.removals.expire(store.id, [2], START) == 1


async def test_no_store_is_made_from_one_that_is_to_be_removed(world: World) -> None:
    store = await world.a_store(2, 3)
    await world.removals.expire(store.id, [2], START)
    stores = len(await world.records.undeleted())
    with pytest.raises(RefusedError) as refused:
        await world.restore(store, 2)
    assert [(r.code, r.field) for r in refused.value.refusals] == [
        (RefusalCode.BACKUP_UNKNOWN, "fromBackup")
    ]
    assert len(await world.records.undeleted()) == stores


async def test_of_a_restore_and_a_removal_at_once_one_wins(world: World) -> None:
    for _ in range(10):
        store = await world.a_store(2, 3)
        made, removed = await asyncio.gather(
            world.restore(store, 2),
            world.removals.expire(store.id, [2], START),
            return_exceptions=True,
        )
        assert isinstance(made, RefusedError) is (removed == 1)
        assert (2 in await world.numbers(store)) is (removed == 0)


async def test_a_pinned_one_stays(world: World) -> None:
    store = await world.a_store(2, 3)
    await world.pin(store, 2)
    page = await world.backups.page(store.id, first=9, after=None)
    assert [(backup.number, backup.is_pinned) for backup in page.items] == [(3, False), (2, True)]
    assert await world.removals.expire(store.id, [2], START) == 0
    await world.pin(store, 2)  # again
    await world.pin(store, 2, is_pinned=False)
    assert await world.removals.expire(store.id, [2], START) == 1
    assert await world.entries() == [store.id] * 3


async def test_only_so_many_can_be_pinned(world: World) -> None:
    store = await world.a_store(*range(1, MAX_PINNED + 2))
    for number in range(1, MAX_PINNED + 1):
        await world.pin(store, number)
    with pytest.raises(RefusedError) as refused:
        await world.pin(store, MAX_PINNED + 1)
    assert [r.code for r in refused.value.refusals] == [RefusalCode.TOO_MANY_PINNED]
    newest = await world.backups.get(store.id, MAX_PINNED + 1)
    assert newest is not None
    assert not newest.is_pinned
    assert len(await world.entries()) == MAX_PINNED
    await world.pin(store, 1)  # which is pinned already


async def test_records_of_deleted_stores_stay_as_long_as_their_backups(world: World) -> None:
    store, other = await world.a_store(2), await world.a_store()
    for item in (store, other):
        going = await world.records.request_delete(item.id, "Asked for.")
        going = await world.records.transition(going, StoreStatus.DELETING)
        await world.records.transition(going, StoreStatus.DELETED)
    later = START + DAY

    assert await world.records.purge(later, limit=9, with_backups=False) == 1
    (stored,) = await world.removals.stored(after="", limit=9)
    assert (stored.store_id, stored.deleted_at) == (store.id, START)

    await world.removals.expire(store.id, [2], later)
    await world.removals.forget([(store.id, f"{2:064x}")])
    assert await world.records.purge(later, limit=9, with_backups=False) == 1


async def test_without_rows_there_is_nothing(world: World) -> None:
    assert await world.removals.stored(after="", limit=9) == list[StoredBackups]()
    assert await world.removals.wanted() == []
    await world.removals.forget([])
