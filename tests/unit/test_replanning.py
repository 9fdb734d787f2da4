"""A shop that gets another plan: while it is open, and back again if it does not run with it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.plans import Plan
from provisioner.domain.stores import PlanChange, Store, StoreStatus, StoreTask
from provisioner.readiness.assessment import GracePeriods
from provisioner.reconcile.drift import inspect
from provisioner.reconcile.health import observe
from provisioner.storage.database import Database
from tests.unit.backup_world import ENGINE, World, a_ready_shop

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
SIZES = {"small": "5Gi", "medium": "20Gi", "wide": "20Gi"}
PLANS = tuple(
    Plan(name, {"storage": size}, is_default=name == "small") for name, size in SIZES.items()
)
TO_MEDIUM = PlanChange("medium", None, grows=True)
TO_SMALL = PlanChange("small", "medium")


@pytest.fixture
async def world(database: Database) -> World:
    """A shop of the plan small, with a volume."""
    made = await a_ready_shop(database)
    made.context = replace(made.context, engines={"tiny": replace(ENGINE, plans=PLANS)})
    made.cluster.sizes = SIZES
    await install(made, plan="small")
    return made


async def install(world: World, **values: str) -> None:
    await world.cluster.install(
        release=world.store.release, namespace=world.store.namespace, chart=Path("/nowhere"),
        values=values,
    )  # fmt: skip


async def changed(world: World, change: PlanChange) -> Store:
    """Ask for a change, and have it done; return the store."""
    await begin(world, change)
    return await world.do_task()


async def begin(world: World, change: PlanChange) -> Store:
    begun = await world.task_records.begin(
        world.store.id, StoreTask.PLAN, "Asked for.", plan_change=change
    )
    world.store = begun
    return begun


def values(world: World) -> dict[str, object]:
    """What helm was given last of plans."""
    given = world.cluster.namespaces[world.store.namespace].values
    return {key: given[key] for key in ("plan", "storagePlan") if key in given}


def sizes(world: World) -> list[str]:
    return [item.size for item in world.cluster.namespaces[world.store.namespace].volumes.values()]


def plans(store: Store) -> tuple[str | None, str | None, PlanChange | None]:
    return store.plan, store.storage_plan, store.plan_change


async def test_a_larger_plan_makes_the_volumes_larger(world: World) -> None:
    store = await changed(world, TO_MEDIUM)

    done = await world.ended()
    assert (done.kind, done.status, done.reason) == (_K.PLAN, _O.SUCCEEDED, None)
    assert (store.status, plans(store)) == (_S.READY, ("medium", None, None))
    assert (values(world), sizes(world)) == ({"plan": "medium"}, ["20Gi"])
    assert [(name, status) for name, (status, _) in (await world.steps()).items()] == [
        ("HELM_INSTALL", "SUCCEEDED"), ("WORKLOADS_READY", "SUCCEEDED"), ("EXPAND", "SUCCEEDED"),
    ]  # fmt: skip
    assert world.woken == [store]


async def test_with_a_smaller_plan_the_volumes_stay(world: World) -> None:
    await changed(world, TO_MEDIUM)
    store = await changed(world, TO_SMALL)

    assert plans(store) == ("small", "medium", None)
    assert values(world) == {"plan": "small", "storagePlan": "medium"}
    assert sizes(world) == ["20Gi"]
    assert (await world.steps())["EXPAND"] == ("SKIPPED", "The volumes stay as large as they are.")

    store = await changed(world, PlanChange("medium", None))
    assert (plans(store), values(world)) == (("medium", None, None), {"plan": "medium"})


async def test_the_pods_of_the_plan_are_others(world: World) -> None:
    pods = world.cluster.namespaces[world.store.namespace].pods
    before = {pod.uid for pod in pods.values()}
    await changed(world, TO_MEDIUM)
    pods = world.cluster.namespaces[world.store.namespace].pods
    assert before.isdisjoint({pod.uid for pod in pods.values()})
    assert all(pod.is_ready for pod in pods.values())


async def test_a_plan_for_which_there_is_no_room_is_given_back(world: World) -> None:
    world.cluster.plans_without_room = {"medium"}
    grace = GracePeriods(unschedulable_grace=timedelta())
    settings = replace(world.context.settings, grace_periods=grace)
    world.context = replace(world.context, settings=settings)
    store = await changed(world, TO_MEDIUM)

    failed = await world.ended()
    assert (failed.status, store.status) == (_O.FAILED, _S.READY)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.UNSCHEDULABLE
    assert failed.reason.message.startswith(
        "The shop could not get the plan medium, and has its former one again. "
    )
    assert "Insufficient memory" in failed.reason.message
    assert plans(store) == (None, None, None)
    assert (values(world), sizes(world)) == ({}, ["5Gi"])  # nothing has grown
    pods = world.cluster.namespaces[store.namespace].pods
    assert all(pod.is_ready for pod in pods.values())


async def test_what_cannot_grow_is_found_before_anything_does(world: World) -> None:
    found = world.cluster.namespaces[world.store.namespace]
    found.volumes = {
        name: replace(volume, can_grow=False) for name, volume in found.volumes.items()
    }
    store = await changed(world, TO_MEDIUM)

    failed = await world.ended()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.CANNOT_BE_CHANGED
    assert "its storage class simulated does not allow that. Restore a backup" in str(failed.reason)
    assert (plans(store), sizes(world)) == ((None, None, None), ["5Gi"])


async def test_volumes_that_have_grown_stay_so_with_the_former_plan(world: World) -> None:
    release = world.cluster.release_pods
    with pytest.MonkeyPatch.context() as patch:

        async def fails(namespace: str, name: str) -> None:
            await release(namespace, name)
            world.cluster.is_image_missing = True
            world.cluster.replace_pods(namespace)

        patch.setattr(world.cluster, "release_pods", fails)
        world.cluster.sizes = SIZES
        store = await changed(world, TO_MEDIUM)
    assert (await world.ended()).status is _O.FAILED
    assert plans(store) == (None, "medium", None)
    assert (values(world), sizes(world)) == ({"storagePlan": "medium"}, ["20Gi"])


@pytest.mark.parametrize("ends_in", ["install", "record_growth", "grow_volume", "release_pods"])
async def test_a_service_that_is_ended_goes_on(world: World, ends_in: str) -> None:
    store = await begin(world, TO_MEDIUM)
    of = world.task_records if ends_in == "record_growth" else world.cluster
    work: Callable[..., object] = getattr(of, ends_in)
    with pytest.MonkeyPatch.context() as patch:

        async def ends(*given: object, **more: object) -> None:
            await work(*given, **more)  # type: ignore[misc]
            raise asyncio.CancelledError

        patch.setattr(of, ends_in, ends)
        with world.working() as tasks:
            tasks.wake(store)
            async with asyncio.timeout(20):
                while not tasks.running:  # noqa: ASYNC110
                    await asyncio.sleep(0)
                while tasks.running:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
    world.store = await world.read()
    after = await world.do_task()
    assert (await world.ended()).status is _O.SUCCEEDED
    assert (plans(after), values(world)) == (("medium", None, None), {"plan": "medium"})
    assert sizes(world) == ["20Gi"]


async def test_meanwhile_nobody_takes_it_for_ill_or_changed(world: World) -> None:
    store = await begin(world, TO_MEDIUM)
    world.cluster.remove_workloads(store.namespace)
    assert await observe(world.context, store) == store
    assert await inspect(world.context, store) == store
    assert world.cluster.namespaces[store.namespace].pods == {}


async def test_an_engine_that_is_gone_fails_it_with_the_reason(world: World) -> None:
    world.context = replace(world.context, engines={})
    store = await changed(world, TO_MEDIUM)
    failed = await world.ended()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING
    assert plans(store) == (None, None, None)


async def test_a_deletion_ends_it(world: World) -> None:
    await begin(world, TO_MEDIUM)
    going = await world.records.request_delete(world.store.id, "Asked for.")
    assert plans(going) == (None, None, None)
