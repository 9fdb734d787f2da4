"""A shop that is paused and opened again: nothing of it is lost, whatever goes wrong."""

import asyncio
from dataclasses import replace

import pytest

from provisioner.domain import backoff
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterUnreachableError
from provisioner.domain.operations import Operation, OperationKind, OperationStatus
from provisioner.domain.store_annotation import annotation_for
from provisioner.domain.stores import EventKind, StepName, Store, StoreStatus, StoreTask
from provisioner.domain.transitions import PROVISION_STEPS, RESUME_STEPS
from provisioner.kubernetes.labels import STORE_ANNOTATION
from provisioner.reconcile import closing
from provisioner.reconcile.deletion import delete
from provisioner.reconcile.drift import inspect
from provisioner.reconcile.health import observe
from provisioner.reconcile.namespaces import NAMESPACE_LOST
from provisioner.reconcile.provisioning import provision
from provisioner.reconcile.suspending import suspend
from provisioner.storage.database import Database
from provisioner.storage.operation_pages import OperationPages
from provisioner.storage.quota import Quota
from provisioner.testing.simulation import SimulatedNamespace
from tests.unit.backup_world import World, a_ready_shop
from tests.unit.ended_services import ends_after

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
SUSPEND_WRITES = 4
"""Those of pausing: the task begins, its step begins and ends, and the store is SUSPENDED."""
RESUME_WRITES = 2 * len(RESUME_STEPS) + 2


class Shop:
    """A shop that is open."""

    def __init__(self, world: World, database: Database) -> None:
        self.world = world
        self.records = world.records
        self.cluster = world.cluster
        self.context = world.context
        self._pages = OperationPages(database)

    async def begin(self) -> Store:
        """Ask for it to be paused."""
        self.world.store = await self.world.task_records.begin(
            self.world.store.id, StoreTask.SUSPEND, "Asked for."
        )
        return self.world.store

    async def suspend(self) -> Store:
        """Have it paused; return the store."""
        await self.begin()
        return await self.world.do_task()

    async def resume(self) -> Store:
        """Have it opened again; return the store when nothing more is to be done."""
        return await self.world.go_on(await self.records.resume(self.id, "Asked for.", Quota()))

    @property
    def id(self) -> str:
        return self.world.store.id

    async def latest(self) -> Operation:
        return (await self._pages.page(self.id, first=1, after=None)).items[0].operation

    async def repairs(self) -> list[tuple[str, str]]:
        events = await self.records.events_after(self.id, 0, limit=1000)
        return [(e.status, e.message) for e in events if e.kind is EventKind.REPAIR]

    @property
    def namespace(self) -> SimulatedNamespace:
        return self.cluster.namespaces[self.world.store.namespace]


@pytest.fixture
async def shop(database: Database) -> Shop:
    return Shop(await a_ready_shop(database), database)


async def test_nothing_of_a_paused_shop_runs_and_all_its_data_stay(shop: Shop) -> None:
    await shop.cluster.ensure_secret(shop.world.store.namespace, "store-credentials", {}, dict)
    secrets, uid = dict(shop.namespace.secrets), shop.namespace.uid

    store = await shop.suspend()

    assert (store.status, store.reason, store.task) == (_S.SUSPENDED, None, None)
    assert store.suspended_at == store.updated_at
    assert store.ready_at == shop.world.store.ready_at
    assert (shop.namespace.pods, shop.namespace.is_hidden) == ({}, True)
    assert (shop.namespace.secrets, shop.namespace.uid) == (secrets, uid)
    assert shop.namespace.release == "deployed"
    assert shop.namespace.annotations[STORE_ANNOTATION] == annotation_for(store)
    assert '"isSuspended":true' in annotation_for(store)
    operation = await shop.latest()
    assert (operation.kind, operation.status, operation.reason) == (_K.SUSPEND, _O.SUCCEEDED, None)
    told = "The shop is paused: nothing of it runs, and its data, its address and its backups are"
    assert await shop.world.steps() == {"STOP": ("SUCCEEDED", f"{told} kept.")}


async def test_visitors_are_led_away_before_the_shop_is_stopped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, found = shop.cluster.stop, list[bool]()

    async def noted(*given: str) -> None:
        found.append(shop.namespace.is_hidden)
        await stop(*given)

    monkeypatch.setattr(shop.cluster, "stop", noted)
    await shop.suspend()
    assert found == [True]


