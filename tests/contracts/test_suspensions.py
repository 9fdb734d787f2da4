"""Suspended stores, as they are recorded; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.backups import InPlaceRestore, RestoreStage
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, NotFoundError, RefusedError
from provisioner.domain.operations import OperationKind, OperationStatus, Request
from provisioner.domain.owners import local
from provisioner.domain.stores import (
    EventKind,
    StepName,
    Store,
    StoreStatus,
    StoreTask,
)
from provisioner.domain.transitions import RESUME_STEPS
from provisioner.reconcile.namespaces import NAMESPACE_LOST
from provisioner.storage.audit_log import AuditFilter
from provisioner.storage.database import Database
from provisioner.storage.quota import Quota, Usage
from tests.contracts.restored_shop import REASON, SECOND, Read, Shop, pending
from tests.stores import a_store

_S, _O, _K, _T = StoreStatus, OperationStatus, OperationKind, StoreTask
UNCOUNTED = Quota(per_owner=1, counts_suspended=False)


@pytest.fixture
async def shop(database: Database) -> Shop:
    made = Shop(database)
    await made.open()
    return made


async def begin(shop: Shop) -> Store:
    shop.clock.moment += SECOND
    shop.store = await shop.tasks.begin(shop.store.id, _T.SUSPEND, "Asked for.")
    return shop.store


async def suspend(shop: Shop) -> Store:
    await shop.tasks.start(await begin(shop))
    shop.clock.moment += SECOND
    shop.store = await shop.tasks.suspend(shop.store, "It is paused.")
    return shop.store


async def resume(shop: Shop, quota: Quota = Quota()) -> Store:  # noqa: B008 - it is frozen
    shop.clock.moment += SECOND
    shop.store = await shop.records.resume(
        shop.store.id, "Asked for it.", quota, audit=shop.action()
    )
    return shop.store


async def test_the_store_is_as_it_was_until_its_shop_is_stopped(shop: Shop) -> None:
    before = shop.store
    store = await begin(shop)
    assert (store.status, store.task, store.suspended_at) == (_S.READY, _T.SUSPEND, None)
    assert store.ready_at == before.ready_at
    assert await shop.steps() == pending(StepName.STOP)
    await shop.tasks.start(store)
    assert await shop.operations() == [(_K.SUSPEND, _O.RUNNING, None)]


async def test_once_it_is_stopped_it_is_suspended(shop: Shop) -> None:
    before = shop.store
    store = await suspend(shop)
    assert (store.status, store.task, store.reason) == (_S.SUSPENDED, None, None)
    assert (store.suspended_at, store.ready_at) == (shop.clock.moment, before.ready_at)
    assert store == await shop.records.get(store.id)
    assert await shop.operations() == [(_K.SUSPEND, _O.SUCCEEDED, None)]
    assert await shop.told(4) == [
        (EventKind.TASK, "SUSPEND", "QUEUED", "Asked for."),
        (EventKind.TASK, "SUSPEND", "RUNNING", ""),
        (EventKind.TASK, "SUSPEND", "SUCCEEDED", "It is paused."),
        (EventKind.STATUS, "store", "SUSPENDED", "It is paused."),
    ]
    assert shop.announced.store_ids[-1] == store.id


async def test_a_degraded_store_is_suspended_too(shop: Shop) -> None:
    await shop.become(_S.DEGRADED)
    store = await suspend(shop)
    assert (store.status, store.reason) == (_S.SUSPENDED, None)


async def test_one_that_cannot_be_stopped_is_as_it_was(shop: Shop) -> None:
    store = await begin(shop)
    await shop.tasks.start(store)
    await shop.tasks.fail(store, REASON)
    after = await shop.read()
    assert (after.status, after.task, after.suspended_at) == (_S.READY, None, None)
    assert await shop.operations() == [(_K.SUSPEND, _O.FAILED, REASON)]


async def test_a_task_that_is_over_suspends_nothing(shop: Shop, recorded: Read) -> None:
    store = await begin(shop)
    await shop.tasks.fail(store, REASON)
    before = await recorded()
    with pytest.raises(ConflictError, match="is over"):
        await shop.tasks.suspend(store, "It is paused.")
    assert await recorded() == before


async def test_a_delete_comes_before_it(shop: Shop, recorded: Read) -> None:
    store = await begin(shop)
    await shop.records.request_delete(store.id, "Deleted.")
    before = await recorded()
    with pytest.raises(ConflictError, match="is over"):
        await shop.tasks.suspend(store, "It is paused.")
    assert await recorded() == before


async def test_a_resumed_store_is_queued_and_suspended_until_it_is_ready(shop: Shop) -> None:
    since = (await suspend(shop)).suspended_at
    store = await resume(shop)
    assert (store.status, store.suspended_at) == (_S.QUEUED, since)
    assert await shop.steps() == pending(*RESUME_STEPS)
    operation = (await shop.records.snapshot(store.id)).operation
    assert operation is not None
    assert (operation.kind, operation.status) == (_K.RESUME, _O.QUEUED)
    assert operation.request == Request(local("ada"))
    assert await shop.told(1) == [(EventKind.STATUS, "store", "QUEUED", "Asked for it.")]
    (entry,) = (await shop.log.page(first=9, after=None, filter_by=AuditFilter())).items
    assert (entry.record, entry.at) == (shop.action().record, shop.clock.moment)
    assert (await shop.become(_S.PROVISIONING)).suspended_at == since
    assert (await shop.become(_S.READY)).suspended_at is None
    assert (await shop.operations())[0] == (_K.RESUME, _O.SUCCEEDED, None)


async def test_a_resume_that_fails_can_be_retried_as_one(shop: Shop) -> None:
    since = (await suspend(shop)).suspended_at
    await resume(shop)
    assert (await shop.become(_S.PROVISIONING, _S.FAILED)).suspended_at == since
    shop.store = await shop.records.transition(shop.store, _S.QUEUED, begins=_K.RETRY)
    assert await shop.steps() == pending(*RESUME_STEPS)


async def test_with_its_namespace_it_has_lost_what_was_suspended(shop: Shop) -> None:
    store = await suspend(shop)
    lost = await shop.records.transition(store, _S.FAILED, reason=NAMESPACE_LOST)
    assert (lost.reason, lost.suspended_at) == (NAMESPACE_LOST, None)


async def test_nothing_but_a_resume_builds_a_suspended_store(shop: Shop, recorded: Read) -> None:
    store = await suspend(shop)
    restore = InPlaceRestore(shop.source(), RestoreStage.REMOVING)
    before = await recorded()
    for begins in (_K.RETRY, _K.RESTORE):
        with pytest.raises(ConflictError, match="from SUSPENDED to QUEUED"):
            await shop.records.transition(store, _S.QUEUED, begins=begins, restore=restore)
    for task in _T:
        with pytest.raises(ConflictError, match="is SUSPENDED"):
            await shop.tasks.begin(store.id, task, "Asked for.")
    with pytest.raises(ConflictError, match="is SUSPENDED"):
        await shop.records.request_delete(store.id, "No.", only_in=(_S.QUEUED, _S.PROVISIONING))
    assert await recorded() == before


@pytest.mark.parametrize("status", [_S.READY, _S.DEGRADED, _S.FAILED])
async def test_only_a_suspended_store_is_resumed(
    shop: Shop, recorded: Read, status: StoreStatus
) -> None:
    if status is not _S.READY:
        await shop.become(status)
    before = await recorded()
    with pytest.raises(ConflictError, match=f"is {status}"):
        await resume(shop)
    assert await recorded() == before


async def test_no_store_that_is_to_go_or_is_unknown_is_resumed(shop: Shop, recorded: Read) -> None:
    store = await suspend(shop)
    await shop.records.request_delete(store.id, "Deleted.")
    before = await recorded()
    with pytest.raises(ConflictError):
        await resume(shop)
    with pytest.raises(NotFoundError):
        await shop.records.resume("f" * 32, "Asked for.", Quota())
    assert await recorded() == before


async def test_a_suspended_store_counts_where_the_operator_says_so(shop: Shop) -> None:
    await suspend(shop)
    counted = Quota(per_owner=1)
    assert await shop.records.usage(shop.store.owner, counted) == Usage(1, 1)
    assert await shop.records.usage(shop.store.owner, UNCOUNTED) == Usage(0, 1)
    with pytest.raises(RefusedError, match="You have 1 stores, and may have 1"):
        await shop.records.create(a_store(), quota=counted)
    await shop.records.create(a_store(), quota=UNCOUNTED)


@pytest.mark.parametrize(
    ("quota", "code"),
    [
        (UNCOUNTED, RefusalCode.USER_QUOTA_REACHED),
        (Quota(in_all=1, counts_suspended=False), RefusalCode.PLATFORM_QUOTA_REACHED),
    ],
)
async def test_one_that_is_not_counted_needs_a_place_to_be_resumed(
    shop: Shop, recorded: Read, quota: Quota, code: RefusalCode
) -> None:
    await suspend(shop)
    other = await shop.records.create(a_store(), quota=quota)
    before = await recorded()
    with pytest.raises(RefusedError) as refused:
        await resume(shop, quota)
    assert [refusal.code for refusal in refused.value.refusals] == [code]
    assert await recorded() == before
    for status in (_S.DELETING, _S.DELETED):
        if status is _S.DELETING:
            other = await shop.records.request_delete(other.id, "Deleted.")
        other = await shop.records.transition(other, status)
    assert (await resume(shop, quota)).status is _S.QUEUED


async def test_one_that_is_counted_needs_no_place(shop: Shop) -> None:
    await suspend(shop)
    await shop.records.create(a_store())
    assert (await resume(shop, Quota(in_all=1, per_owner=1))).status is _S.QUEUED


async def test_no_backup_of_a_suspended_store_is_due_or_late(shop: Shop) -> None:
    await suspend(shop)
    shop.clock.moment += timedelta(days=100)
    assert await shop.backups.times() == []
    assert await shop.backups.late(datetime(2030, 1, 1, tzinfo=UTC)) == 0
