"""A delete that makes no progress says so, is tried on, and ends as soon as it can."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain import backoff
from provisioner.domain.cluster import Blocker, NamespaceState, Observation, Pod, PodPhase
from provisioner.domain.codes import ReasonCode
from provisioner.domain.operations import OperationKind
from provisioner.domain.stores import Reason, Store, StoreStatus
from provisioner.reconcile.context import WorkSettings
from provisioner.reconcile.holders import holders, remedy
from provisioner.reconcile.reconciler import Reconciler
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HELD
from tests.stores import a_pod
from tests.unit.test_unforeseen import Platform

_S = StoreStatus
TRIED_ON = (
    "The platform keeps trying, at growing intervals. To have it try at once, delete the store"
    " again."
)
KEEP = (
    "The finalizer example.com/keep is taken away by the controller that set it: see that it runs."
    " Remove it by hand only if that controller is gone for good: what it was to clean up stays"
    " behind then."
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_SECONDS", "CAP_SECONDS"):
        monkeypatch.setattr(backoff, name, 0.001)
    for name in ("LONG_FIRST_SECONDS", "LONG_CAP_SECONDS"):
        monkeypatch.setattr(backoff, name, 3600)


@pytest.fixture
def platform(repository: StoreRepository) -> Platform:
    made = Platform(repository)
    # Short, for its end is waited for; and long enough for a delete that nothing holds.
    settings = WorkSettings(delete_timeout=timedelta(seconds=2))
    made.context = replace(made.context, settings=settings)
    return made


async def failed_delete(platform: Platform, reconciler: Reconciler) -> Store:
    store = await platform.create(reconciler)
    await platform.until(store, lambda now: now.status is _S.READY)
    platform.cluster.is_holding = True
    reconciler.wake(await platform.records.request_delete(store.id, "Deleted."))
    return await platform.until(store, lambda now: now.status is _S.FAILED)


async def test_it_fails_with_what_holds_it_and_ends_once_that_is_gone(platform: Platform) -> None:
    async with platform.at_work() as reconciler:
        failed = await failed_delete(platform, reconciler)
        assert failed.target == "DELETED"
        assert failed.reason == Reason(
            ReasonCode.NAMESPACE_STUCK,
            f"Namespace {failed.namespace} cannot be removed. {HELD.message}. {KEEP} {TRIED_ON}",
        )
        # Its next try is an hour away, but the watch tells that it is gone
        platform.cluster.let_go()
        reconciler.wake_by_id(failed.id)
        gone = await platform.until(failed, lambda now: now.status is _S.DELETED)
    assert gone.reason is None
    assert gone.operation_number == failed.operation_number


async def test_what_changes_meanwhile_brings_no_try(platform: Platform) -> None:
    async with platform.at_work() as reconciler:
        failed = await failed_delete(platform, reconciler)
        await asyncio.sleep(0.05)
        tried = platform.cluster.calls["delete_namespace"]
        for _ in range(10):
            reconciler.wake_by_id(failed.id)
            reconciler.wake(failed)
            await asyncio.sleep(0.01)
        assert platform.cluster.calls["delete_namespace"] == tried
        assert (await platform.records.get(failed.id)).version == failed.version
        # Asked for again, it is tried at once, and has its time again
        asked = await platform.records.transition(failed, _S.QUEUED, begins=OperationKind.DELETE)
        reconciler.wake(asked)
        again = await platform.until(failed, lambda now: now.status is _S.DELETING)
        assert again.operation_number == failed.operation_number + 1
        platform.cluster.let_go()
        await platform.until(failed, lambda now: now.status is _S.DELETED)


async def test_a_restart_tries_it_at_once(platform: Platform) -> None:
    async with platform.at_work() as reconciler:
        failed = await failed_delete(platform, reconciler)
    platform.cluster.restart()
    platform.cluster.let_go()
    async with platform.at_work() as reconciler:
        for store in await platform.records.undeleted():
            reconciler.wake(store)
        await platform.until(failed, lambda now: now.status is _S.DELETED)


async def test_a_store_that_failed_before_is_deleted_anew(platform: Platform) -> None:
    platform.cluster.is_image_missing = True
    async with platform.at_work() as reconciler:
        store = await platform.create(reconciler)
        failed = await platform.until(store, lambda now: now.status is _S.FAILED)
        reconciler.wake(await platform.records.request_delete(store.id, "Deleted."))
        gone = await platform.until(store, lambda now: now.status is _S.DELETED)
    assert gone.operation_number == failed.operation_number + 1


def blocked(kind: str, message: str, *, pods: tuple[str, ...] = ()) -> Observation:
    state = NamespaceState(
        name="ns", uid="u", is_terminating=True, blockers=(Blocker(kind, message),)
    )
    return Observation(namespace=state, pods=tuple(a_pod(f"u-{p}", name=p) for p in pods))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            blocked(
                "NamespaceDeletionDiscoveryFailure",
                "Discovery failed for some groups, 1 failing: unable to retrieve the complete list"
                " of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery",
            ),
            (
                "An API service of the cluster does not answer, so that Kubernetes cannot tell what"
                " is left: `kubectl get apiservices` shows which; mend it, or remove it."
            ),
        ),
        (
            blocked(
                "NamespaceDeletionContentFailure",
                "Failed to delete all resource types, 1 remaining: Internal error occurred: failed"
                ' calling webhook "keep.example.com": connection refused',
            ),
            (
                "The admission webhook keep.example.com is in the way: have it answer and allow"
                " this, or remove its configuration."
            ),
        ),
        (
            blocked(
                "NamespaceFinalizersRemaining",
                "Some content in the namespace has finalizers remaining:"
                " kubernetes.io/pvc-protection in 1 resource instances",
                pods=("web-0",),
            ),
            "A volume goes once no pod uses it any more: end pod web-0.",
        ),
        (blocked(HELD.kind, HELD.message), KEEP),
        (
            blocked(
                "NamespaceContentRemaining",
                "Some resources are remaining: pods. has 1 resource instances",
            ),
            "See what is left in it, and who should remove it.",
        ),
    ],
)
def test_each_holder_has_a_remedy_of_its_own(seen: Observation, expected: str) -> None:
    assert remedy(seen) == expected


def test_a_pod_that_its_node_does_not_end() -> None:
    seen = blocked(
        "NamespaceContentRemaining", "Some resources are remaining: pods. has 1 resource instances"
    )
    pod = Pod(
        name="web-0", uid="u", component="web", phase=PodPhase.RUNNING, is_ready=False,
        node="node-1", is_terminating=True, created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    assert remedy(Observation(namespace=seen.namespace, pods=(pod,))) == (
        "Pod web-0 waits to be ended by its node node-1, or for a finalizer of its own: see that"
        " the node answers, or remove it from the cluster if it is gone for good, and that the"
        " controller runs that set the finalizer."
    )
    # Since Kubernetes 1.33 pods go before all the rest, and no condition says that they do not
    silent = NamespaceState(name="ns", uid="u", is_terminating=True)
    assert holders(Observation(namespace=silent, pods=(pod,))) == "Still there: pod web-0."
    assert remedy(Observation(namespace=silent, pods=(pod,))).startswith("Pod web-0 waits")
    assert holders(Observation(namespace=silent)) == ""
