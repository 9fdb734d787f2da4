"""Checks of backups, as they are recorded; on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.backups import MAX_CHECKS, NEVER_CHECKED, Backup, BackupCheck, RestoreSource
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import NotFoundError, RefusedError
from provisioner.domain.owners import MERCHANTS, PLATFORM, THE_PLATFORM
from provisioner.domain.stores import EventKind, Store, StoreStatus
from provisioner.storage.backup_checks import BackupChecks
from provisioner.storage.database import Database
from provisioner.storage.quota import Quota
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.backups import a_backup, add_backup
from tests.stores import a_store

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
_S = StoreStatus


class World:
    """A database with stores whose backups are checked."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        self.announced = RecordedAnnouncements()
        self.records = StoreRepository(database, self.clock, self.announced)
        self.checks = BackupChecks(database, self.clock, self.announced)
        self.backups = StoreBackups(database)

    async def a_store(self, *numbers: int, is_copy: bool = False) -> Store:
        store = await self.records.create(replace(a_store(now=START), is_copy=is_copy))
        store = await self.become(store, _S.PROVISIONING, _S.READY)
        for number in numbers:
            await add_backup(self.database, a_backup(store.id, number, START))
        return store

    async def become(self, store: Store, *statuses: StoreStatus) -> Store:
        for status in statuses:
            store = await self.records.transition(store, status)
        return store

    async def backup(self, store: Store, number: int) -> Backup:
        found = await self.backups.get(store.id, number)
        assert found is not None
        return found

    def shop_of(self, store: Store, number: int) -> Store:
        source = RestoreSource(
            store_id=store.id, number=number, snapshot=f"{number:064x}", url="http://old.test",
            admin_user="ada", counts={},
        )  # fmt: skip
        return replace(a_store(owner=THE_PLATFORM, now=START), from_backup=source, is_copy=True)

    async def due(self) -> list[tuple[str, int]]:
        found = await self.checks.due(self.clock.now() - DAY, limit=9)
        return [(due.store.id, due.number) for due in found]


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_a_check_is_under_way_until_it_ends(world: World) -> None:
    store = await world.a_store(2, 3)
    assert (await world.backup(store, 3)).check == NEVER_CHECKED

    made = await world.checks.begin(world.shop_of(store, 3))

    assert (made.status, made.owner, made.is_copy) == (_S.QUEUED, THE_PLATFORM, True)
    assert made.id in world.announced.store_ids
    (backup,) = await world.checks.under_way()
    assert (backup.number, backup.check) == (3, BackupCheck(store_id=made.id))

    world.clock.moment += DAY
    await world.checks.end(backup, None)
    assert await world.checks.under_way() == []
    assert (await world.backup(store, 3)).check == BackupCheck(ended_at=START + DAY)
    assert (await world.backup(store, 2)).check == NEVER_CHECKED

    await world.checks.end(backup, "Too late.")  # it is over
    assert (await world.backup(store, 3)).check == BackupCheck(ended_at=START + DAY)


async def test_the_stores_followers_are_told(world: World) -> None:
    store = await world.a_store(2)
    for fault in (None, "It has no orders."):
        await world.checks.begin(world.shop_of(store, 2))
        (backup,) = await world.checks.under_way()
        world.announced.store_ids.clear()
        await world.checks.end(backup, fault)
        assert world.announced.store_ids == [store.id]
    events = await world.records.events_after(store.id, 0, limit=100)
    told = [(e.subject, e.status, e.message) for e in events if e.kind is EventKind.CHECK]
    begun = ("2", "RUNNING", "A shop is made of the backup, to see whether that can be done.")
    assert told == [
        begun,
        ("2", "SUCCEEDED", "A shop could be made of the backup: it is proven."),
        begun,
        ("2", "FAILED", "No shop could be made of the backup. It has no orders."),
    ]


async def test_a_deleted_stores_are_checked_too(world: World) -> None:
    store = await world.a_store(2)
    going = await world.records.request_delete(store.id, "Asked for.")
    gone = await world.become(going, _S.DELETING, _S.DELETED)
    await world.checks.begin(world.shop_of(store, 2))
    (backup,) = await world.checks.under_way()
    await world.checks.end(backup, None)
    assert (await world.backup(store, 2)).check.ended_at == START
    assert (await world.records.get(store.id)).version == gone.version


async def test_a_fault_stays_until_the_next_check(world: World) -> None:
    store = await world.a_store(2)
    for fault in ("It has no orders.", None):
        await world.checks.begin(world.shop_of(store, 2))
        (backup,) = await world.checks.under_way()
        assert backup.check.fault is None
        await world.checks.end(backup, fault)
        assert (await world.backup(store, 2)).check == BackupCheck(ended_at=START, fault=fault)


