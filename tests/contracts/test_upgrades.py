"""The upgrade of a shop, as it is recorded; on both databases."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from provisioner.domain.backups import Backup, InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.errors import ConflictError, RefusedError
from provisioner.domain.operations import OperationKind, OperationStatus, Request
from provisioner.domain.owners import local
from provisioner.domain.stores import (
    EventKind,
    StepName,
    StepStatus,
    Store,
    StoreStatus,
    StoreTarget,
    StoreTask,
    Upgrade,
)
from provisioner.domain.transitions import DELETE_STEPS, REPLACING_STEPS, UPGRADE_STEPS
from provisioner.storage.audit_log import AuditFilter, AuditOutcome
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from tests.contracts.restored_shop import (
    CHOSEN,
    FORMER,
    OTHER,
    REASON,
    SECOND,
    Read,
    Shop,
    pending,
)
from tests.contracts.test_migrations import execute, fetch_all, migrate_to

_S, _O, _K, _T = StoreStatus, OperationStatus, OperationKind, StoreTask
UPGRADED = FORMER
"""The number of the upgrade, and of the backup that it makes."""
HANDED_OVER = "The shop is saved as it was. Now it gets version 3."
BROUGHT_BACK = "The upgrade failed, so the shop is brought back as it was before."
Point = Callable[["Upgraded"], Awaitable[object]]


class Upgraded(Shop):
    """A shop of version 2 that gets others, one after the other."""

    def saved(self) -> Backup:
        """Return the backup that the present operation makes."""
        number, version = self.store.operation_number, self.store.engine_version
        return replace(self.backup(number), engine_version=version)

    def saved_source(self) -> RestoreSource:
        made = self.saved()
        return replace(self.source(made.number), engine_version=made.engine_version)

    async def ask(self, version: str = "3") -> Store:
        self.clock.moment += SECOND
        self.store = await self.tasks.begin(
            self.store.id, _T.UPGRADE, "Asked for.", upgrade=Upgrade(version), audit=self.action()
        )
        return self.store

    async def prepare(self, version: str = "3") -> Store:
        """Ask for an upgrade, and have the shop looked at and saved."""
        begun = await self.ask(version)
        await self.tasks.start(begun)
        self.clock.moment += SECOND
        await self.tasks.record_preflight(begun, Upgrade(version, walks=True))
        asked = await self.read()
        self.store = await self.tasks.hand_over_upgrade(
            asked, "It has 4 orders.", self.saved(), self.saved_source()
        )
        return self.store

    async def upgrade(self, version: str = "3") -> Store:
        """Have the shop get a version."""
        await self.prepare(version)
        return await self.become(_S.UPDATING, _S.READY)

    async def roll_back(self, backup: Backup) -> Store:
        """Have a backup put in the place of the shop, which is not saved before."""
        source = replace(self.source(backup.number), engine_version=backup.engine_version)
        self.store = await self.records.transition(
            self.store, _S.QUEUED, begins=_K.RESTORE,
            restore=InPlaceRestore(source, RestoreStage.REMOVING),
        )  # fmt: skip
        await self.become(_S.PROVISIONING)
        self.store = await self.records.record_removed(self.store)
        return await self.become(_S.READY)

    async def way_back(self, *later: str) -> Backup | None:
        return await self.backups.before_upgrade(self.store, later)


@pytest.fixture
async def shop(database: Database) -> Upgraded:
    made = Upgraded(database)
    await made.open()
    return made


async def asked(shop: Upgraded) -> None:
    await shop.ask()


async def saved(shop: Upgraded) -> None:
    await shop.prepare()


async def updating(shop: Upgraded) -> None:
    await shop.prepare()
    await shop.become(_S.UPDATING)


points = pytest.mark.parametrize("point", [asked, saved, updating])


@pytest.mark.parametrize("status", [_S.READY, _S.DEGRADED])
async def test_it_begins_while_the_shop_is_as_it_was(shop: Upgraded, status: StoreStatus) -> None:
    if status is _S.DEGRADED:
        await shop.become(status)
    before = shop.store
    store = await shop.ask()
    assert (store.status, store.reason, store.ready_at) == (status, before.reason, before.ready_at)
    assert (store.task, store.upgrade, store.operation_number) == (
        _T.UPGRADE, Upgrade("3", walks=False), UPGRADED,
    )  # fmt: skip
    assert (store.engine_version, store.restore, store.is_updating) == ("2", None, False)
    assert store.installed_version == "2"
    assert store == await shop.records.get(store.id)
    assert await shop.steps() == pending(*UPGRADE_STEPS)
    operation = (await shop.records.snapshot(store.id)).operation
    assert operation is not None
    assert (operation.kind, operation.status) == (_K.UPGRADE, _O.QUEUED)
    assert (operation.request.asked_by, operation.request.token_id) == (local("ada"), None)
    assert await shop.told(1) == [(EventKind.TASK, "UPGRADE", "QUEUED", "Asked for.")]
    assert shop.announced.store_ids[-1] == store.id
    (entry,) = (await shop.log.page(first=9, after=None, filter_by=AuditFilter())).items
    assert entry.record.outcome is AuditOutcome.ACCEPTED
    await shop.tasks.start(store)
    assert await shop.operations() == [(_K.UPGRADE, _O.RUNNING, None)]
    assert await shop.told(1) == [(EventKind.TASK, "UPGRADE", "RUNNING", "")]


@pytest.mark.parametrize(
    "statuses",
    [(_S.FAILED,), (_S.DELETING,), (_S.DELETING, _S.DELETED)],
)
async def test_only_a_shop_that_is_open_is_upgraded(
    shop: Upgraded, recorded: Read, statuses: Sequence[StoreStatus]
) -> None:
    await shop.become(*statuses)
    before = await recorded()
    with pytest.raises(ConflictError, match=f"is {statuses[-1]}"):
        await shop.ask()
    assert await recorded() == before


async def test_beside_another_operation_it_is_refused(shop: Upgraded, recorded: Read) -> None:
    shop.store = await shop.tasks.begin(shop.store.id, _T.BACKUP, "Asked for.")
    before = await recorded()
    with pytest.raises(RefusedError, match=r"being made \(BACKUP\)"):
        await shop.ask()
    assert await recorded() == before


@points
async def test_beside_it_there_is_no_other_operation(
    shop: Upgraded, recorded: Read, point: Point
) -> None:
    await point(shop)
    before = await recorded()
    for task in StoreTask:
        with pytest.raises((RefusedError, ConflictError)):
            await shop.tasks.begin(shop.store.id, task, "Asked for.", upgrade=Upgrade("4"))
    with pytest.raises((RefusedError, ConflictError)):
        await shop.begin_unsaved()
    with pytest.raises((RefusedError, ConflictError)):
        await shop.records.transition(shop.store, _S.QUEUED, begins=_K.RETRY)
    assert await recorded() == before


async def test_what_was_found_out_is_kept(shop: Upgraded) -> None:
    begun = await shop.ask()
    await shop.tasks.record_preflight(begun, Upgrade("3", walks=True))
    store = await shop.read()
    assert store == replace(begun, upgrade=Upgrade("3", walks=True))
    await shop.tasks.record_preflight(begun, Upgrade("3", walks=False))  # after a restart
    assert (await shop.read()).upgrade == Upgrade("3", walks=False)
    assert shop.announced.store_ids[-1] == store.id


@pytest.mark.parametrize("status", [_S.READY, _S.DEGRADED])
async def test_once_it_is_saved_the_store_is_queued(shop: Upgraded, status: StoreStatus) -> None:
    if status is _S.DEGRADED:
        await shop.become(status)
    ready_at = shop.store.ready_at
    store = await shop.prepare()
    assert (store.status, store.reason, store.task) == (_S.QUEUED, None, None)
    assert (store.upgrade, store.restore) == (
        Upgrade("3", walks=True), InPlaceRestore(shop.saved_source(), RestoreStage.PREPARED),
    )  # fmt: skip
    assert (store.is_updating, store.installed_version, store.engine_version) == (True, "3", "2")
    assert (store.ready_at, store.from_backup, store.operation_number) == (
        ready_at, None, UPGRADED,
    )  # fmt: skip
    assert store == await shop.records.get(store.id)
    assert await shop.backups.get(store.id, UPGRADED) == shop.saved()
    assert await shop.operations() == [(_K.UPGRADE, _O.RUNNING, None)]
    assert [name for name, _ in await shop.steps()] == list(UPGRADE_STEPS)
    assert await shop.told(2) == [
        (EventKind.TASK, "UPGRADE", "RUNNING", "It has 4 orders."),
        (EventKind.STATUS, "store", "QUEUED", HANDED_OVER),
    ]
    assert shop.announced.store_ids[-1] == store.id
    started = shop.clock.moment + SECOND
    assert (await shop.become(_S.UPDATING)).operation_started_at == started
    assert await shop.operations() == [(_K.UPGRADE, _O.RUNNING, None)]
    assert await shop.way_back() is None  # until it has its version


async def test_it_is_handed_over_once(shop: Upgraded, recorded: Read) -> None:
    begun = await shop.ask()
    await shop.tasks.hand_over_upgrade(begun, "Saved.", shop.saved(), shop.saved_source())
    before = await recorded()
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.tasks.hand_over_upgrade(begun, "Again.", shop.saved(), shop.saved_source())
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.tasks.record_preflight(begun, Upgrade("3"))
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.tasks.start(begun)
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.tasks.fail(begun, REASON)
    assert await recorded() == before


async def test_what_gets_no_version_is_not_handed_over(shop: Upgraded, recorded: Read) -> None:
    begun = shop.store = await shop.tasks.begin(shop.store.id, _T.BACKUP, "Asked for.")
    before = await recorded()
    with pytest.raises(ValueError, match="no other version"):
        await shop.tasks.hand_over_upgrade(begun, "Saved.", shop.saved(), shop.saved_source())
    assert await recorded() == before


async def test_a_shop_that_is_open_again_has_its_version(shop: Upgraded) -> None:
    await shop.prepare()
    await shop.become(_S.UPDATING)
    store = await shop.become(_S.READY)
    assert (store.status, store.engine_version, store.installed_version) == (_S.READY, "3", "3")
    assert (store.upgrade, store.restore, store.task) == (None, None, None)
    assert (store.from_backup, store.ready_at) == (None, shop.clock.moment)
    assert store == await shop.records.get(store.id)
    assert await shop.operations() == [(_K.UPGRADE, _O.SUCCEEDED, None)]
    assert await shop.told(2) == [
        (EventKind.STATUS, "store", "UPDATING", "The store is UPDATING."),
        (EventKind.STATUS, "store", "READY", "The store is READY."),
    ]
    assert await shop.removals.sources() == set()


async def test_the_status_beside_the_task_changes_no_version(shop: Upgraded) -> None:
    begun = await shop.ask()
    await shop.tasks.start(begun)
    for status in (_S.DEGRADED, _S.READY, _S.DEGRADED):
        store = await shop.become(status)
        assert (store.task, store.upgrade, store.restore) == (_T.UPGRADE, Upgrade("3"), None)
        assert (store.engine_version, store.operation_number) == ("2", UPGRADED)
        assert await shop.operations() == [(_K.UPGRADE, _O.RUNNING, None)]


async def test_what_cannot_be_saved_is_as_it_was(shop: Upgraded) -> None:
    before = shop.store
    begun = await shop.ask()
    await shop.tasks.start(begun)
    await shop.records.update_step(begun, StepName.PREFLIGHT, StepStatus.RUNNING)
    await shop.tasks.fail(begun, REASON)
    after = await shop.read()
    assert (after.status, after.reason, after.task, after.restore) == (_S.READY, None, None, None)
    assert (after.upgrade, after.engine_version, after.ready_at) == (None, "2", before.ready_at)
    assert await shop.operations() == [(_K.UPGRADE, _O.FAILED, REASON)]
    assert (await shop.steps())[0] == (StepName.PREFLIGHT, StepStatus.FAILED)
    assert await shop.told(1) == [(EventKind.TASK, "UPGRADE", "FAILED", REASON.message)]
    assert await shop.left() == [OTHER, CHOSEN]
    with pytest.raises(ConflictError):
        await shop.tasks.hand_over_upgrade(begun, "Late.", shop.saved(), shop.saved_source())
    await shop.upgrade()  # it may be asked for again
    assert (await shop.read()).engine_version == "3"


async def test_what_fails_is_brought_back(shop: Upgraded) -> None:
    await updating(shop)
    source = shop.saved_source()
    shop.clock.moment += SECOND
    store = shop.store = await shop.records.bring_back(shop.store, REASON)
    assert (store.status, store.reason, store.operation_number) == (_S.QUEUED, None, UPGRADED + 1)
    assert store.restore == InPlaceRestore(source, RestoreStage.REMOVING, former=None)
    assert (store.upgrade, store.engine_version, store.installed_version) == (None, "2", "2")
    assert store.is_updating is False
    assert store == await shop.records.get(store.id)
    assert await shop.operations() == [
        (_K.RESTORE, _O.QUEUED, None), (_K.UPGRADE, _O.FAILED, REASON),
    ]  # fmt: skip
    operation = (await shop.records.snapshot(store.id)).operation
    assert operation is not None
    assert (operation.request, operation.queued_at) == (Request(), shop.clock.moment)
    assert await shop.steps() == pending(*REPLACING_STEPS)
    assert await shop.told(2) == [
        (EventKind.STATUS, "store", "FAILED", REASON.message),
        (EventKind.STATUS, "store", "QUEUED", BROUGHT_BACK),
    ]
    assert shop.announced.store_ids[-1] == store.id
    await shop.become(_S.PROVISIONING)
    removed = shop.store = await shop.records.record_removed(shop.store)
    assert (removed.from_backup, removed.engine_version) == (source, "2")
    store = await shop.become(_S.READY)
    assert (store.restore, store.engine_version) == (None, "2")
    assert [status for _, status, _ in await shop.operations()] == [_O.SUCCEEDED, _O.FAILED]
    assert await shop.way_back() is None


async def test_one_that_waits_is_not_brought_back(shop: Upgraded, recorded: Read) -> None:
    await saved(shop)
    before = await recorded()
    with pytest.raises(ConflictError, match="from QUEUED to FAILED"):
        await shop.records.bring_back(shop.store, REASON)
    assert await recorded() == before


async def test_a_second_service_brings_nothing_back(shop: Upgraded, recorded: Read) -> None:
    await updating(shop)
    former = shop.store
    await shop.records.bring_back(former, REASON)
    before = await recorded()
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.records.bring_back(former, REASON)
    with pytest.raises(ConflictError):
        await shop.records.transition(former, _S.READY)
    assert await recorded() == before


async def test_a_recovery_that_fails_is_not_brought_back(shop: Upgraded, recorded: Read) -> None:
    await updating(shop)
    shop.store = await shop.records.bring_back(shop.store, REASON)
    await shop.become(_S.PROVISIONING)
    before = await recorded()
    with pytest.raises(ValueError, match="no backup of the shop as it was"):
        await shop.records.bring_back(shop.store, REASON)
    assert await recorded() == before
    failed = await shop.become(_S.FAILED)
    assert (failed.upgrade, failed.engine_version) == (None, "2")
    # A retry goes on with bringing it back, and not with the upgrade
    shop.store = await shop.records.transition(failed, _S.QUEUED, begins=_K.RETRY)
    assert await shop.steps() == pending(*REPLACING_STEPS)


@points
async def test_it_is_not_cancelled(shop: Upgraded, recorded: Read, point: Point) -> None:
    await point(shop)
    before = await recorded()
    for statuses in ([_S.QUEUED, _S.PROVISIONING], list(StoreStatus)):
        with pytest.raises(ConflictError):
            await shop.records.request_delete(
                shop.store.id, "Cancelled.", only_in=statuses, audit=shop.action()
            )
    assert await recorded() == before


@points
async def test_a_delete_takes_its_place(shop: Upgraded, point: Point) -> None:
    await point(shop)
    shop.store = await shop.records.request_delete(shop.store.id, "Deleted.")
    assert (shop.store.target, shop.store.task) == (StoreTarget.DELETED, None)
    assert (shop.store.upgrade, shop.store.installed_version) == (None, "2")
    assert [told[:2] for told in await shop.operations()][:2] == [
        (_K.DELETE, _O.QUEUED), (_K.UPGRADE, _O.CANCELLED),
    ]  # fmt: skip
    assert await shop.steps() == pending(*DELETE_STEPS)
    await shop.become(_S.DELETING, _S.DELETED)
    assert (await shop.operations())[0] == (_K.DELETE, _O.SUCCEEDED, None)
    # What it would have been brought back from is not needed any more
    assert await shop.removals.sources() == set()
    await shop.expire()
    assert await shop.left() == []


async def test_what_another_operation_took_over_is_not_written_to(
    shop: Upgraded, recorded: Read
) -> None:
    begun = await shop.ask()
    await shop.records.request_delete(begun.id, "Deleted.")
    before = await recorded()
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.tasks.record_preflight(begun, Upgrade("3", walks=True))
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.tasks.hand_over_upgrade(begun, "Late.", shop.saved(), shop.saved_source())
    assert await recorded() == before


@pytest.mark.parametrize(
    ("point", "kept"), [(asked, []), (saved, [UPGRADED]), (updating, [UPGRADED])]
)
async def test_what_it_may_need_is_not_removed(
    shop: Upgraded, point: Point, kept: list[int]
) -> None:
    await point(shop)
    assert await shop.removals.sources() == ({shop.store.id} if kept else set())
    await shop.expire()
    assert await shop.left() == kept


async def test_its_backup_is_no_way_back_once_it_is_removed(shop: Upgraded) -> None:
    await shop.upgrade()
    assert await shop.way_back() == await _made(shop)
    await shop.expire()
    assert await shop.way_back() is None


async def _made(shop: Upgraded) -> Backup:
    found = await shop.backups.get(shop.store.id, shop.store.operation_number)
    assert found is not None
    return found


async def test_the_way_back_leads_through_all_versions(shop: Upgraded) -> None:
    assert await shop.way_back("3", "4") is None  # it has backups, of no upgrade
    await shop.upgrade("3")
    first = await _made(shop)
    assert (first.engine_version, await shop.way_back("4")) == ("2", first)
    # A backup that is newer is of the shop as it is
    begun = await shop.tasks.begin(shop.store.id, _T.BACKUP, "Asked for.")
    nightly = replace(shop.backup(begun.operation_number), engine_version="3")
    await shop.tasks.succeed(begun, "Done.", backup=nightly)
    await shop.read()
    assert await shop.way_back("4") == first
    await shop.upgrade("4")
    second = await _made(shop)
    assert (second.engine_version, await shop.way_back()) == ("3", second)
    # Brought back, it has the way back of then, and none that would lead on
    await shop.roll_back(second)
    assert (shop.store.engine_version, await shop.way_back("4")) == ("3", first)
    await shop.roll_back(first)
    assert (shop.store.engine_version, await shop.way_back("3", "4")) == ("2", None)
    # Once more it is that of the latest upgrade
    await shop.upgrade("3")
    again = await _made(shop)
    assert (again.engine_version, await shop.way_back("4")) == ("2", again)
    assert again.number > second.number


async def test_the_way_back_is_of_the_engine_that_it_has(shop: Upgraded) -> None:
    await shop.upgrade("3")
    other = replace(shop.store, engine="another")
    assert await shop.backups.before_upgrade(other) is None


async def test_a_database_of_the_version_before_has_nothing_under_way(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database of the version before, with a shop
    url = empty_database_url
    await migrate_to("0016", url, monkeypatch)
    await execute(
        url,
        "INSERT INTO stores (id, name, owner, owner_source, engine, engine_version, status, target,"
        " namespace, release, host, url, version, attempt, created_at, updated_at, ready_at)"
        " VALUES ('one', 'one', 'ada', 'local', 'tiny', '2', 'READY', 'READY', 'n', 'r', 'h', 'u',"
        " 0, 0, 0, 0, 0)",
    )
    # When it is migrated
    await migrate(url)
    # Then the shop is as it was, and can be upgraded
    assert await fetch_all(url, "SELECT id, engine_version, upgrade FROM stores") == [
        ("one", "2", None)
    ]
    database = Database(url)
    await database.connect()
    try:
        shop = Upgraded(database)
        shop.store = before = await shop.records.get("one")
        assert (before.status, before.upgrade, before.installed_version) == (_S.READY, None, "2")
        await shop.upgrade("3")
        assert (shop.store.engine_version, shop.store.upgrade) == ("3", None)
    finally:
        await database.close()
