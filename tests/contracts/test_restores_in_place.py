"""The restore of a backup in place of a shop, as it is recorded; on both databases."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from provisioner.domain.backups import InPlaceRestore, RestoreStage
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, RefusedError
from provisioner.domain.operations import OperationKind, OperationStatus, Request
from provisioner.domain.owners import local
from provisioner.domain.stores import EventKind, StepName, StepStatus, Store, StoreStatus, StoreTask
from provisioner.domain.transitions import RELOADING_STEPS, REPLACING_STEPS, SAVING_STEPS
from provisioner.storage.audit_log import AuditFilter, AuditOutcome
from provisioner.storage.database import Database
from tests.contracts.restored_shop import (
    CHOSEN,
    FORMER,
    OTHER,
    REASON,
    SECOND,
    START,
    Read,
    Shop,
    pending,
)

_S, _O, _K, _T = StoreStatus, OperationStatus, OperationKind, StoreTask
HANDED_OVER = (
    "The shop is saved as it was. Now it is removed, and the backup is restored in its place."
)
BROUGHT_BACK = "The backup could not be restored, so the shop is brought back as it was before."


@pytest.fixture
async def shop(database: Database) -> Shop:
    made = Shop(database)
    await made.open()
    return made


async def begin(shop: Shop, way: str, number: int = CHOSEN) -> Store:
    return await (shop.begin(number) if way == "saved" else shop.begin_unsaved(number))


ways = pytest.mark.parametrize("way", ["saved", "unsaved"])


async def test_it_begins_while_the_shop_is_as_it_was(shop: Shop) -> None:
    before = shop.store
    store = await shop.begin()
    assert (store.status, store.ready_at) == (_S.READY, before.ready_at)
    assert (store.task, store.operation_number) == (_T.RESTORE, 4)
    assert store.restore == InPlaceRestore(shop.source(), RestoreStage.SAVING, former=None)
    assert (store.from_backup, store.engine_version) == (None, "2")
    assert await shop.steps() == pending(*SAVING_STEPS, *REPLACING_STEPS)
    operation = (await shop.records.snapshot(store.id)).operation
    assert operation is not None
    assert (operation.kind, operation.status) == (_K.RESTORE, _O.QUEUED)
    assert operation.request == Request(local("ada"))
    assert await shop.told(1) == [(EventKind.TASK, "RESTORE", "QUEUED", "Asked for.")]
    assert shop.announced.store_ids[-1] == store.id
    (entry,) = (await shop.log.page(first=9, after=None, filter_by=AuditFilter())).items
    assert (entry.record.action, entry.record.outcome) == ("restoreBackup", AuditOutcome.ACCEPTED)
    await shop.tasks.start(store)
    assert await shop.operations() == [(_K.RESTORE, _O.RUNNING, None)]


@pytest.mark.parametrize("status", [_S.READY, _S.DEGRADED, _S.FAILED])
async def test_without_saving_the_store_is_queued_at_once(shop: Shop, status: StoreStatus) -> None:
    if status is not _S.READY:
        await shop.become(status)
    store = await shop.begin_unsaved()
    assert (store.status, store.reason, store.task) == (_S.QUEUED, None, None)
    assert store.restore == InPlaceRestore(shop.source(), RestoreStage.REMOVING, former=None)
    assert store == await shop.records.get(store.id)
    assert await shop.steps() == pending(*REPLACING_STEPS)
    assert await shop.operations() == [(_K.RESTORE, _O.QUEUED, None)]
    assert await shop.told(1) == [(EventKind.STATUS, "store", "QUEUED", "Asked for.")]
    await shop.become(_S.PROVISIONING)
    assert await shop.operations() == [(_K.RESTORE, _O.RUNNING, None)]
    await shop.become(_S.READY)
    assert await shop.operations() == [(_K.RESTORE, _O.SUCCEEDED, None)]


@pytest.mark.parametrize("status", [_S.READY, _S.DEGRADED])
async def test_nothing_else_takes_a_shop_out_of_service(
    shop: Shop, recorded: Read, status: StoreStatus
) -> None:
    if status is _S.DEGRADED:
        await shop.become(status)
    before = await recorded()
    with pytest.raises(ConflictError, match=f"from {status} to QUEUED"):
        await shop.records.transition(shop.store, _S.QUEUED, begins=_K.RETRY)
    assert await recorded() == before


@ways
@pytest.mark.parametrize("number", [9, OTHER], ids=["never made", "to be removed"])
async def test_what_is_gone_is_not_restored(
    shop: Shop, recorded: Read, way: str, number: int
) -> None:
    await shop.removals.expire(shop.store.id, [OTHER], START)
    before = await recorded()
    with pytest.raises(RefusedError) as refused:
        await begin(shop, way, number)
    assert [refusal.code for refusal in refused.value.refusals] == [RefusalCode.BACKUP_UNKNOWN]
    assert await recorded() == before


@ways
async def test_beside_another_operation_it_is_refused(shop: Shop, recorded: Read, way: str) -> None:
    shop.store = await shop.tasks.begin(shop.store.id, _T.BACKUP, "Asked for.")
    before = await recorded()
    with pytest.raises(RefusedError, match=r"being made \(BACKUP\)") as refused:
        await begin(shop, way)
    assert [r.code for r in refused.value.refusals] == [RefusalCode.OPERATION_UNDER_WAY]
    assert await recorded() == before


@ways
async def test_beside_a_restore_there_is_no_other_operation(
    shop: Shop, recorded: Read, way: str
) -> None:
    store = await begin(shop, way)
    before = await recorded()
    with pytest.raises((RefusedError, ConflictError)):
        await shop.tasks.begin(store.id, _T.BACKUP, "Asked for.")
    for again in ("saved", "unsaved"):
        with pytest.raises((RefusedError, ConflictError)):
            await begin(shop, again)
    assert await recorded() == before


async def test_only_a_finished_shop_is_saved(shop: Shop, recorded: Read) -> None:
    await shop.become(_S.FAILED)
    before = await recorded()
    with pytest.raises(ConflictError, match="is FAILED"):
        await shop.begin()
    assert await recorded() == before


async def test_once_it_is_saved_the_store_is_queued(shop: Shop) -> None:
    store = await shop.save()
    restored = InPlaceRestore(shop.source(), RestoreStage.REMOVING, shop.source(FORMER))
    assert (store.status, store.task, store.restore) == (_S.QUEUED, None, restored)
    assert (store.from_backup, store.engine_version) == (None, "2")
    assert store == await shop.records.get(store.id)
    assert await shop.backups.get(store.id, FORMER) == shop.backup(FORMER)
    assert await shop.operations() == [(_K.RESTORE, _O.RUNNING, None)]
    assert [name for name, _ in await shop.steps()] == [*SAVING_STEPS, *REPLACING_STEPS]
    assert await shop.told(2) == [
        (EventKind.TASK, "RESTORE", "RUNNING", "It has 4 orders."),
        (EventKind.STATUS, "store", "QUEUED", HANDED_OVER),
    ]
    assert shop.announced.store_ids[-1] == store.id
    with pytest.raises(ConflictError):  # and that once
        await shop.tasks.hand_over(store, "Again.", shop.backup(FORMER))
    started = shop.clock.moment + SECOND
    assert (await shop.become(_S.PROVISIONING)).operation_started_at == started
    assert await shop.operations() == [(_K.RESTORE, _O.RUNNING, None)]


async def test_a_degraded_shop_is_handed_over_as_well(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.become(_S.DEGRADED)
    after = await shop.tasks.hand_over(begun, "Saved.", shop.backup(FORMER))
    assert (after.status, after.reason) == (_S.QUEUED, None)


async def test_what_cannot_be_saved_is_as_it_was(shop: Shop) -> None:
    before = shop.store
    begun = await shop.begin()
    await shop.tasks.start(begun)
    await shop.records.update_step(begun, StepName.CLOSE, StepStatus.RUNNING)
    await shop.tasks.fail(begun, REASON)
    after = await shop.read()
    assert (after.status, after.reason, after.task, after.restore) == (_S.READY, None, None, None)
    assert (after.from_backup, after.ready_at) == (None, before.ready_at)
    assert await shop.operations() == [(_K.RESTORE, _O.FAILED, REASON)]
    assert (await shop.steps())[0] == (StepName.CLOSE, StepStatus.FAILED)
    assert await shop.left() == [OTHER, CHOSEN]
    with pytest.raises(ConflictError):
        await shop.tasks.hand_over(begun, "Late.", shop.backup(FORMER))
    await shop.begin()  # it may be asked for again


async def test_once_the_shop_is_removed_the_store_is_made_from_the_backup(shop: Shop) -> None:
    await shop.save()
    before = await shop.become(_S.PROVISIONING)
    store = await shop.records.record_removed(before)
    loading = InPlaceRestore(shop.source(), RestoreStage.LOADING, shop.source(FORMER))
    assert (store.restore, store.from_backup) == (loading, shop.source())
    assert (store.engine_version, store.status) == ("1", _S.PROVISIONING)
    assert store == await shop.records.get(store.id)
    again = await shop.records.record_removed(before)  # after a restart it may come again
    assert again == store


async def test_a_source_without_a_version_leaves_the_stores_own(shop: Shop) -> None:
    store = await shop.begin_unsaved()
    assert store.restore is not None
    old = replace(store.restore, source=replace(shop.source(), engine_version=None))
    removed = await shop.records.record_removed(replace(store, restore=old))
    assert removed.engine_version == "2"


async def test_what_another_operation_took_over_is_not_written_to(
    shop: Shop, recorded: Read
) -> None:
    store = await shop.remove()
    await shop.records.request_delete(store.id, "Deleted.")
    before = await recorded()
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.records.record_removed(store)
    with pytest.raises(ConflictError, match="Operation 4 of store"):
        await shop.records.bring_back(store, REASON)
    assert await recorded() == before


async def test_what_cannot_be_restored_is_brought_back(shop: Shop) -> None:
    await shop.remove()
    shop.clock.moment += SECOND
    store = await shop.records.bring_back(shop.store, REASON)
    assert (store.status, store.reason, store.operation_number) == (_S.QUEUED, None, 5)
    assert store.restore == InPlaceRestore(shop.source(FORMER), RestoreStage.REMOVING, former=None)
    assert store == await shop.records.get(store.id)
    assert await shop.operations() == [
        (_K.RESTORE, _O.QUEUED, None), (_K.RESTORE, _O.FAILED, REASON),
    ]  # fmt: skip
    operation = (await shop.records.snapshot(store.id)).operation
    assert operation is not None
    assert (operation.request, operation.queued_at) == (Request(), shop.clock.moment)
    assert await shop.steps() == pending(*REPLACING_STEPS)
    assert await shop.told(2) == [
        (EventKind.STATUS, "store", "FAILED", "For the test."),
        (EventKind.STATUS, "store", "QUEUED", BROUGHT_BACK),
    ]
    assert shop.announced.store_ids[-1] == store.id
    shop.store = store
    await shop.become(_S.PROVISIONING)
    removed = shop.store = await shop.records.record_removed(shop.store)
    assert (removed.from_backup, removed.engine_version) == (shop.source(FORMER), "2")
    await shop.become(_S.READY)
    assert [status for _, status, _ in await shop.operations()] == [_O.SUCCEEDED, _O.FAILED]
    assert shop.store.restore is None


async def test_without_a_former_shop_nothing_is_brought_back(shop: Shop) -> None:
    await shop.begin_unsaved()
    store = await shop.become(_S.PROVISIONING)
    with pytest.raises(ValueError, match="no backup of the shop as it was"):
        await shop.records.bring_back(store, REASON)
    assert await shop.records.get(store.id) == store


@pytest.mark.parametrize(
    ("is_removed", "steps"), [(False, REPLACING_STEPS), (True, RELOADING_STEPS)]
)
async def test_one_that_failed_is_tried_again_from_where_it_was(
    shop: Shop,
    is_removed: bool,  # noqa: FBT001
    steps: Sequence[StepName],
) -> None:
    await shop.begin_unsaved()
    await shop.become(_S.PROVISIONING)
    if is_removed:
        shop.store = await shop.records.record_removed(shop.store)
    failed = await shop.become(_S.FAILED)
    assert await shop.operations() == [(_K.RESTORE, _O.FAILED, REASON)]
    shop.store = await shop.records.transition(failed, _S.QUEUED, begins=_K.RETRY)
    assert shop.store.restore == failed.restore
    assert await shop.steps() == pending(*steps)
    await shop.become(_S.PROVISIONING, _S.READY)
    assert shop.store.restore is None


@pytest.mark.parametrize("status", [_S.DEGRADED, _S.FAILED])
async def test_the_operation_is_not_moved_by_the_status_beside_it(
    shop: Shop, status: StoreStatus
) -> None:
    begun = await shop.begin()
    await shop.tasks.start(begun)
    after = await shop.become(status)
    assert await shop.operations() == [(_K.RESTORE, _O.RUNNING, None)]
    assert (after.task, after.restore) == (_T.RESTORE, begun.restore)
    if status is _S.DEGRADED:
        healed = await shop.become(_S.READY)
        assert await shop.operations() == [(_K.RESTORE, _O.RUNNING, None)]
        assert (healed.task, healed.restore) == (_T.RESTORE, begun.restore)
