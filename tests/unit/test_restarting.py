"""A shop whose pods are all started anew, and which is otherwise as it was."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from provisioner.domain.cluster import Pod
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterUnreachableError
from provisioner.domain.operations import Operation, OperationKind, OperationStatus
from provisioner.domain.stores import Reason, Store, StoreStatus, StoreTask
from provisioner.readiness import Assessment, FatalFinding
from provisioner.reconcile import restarting
from provisioner.reconcile.health import observe
from provisioner.reconcile.namespaces import NAMESPACE_LOST
from provisioner.reconcile.restarting import restart
from provisioner.storage.database import Database
from tests.unit.backup_world import World, a_ready_shop

_S, _O, _K = StoreStatus, OperationStatus, OperationKind


@pytest.fixture
async def world(database: Database) -> World:
    return await a_ready_shop(database)


async def begin(world: World) -> Store:
    """Ask for a restart, some time after the shop was made."""
    for pod in list(pods(world).values()):
        pods(world)[pod.name] = structs.replace(
            pod, created_at=pod.created_at - timedelta(minutes=1)
        )
    world.store = await world.task_records.begin(world.store.id, StoreTask.RESTART, "Asked for.")
    return world.store


async def restarted(world: World) -> Operation:
    """Have the shop restarted; return the operation once that is over."""
    # Not by a worker, which a test might end between the last write and what comes after it.
    await restart(world.context, world.task_records, world.woken.append, await begin(world))
    return await world.ended()


def pods(world: World) -> dict[str, Pod]:
    return world.cluster.namespaces[world.store.namespace].pods


async def test_every_pod_is_another_and_nothing_else(world: World) -> None:
    before, (pod,) = world.store, pods(world).values()
    secrets = dict(world.secrets)

    done = await restarted(world)

    assert (done.kind, done.status, done.reason) == (_K.RESTART, _O.SUCCEEDED, None)
    (new,) = pods(world).values()
    assert (new.name, new.is_ready) == (pod.name, True)
    assert new.uid != pod.uid
    assert dict(world.secrets) == secrets
    after = await world.read()
    assert (after.status, after.task, after.ready_at) == (_S.READY, None, before.ready_at)
    assert world.woken == [after]  # so that its status is looked at
    told = "Every part of the shop has started anew."
    assert await world.steps() == {"RESTART": ("SUCCEEDED", told)}


async def test_it_is_as_ready_as_before_meanwhile(world: World) -> None:
    store = await begin(world)
    world.cluster.remove_workloads(store.namespace)
    assert await observe(world.context, store) == store


async def test_a_service_that_was_killed_replaces_no_pod_twice(world: World) -> None:
    store = await begin(world)
    with pytest.MonkeyPatch.context() as patch:

        async def ends(*_: object, **__: object) -> None:
            raise asyncio.CancelledError

        patch.setattr(world.task_records, "succeed", ends)
        with pytest.raises(asyncio.CancelledError):
            await restart(world.context, world.task_records, world.woken.append, store)
    (new,) = pods(world).values()

    await world.do_task()

    assert [pod.uid for pod in pods(world).values()] == [new.uid]
    assert (await world.ended()).status is _O.SUCCEEDED


async def test_pods_that_do_not_start_again_fail_it_with_the_reason(world: World) -> None:
    world.cluster.is_image_missing = True
    failed = await restarted(world)
    assert failed.status is _O.FAILED
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.IMAGE_NOT_FOUND
    assert world.woken == [await world.read()]


async def test_what_is_fatal_only_after_a_while_ends_it_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Assessment(
        fatal=None, are_workloads_ready=False, is_setup_done=True,
        waiting_for="Pod web fits on no node.", recheck_after=timedelta(milliseconds=1),
    )  # fmt: skip
    reason = Reason(ReasonCode.UNSCHEDULABLE, "Pod web fits on no node, for too long.")
    fatal = FatalFinding(reason, None, None, previous=False)
    looks = iter([waiting] * 10)  # while nothing changes in the cluster

    def look(*_: object, **__: object) -> Assessment:
        return next(looks, replace(waiting, fatal=fatal))

    monkeypatch.setattr(restarting, "look", look)
    assert (await restarted(world)).reason == reason


async def test_one_that_takes_too_long_says_what_it_waited_for(world: World) -> None:
    settings = replace(world.context.settings, provision_timeout=timedelta(seconds=0.2))
    world.context = replace(world.context, settings=settings)
    store = await begin(world)
    (name,) = pods(world)
    with pytest.MonkeyPatch.context() as patch:

        async def kept(*_: object) -> None:
            """As on a node that is lost."""

        patch.setattr(world.cluster, "delete_pod", kept)
        await world.do_task()
    failed = await world.ended()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.NOT_READY_IN_TIME
    assert failed.reason.message == (
        "The shop was not running again within 0.00333333 minutes. Last seen: Pod"
        f" {name} is ending. Look at its pods for what is slow."
    )
    assert (await world.read()).status is store.status


async def test_a_namespace_that_is_lost_meanwhile_ends_it(world: World) -> None:
    store = await begin(world)
    world.cluster.lose(store.namespace)
    await world.do_task()
    assert (await world.ended()).reason == NAMESPACE_LOST


async def test_an_engine_that_is_gone_ends_it(world: World) -> None:
    world.context = replace(world.context, engines={})
    failed = await restarted(world)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING


async def test_trouble_that_passes_ends_nothing(world: World) -> None:
    world.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    assert (await restarted(world)).status is _O.SUCCEEDED
