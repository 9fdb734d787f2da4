"""Tasks of a store and the backups that they make, as they are recorded; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.backups import Backup
from provisioner.domain.codes import ReasonCode, RefusalCode
from provisioner.domain.errors import ConflictError, NotFoundError, RefusedError
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.stores import (
    EventKind,
    Reason,
    StepName,
    StepStatus,
    Store,
    StoreStatus,
    StoreTask,
)
from provisioner.domain.transitions import BACKUP_STEPS
from provisioner.storage.database import Database
from provisioner.storage.operation_pages import OperationPages
from provisioner.storage.store_backups import StoreBackups, encode_cursor
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.stores import a_store

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REASON = Reason(ReasonCode.BACKUP_FAILED, "The place is full.")
BACKUP = StoreTask.BACKUP


class Shop:
    """A store whose tasks are looked at."""

    def __init__(self, database: Database) -> None:
        self.clock = HandClock(START)
        self.announced = RecordedAnnouncements()
        self.records = StoreRepository(database, self.clock, self.announced)
        self.tasks = TaskRepository(database, self.clock, self.announced)
        self.backups = StoreBackups(database)
        self.operations = OperationPages(database)
        self.store = a_store(now=START)

    async def become(self, *statuses: StoreStatus) -> Store:
        for status in statuses:
            reason = REASON if status in {_S.FAILED, _S.DEGRADED} else None
            self.store = await self.records.transition(self.store, status, reason=reason)
        return self.store

    async def begin(self) -> Store:
        self.clock.moment += SECOND
        self.store = await self.tasks.begin(self.store.id, BACKUP, "Asked for.")
        return self.store

    def backup(self, snapshot: str = "5f0e") -> Backup:
        return Backup(
            store_id=self.store.id, number=self.store.operation_number, snapshot=snapshot,
            size=3_000_000_000, added=7, engine="tiny", engine_version="1",
            counts={"orders": 3, "products": 2}, made_at=self.clock.moment,
        )  # fmt: skip

    async def latest(self) -> tuple[OperationKind, OperationStatus, Reason | None]:
        operation = (await self.records.snapshot(self.store.id)).operation
        assert operation is not None
        return operation.kind, operation.status, operation.reason

    async def told(self) -> list[tuple[str, str, str]]:
        events = await self.records.events_after(self.store.id, 0, limit=100)
        return [(e.subject, e.status, e.message) for e in events if e.kind is EventKind.TASK]


@pytest.fixture
async def shop(database: Database) -> Shop:
    made = Shop(database)
    made.store = await made.records.create(made.store)
    await made.become(_S.PROVISIONING, _S.READY)
    return made


async def test_a_backup_is_an_operation_that_leaves_the_status_as_it_is(shop: Shop) -> None:
    before = shop.store
    store = await shop.begin()

    assert (store.status, store.ready_at) == (_S.READY, before.ready_at)
    assert (store.task, store.operation_number) == (BACKUP, 2)
    assert store.operation_started_at == before.operation_started_at
    snapshot = await shop.records.snapshot(store.id)
    assert [(s.name, s.status) for s in snapshot.steps] == [
        (name, StepStatus.PENDING) for name in BACKUP_STEPS
    ]
    assert await shop.latest() == (_K.BACKUP, _O.QUEUED, None)

    shop.clock.moment += SECOND
    began = await shop.tasks.start(store)
    assert began == shop.clock.moment
    shop.clock.moment += SECOND
    assert await shop.tasks.start(store) == began  # after a restart it goes on
    assert await shop.latest() == (_K.BACKUP, _O.RUNNING, None)

    backup = shop.backup()
    await shop.tasks.succeed(store, "It has 3 orders.", backup=backup)

    after = await shop.records.get(store.id)
    assert (after.status, after.task) == (_S.READY, None)
    assert await shop.latest() == (_K.BACKUP, _O.SUCCEEDED, None)
    assert await shop.backups.get(store.id, 2) == backup
    assert await shop.told() == [
        ("BACKUP", "QUEUED", "Asked for."),
        ("BACKUP", "RUNNING", ""),
        ("BACKUP", "SUCCEEDED", "It has 3 orders."),
    ]
    assert shop.announced.store_ids[-1] == store.id


async def test_a_backup_that_fails_leaves_no_backup_and_no_step_that_runs(shop: Shop) -> None:
    store = await shop.begin()
    await shop.tasks.start(store)
    await shop.records.update_step(store, StepName.REPOSITORY, StepStatus.RUNNING)

    await shop.tasks.fail(store, REASON)

    assert await shop.latest() == (_K.BACKUP, _O.FAILED, REASON)
    snapshot = await shop.records.snapshot(store.id)
    assert (snapshot.store.status, snapshot.store.reason) == (_S.READY, None)
    assert snapshot.store.task is None
    assert (snapshot.steps[0].status, snapshot.steps[0].message) == ("FAILED", REASON.message)
    assert (await shop.backups.page(store.id, first=10, after=None)).items == ()


async def test_what_is_over_is_not_written_to(shop: Shop) -> None:
    store = await shop.begin()
    await shop.tasks.fail(store, REASON)
    version = (await shop.records.get(store.id)).version

    for late in (
        shop.tasks.start(store),
        shop.tasks.succeed(store, "Late.", backup=shop.backup()),
        shop.tasks.fail(store, REASON),
    ):
        with pytest.raises(ConflictError):
            await late

    assert (await shop.records.get(store.id)).version == version
    assert await shop.backups.get(store.id, 2) is None


async def test_a_second_operation_is_refused_by_name(shop: Shop) -> None:
    store = await shop.begin()
    with pytest.raises(RefusedError, match="A backup of the store is being made") as refused:
        await shop.begin()
    assert refused.value.refusals[0].code is RefusalCode.OPERATION_UNDER_WAY
    assert await shop.records.get(store.id) == store


@pytest.mark.parametrize("statuses", [(), (_S.PROVISIONING,), (_S.PROVISIONING, _S.FAILED)])
async def test_only_a_finished_store_has_tasks(
    database: Database, statuses: tuple[StoreStatus, ...]
) -> None:
    shop = Shop(database)
    shop.store = await shop.records.create(shop.store)
    store = await shop.become(*statuses)
    with pytest.raises(ConflictError):
        await shop.begin()
    assert await shop.records.get(store.id) == store


async def test_a_delete_takes_the_place_of_a_backup(shop: Shop) -> None:
    store = await shop.begin()
    await shop.tasks.start(store)

    wanted = await shop.records.request_delete(store.id, "Deleted.")

    assert wanted.task is None
    assert (await shop.told())[-1] == ("BACKUP", "CANCELLED", "Deleted.")
    assert await shop.latest() == (_K.DELETE, _O.QUEUED, None)
    ended = await shop.operations.get(store.id, store.operation_number)
    assert ended is not None
    assert ended.operation.status is _O.CANCELLED
    with pytest.raises(ConflictError):
        await shop.tasks.succeed(store, "Late.", backup=shop.backup())
    with pytest.raises(ConflictError):
        await shop.begin()


async def test_a_store_may_degrade_and_heal_beside_its_backup(shop: Shop) -> None:
    store = await shop.begin()
    await shop.become(_S.DEGRADED, _S.READY)
    await shop.tasks.succeed(store, "Done.", backup=shop.backup())
    assert (await shop.records.get(store.id)).status is _S.READY


async def test_pages_of_backups_go_from_the_newest_on(shop: Shop) -> None:
    made = []
    for name in ("a", "b", "c"):
        store = await shop.begin()
        made.append(shop.backup(name))
        await shop.tasks.succeed(store, "Done.", backup=made[-1])

    first = await shop.backups.page(shop.store.id, first=2, after=None)
    assert (list(first.items), first.has_next) == ([made[2], made[1]], True)
    rest = await shop.backups.page(shop.store.id, first=2, after=encode_cursor(made[1]))
    assert (list(rest.items), rest.has_next) == ([made[0]], False)
    assert await shop.backups.newest([shop.store.id, "another"]) == {shop.store.id: made[2]}
    with pytest.raises(RefusedError):
        await shop.backups.page(shop.store.id, first=2, after="what")


async def test_when_each_store_had_a_backup(shop: Shop, database: Database) -> None:
    other = Shop(database)
    other.clock.moment += SECOND
    other.store = await other.records.create(a_store(now=other.clock.moment))
    await other.become(_S.PROVISIONING, _S.READY)
    unready = await other.records.create(a_store())

    store = await shop.begin()
    await shop.tasks.succeed(store, "Done.", backup=shop.backup())
    made = tried = shop.clock.moment
    await shop.tasks.fail(await shop.begin(), REASON)
    tried = shop.clock.moment

    times = {item.store.id: item for item in await shop.backups.times()}
    assert (times[store.id].made_at, times[store.id].tried_at) == (made, tried)
    assert (times[other.store.id].made_at, times[other.store.id].tried_at) == (None, None)
    assert unready.id not in times


async def test_stores_without_a_backup_since_a_moment_are_counted(shop: Shop) -> None:
    assert await shop.backups.late(START) == 0  # it was not ready before
    assert await shop.backups.late(START + SECOND) == 1
    store = await shop.begin()
    await shop.tasks.succeed(store, "Done.", backup=shop.backup())
    assert await shop.backups.late(START + SECOND) == 0
    assert await shop.backups.late(START + 2 * SECOND) == 1
    await shop.records.request_delete(store.id, "Deleted.")
    assert await shop.backups.late(START + 2 * SECOND) == 0


async def test_backups_go_with_the_record_of_a_deleted_store(shop: Shop) -> None:
    store = await shop.begin()
    await shop.tasks.succeed(store, "Done.", backup=shop.backup())
    shop.store = await shop.records.request_delete(store.id, "Deleted.")
    await shop.become(_S.DELETING, _S.DELETED)

    assert await shop.records.purge(shop.clock.moment + SECOND, limit=10) == 1

    assert await shop.backups.get(store.id, 2) is None
    with pytest.raises(NotFoundError):
        await shop.tasks.begin(store.id, BACKUP, "Asked for.")