async def test_one_that_is_given_up_has_shown_nothing(world: World) -> None:
    store = await world.a_store(2)
    await world.checks.begin(world.shop_of(store, 2))
    (backup,) = await world.checks.under_way()
    await world.checks.give_up(backup)
    assert (await world.backup(store, 2)).check == NEVER_CHECKED
    assert await world.due() == []


async def test_one_at_a_time_of_a_store(world: World) -> None:
    store, other = await world.a_store(2, 3), await world.a_store(2)
    await world.checks.begin(world.shop_of(store, 2))
    stores = len(await world.records.undeleted())
    for number in (2, 3):
        with pytest.raises(RefusedError) as refused:
            await world.checks.begin(world.shop_of(store, number))
        assert [r.code for r in refused.value.refusals] == [RefusalCode.CHECK_UNDER_WAY]
    assert len(await world.records.undeleted()) == stores
    await world.checks.begin(world.shop_of(other, 2))
    assert len(await world.checks.under_way()) == 2


async def test_only_so_many_at_a_time(world: World) -> None:
    for _ in range(MAX_CHECKS):
        await world.checks.begin(world.shop_of(await world.a_store(2), 2))
    with pytest.raises(RefusedError) as refused:
        await world.checks.begin(world.shop_of(await world.a_store(2), 2))
    assert [r.code for r in refused.value.refusals] == [RefusalCode.CHECK_UNDER_WAY]
    assert len(await world.checks.under_way()) == MAX_CHECKS


async def test_a_backup_that_is_gone(world: World) -> None:
    store = await world.a_store(2)
    with pytest.raises(RefusedError) as refused:
        await world.checks.begin(world.shop_of(store, 3))
    assert [r.code for r in refused.value.refusals] == [RefusalCode.BACKUP_UNKNOWN]
    assert await world.records.undeleted() == [await world.records.get(store.id)]


async def test_the_newest_of_each_store_is_due_longest_ago_first(world: World) -> None:
    store, other = await world.a_store(2, 3), await world.a_store(2)
    await world.a_store(2, is_copy=True)
    await world.a_store()
    assert set(await world.due()) == {(store.id, 3), (other.id, 2)}

    await world.checks.begin(world.shop_of(store, 3))
    assert await world.due() == [(other.id, 2)]
    (backup,) = await world.checks.under_way()
    await world.checks.end(backup, "It has no orders.")
    assert await world.due() == [(other.id, 2)]

    world.clock.moment += 2 * DAY
    assert await world.due() == [(other.id, 2), (store.id, 3)]


async def test_how_many_stores_have_a_backup_that_makes_no_shop(world: World) -> None:
    store, other = await world.a_store(2, 3), await world.a_store(2)
    for item, number, fault in (
        (store, 2, "Empty."), (other, 2, None), (store, 3, None), (other, 2, "Empty."),
    ):  # fmt: skip
        await world.checks.begin(world.shop_of(item, number))
        (backup,) = await world.checks.under_way()
        world.clock.moment += DAY
        await world.checks.end(backup, fault)
    assert await world.checks.faulty() == 1  # of the first, a newer one is good
    await world.records.request_delete(other.id, "Asked for.")
    assert await world.checks.faulty() == 0


async def test_a_shop_is_needed_while_its_check_is_under_way(world: World) -> None:
    store, other = await world.a_store(2), await world.a_store(2)
    made = [await world.checks.begin(world.shop_of(item, 2)) for item in (store, other)]
    assert {(s.id, needed) for s, needed in await world.checks.shops()} == {
        (made[0].id, True), (made[1].id, True),
    }  # fmt: skip
    (backup,) = [b for b in await world.checks.under_way() if b.store_id == store.id]
    await world.checks.end(backup, None)
    assert {s.id: needed for s, needed in await world.checks.shops()} == {
        made[0].id: False, made[1].id: True,
    }  # fmt: skip


async def test_its_shop_is_nobodys(world: World) -> None:
    store = await world.a_store(2)
    made = await world.checks.begin(world.shop_of(store, 2))
    made = await world.become(made, _S.PROVISIONING, _S.READY)

    assert await world.records.counts() == {_S.READY: 1}
    assert [times.store.id for times in await world.backups.times()] == [store.id]
    assert await world.backups.late(START + DAY) == 1
    with pytest.raises(NotFoundError):
        await world.records.get_by_name(made.name, store.owner)
    # It takes no place of the platform's quota, and is there whatever that says.
    await world.records.create(a_store(now=START), quota=Quota(in_all=2))


def test_the_condition_names_the_platform() -> None:
    assert f"owner_source <> '{PLATFORM}'" == MERCHANTS