async def test_a_resumed_shop_is_as_it_was(shop: Shop) -> None:
    before = shop.world.store
    suspended = await shop.suspend()

    store = await shop.resume()

    assert (store.status, store.reason, store.suspended_at) == (_S.READY, None, None)
    assert replace(
        store, version=0, updated_at=before.updated_at, ready_at=before.ready_at,
        operation_number=0, operation_started_at=before.operation_started_at,
    ) == replace(before, version=0, operation_number=0)  # fmt: skip
    assert store.operation_number == suspended.operation_number + 1
    assert set(shop.namespace.pods) == {f"{store.release}-web"}
    assert not shop.namespace.is_hidden
    assert shop.namespace.annotations[STORE_ANNOTATION] == annotation_for(store)
    operation = await shop.latest()
    assert (operation.kind, operation.status) == (_K.RESUME, _O.SUCCEEDED)
    steps = await shop.world.steps()
    assert tuple(steps) == RESUME_STEPS
    assert steps["OPEN"] == ("SUCCEEDED", "Visitors get to the shop again.")


async def test_visitors_come_only_once_the_shop_is_set_up(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    update, hidden = shop.records.update_step, dict[StepName, bool]()

    async def noted(store: Store, name: StepName, *given: object, **more: object) -> object:
        hidden[name] = shop.namespace.is_hidden
        return await update(store, name, *given, **more)  # type: ignore[arg-type]

    await shop.suspend()
    monkeypatch.setattr(shop.records, "update_step", noted)
    await shop.resume()

    led_away = {name for name, is_hidden in hidden.items() if is_hidden}
    assert led_away == set(PROVISION_STEPS) - {StepName.REACHABLE}
    assert set(hidden) - led_away == {StepName.OPEN, StepName.REACHABLE}


@pytest.mark.parametrize("write", range(SUSPEND_WRITES))
async def test_a_service_that_is_ended_goes_on_pausing(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.begin()
    records = shop.world.task_records
    with monkeypatch.context() as patch:
        ends_after(
            write, patch, (records, "start"), (shop.records, "update_step"), (records, "suspend")
        )
        with pytest.raises(asyncio.CancelledError):
            await suspend(shop.context, records, shop.world.store)

    store = await shop.world.do_task()

    assert (store.status, store.task) == (_S.SUSPENDED, None)
    assert (shop.namespace.pods, shop.namespace.is_hidden) == ({}, True)
    assert (await shop.latest()).status is _O.SUCCEEDED
    assert {status for status, _ in (await shop.world.steps()).values()} == {"SUCCEEDED"}


@pytest.mark.parametrize("write", range(RESUME_WRITES))
async def test_a_service_that_is_ended_goes_on_opening(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.suspend()
    queued = await shop.records.resume(shop.id, "Asked for.", Quota())
    with monkeypatch.context() as patch:
        ends_after(write, patch, (shop.records, "transition"), (shop.records, "update_step"))
        with pytest.raises(asyncio.CancelledError):
            await provision(shop.context, queued)

    store = await shop.world.go_on(await shop.world.read())

    assert (store.status, store.suspended_at) == (_S.READY, None)
    assert (len(shop.namespace.pods), shop.namespace.is_hidden) == (1, False)
    assert (await shop.latest()).status is _O.SUCCEEDED
    statuses = {status for status, _ in (await shop.world.steps()).values()}
    assert statuses == {"SUCCEEDED", "SKIPPED"}


async def test_a_shop_whose_pods_do_not_end_is_left_open(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(*_: object) -> None:
        """As on a node that is lost."""

    monkeypatch.setattr(shop.cluster, "stop", stop)
    monkeypatch.setattr(closing, "PATIENCE_SECONDS", 0.05)
    (pod,) = shop.namespace.pods

    store = await shop.suspend()

    assert (store.status, store.task, store.suspended_at) == (_S.READY, None, None)
    assert not shop.namespace.is_hidden
    assert shop.namespace.annotations[STORE_ANNOTATION] == annotation_for(store)
    failed = await shop.latest()
    assert (failed.kind, failed.status) == (_K.SUSPEND, _O.FAILED)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.NOT_CLOSED_IN_TIME
    assert failed.reason.message == (
        "The shop is open as before. The shop could not be closed within"
        f" 0.000833333 minutes. Pod {pod} is ending. See whether its node still answers."
    )


async def test_an_engine_that_is_gone_keeps_a_shop_from_being_paused(shop: Shop) -> None:
    shop.world.context = replace(shop.context, engines={})

    store = await shop.suspend()

    assert (store.status, len(shop.namespace.pods), shop.namespace.is_hidden) == (
        _S.READY, 1, False,
    )  # fmt: skip
    failed = await shop.latest()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING


async def test_a_shop_whose_pausing_is_given_up_is_opened_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError("Nobody foresaw this.")

    monkeypatch.setattr(shop.world.task_records, "suspend", breaks)
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.001)

    store = await shop.suspend()

    assert (store.status, store.task, store.suspended_at) == (_S.READY, None, None)
    failed = await shop.latest()
    assert failed.reason is not None
    assert (failed.status, failed.reason.code) == (_O.FAILED, ReasonCode.INTERNAL)
    assert shop.world.woken == [store]
    # It is closed still, which is found at once then.
    ill = await observe(shop.context, store)
    assert ill.status is _S.DEGRADED
    await inspect(shop.context, ill)
    assert (len(shop.namespace.pods), shop.namespace.is_hidden) == (1, False)


async def test_a_paused_shop_is_neither_ill_nor_drift(shop: Shop) -> None:
    store = await shop.suspend()

    assert await observe(shop.context, store) == store
    assert await inspect(shop.context, store) == store

    assert await shop.world.read() == store
    assert (shop.namespace.pods, shop.namespace.is_hidden) == ({}, True)
    assert await shop.repairs() == []


async def test_a_paused_shop_that_somebody_starts_is_stopped_again(shop: Shop) -> None:
    store = await shop.suspend()
    await shop.cluster.restore(release=store.release, namespace=store.namespace, revision=1)
    (pod,) = shop.namespace.pods

    await inspect(shop.context, store)

    assert (shop.namespace.pods, shop.namespace.is_hidden) == ({}, True)
    told = f"Pod {pod} ran although the shop is paused: it is stopped again."
    assert await shop.repairs() == [("REPAIRED", told)]
    assert (await shop.world.read()).status is _S.SUSPENDED


async def test_a_paused_shop_whose_namespace_is_lost_has_failed(shop: Shop) -> None:
    store = await shop.suspend()
    shop.cluster.lose(store.namespace)

    lost = await observe(shop.context, store)

    assert (lost.status, lost.reason, lost.suspended_at) == (_S.FAILED, NAMESPACE_LOST, None)


async def test_no_empty_shop_is_opened_in_place_of_a_lost_one(shop: Shop) -> None:
    store = await shop.suspend()
    shop.cluster.lose(store.namespace)

    lost = await shop.resume()

    assert (lost.status, lost.reason, lost.suspended_at) == (_S.FAILED, NAMESPACE_LOST, None)
    assert store.namespace not in shop.cluster.namespaces
    failed = await shop.latest()
    assert (failed.kind, failed.status, failed.reason) == (_K.RESUME, _O.FAILED, NAMESPACE_LOST)
    # As the reason says: a retry builds the store again, and does so by a choice.
    again = await shop.records.transition(lost, _S.QUEUED, begins=_K.RETRY)
    assert (await shop.world.go_on(again)).status is _S.READY
    assert tuple(await shop.world.steps()) == PROVISION_STEPS


async def test_a_resume_that_failed_is_retried_as_one(shop: Shop) -> None:
    await shop.suspend()
    shop.cluster.is_image_missing = True
    failed = await shop.resume()
    assert failed.status is _S.FAILED
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.IMAGE_NOT_FOUND
    assert shop.namespace.is_hidden  # nobody is led to a shop that does not answer

    shop.cluster.is_image_missing = False
    again = await shop.records.transition(failed, _S.QUEUED, begins=_K.RETRY)
    store = await shop.world.go_on(again)

    assert (store.status, store.suspended_at) == (_S.READY, None)
    assert tuple(await shop.world.steps()) == RESUME_STEPS
    assert not shop.namespace.is_hidden


async def test_trouble_that_passes_ends_nothing(shop: Shop) -> None:
    shop.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    assert (await shop.suspend()).status is _S.SUSPENDED
    shop.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    assert (await shop.resume()).status is _S.READY


async def test_a_paused_store_can_be_deleted(shop: Shop) -> None:
    store = await shop.suspend()
    going = await shop.records.request_delete(store.id, "Asked for.")
    assert (await delete(shop.context, going)).status is _S.DELETED
    assert store.namespace not in shop.cluster.namespaces


async def test_a_delete_ends_the_pausing(shop: Shop) -> None:
    await shop.begin()
    going = await shop.records.request_delete(shop.id, "Asked for.")
    assert (going.task, going.status) == (None, _S.READY)
    assert (await delete(shop.context, going)).status is _S.DELETED
    assert (await shop.latest()).kind is _K.DELETE
