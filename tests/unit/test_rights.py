"""The platform gives itself its rights, one namespace at a time, and waits until they are known."""

import asyncio

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import NamespaceState, Observation
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    HelmError,
    TerminalError,
)
from provisioner.domain.stores import Reason, StepStatus, StoreStatus
from provisioner.reconcile import rights
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.deletion import delete
from provisioner.reconcile.drift import inspect
from provisioner.reconcile.namespaces import namespace_labels
from provisioner.reconcile.rights import RightsKeeper, Settling, ensure_rights
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, SimulatedCluster
from tests.stores import a_store

ROLE = "in-stores"
NO_RIGHT = (
    'secrets "x" is forbidden: User "system:serviceaccount:a:b" cannot get resource "secrets" in'
    ' API group "" in the namespace "n"'
)
BY_POLICY = 'services "x" is forbidden: ValidatingAdmissionPolicy "p" denied request: no.'


class ClusterThatRemovesNamespaces(SimulatedCluster):
    """Every namespace that it shows is going; helm could do nothing there any more."""

    def observe(self, namespace: str) -> Observation:
        if namespace not in self.namespaces:
            return Observation(namespace=None)
        state = NamespaceState(name=namespace, uid="uid", is_terminating=True)
        return Observation(namespace=state)

    async def uninstall(self, *, release: str, namespace: str) -> str:  # noqa: ARG002
        raise AssertionError


class Refusing:
    """Work that is refused a number of times."""

    def __init__(self, error: TerminalError, times: int) -> None:
        self.error = error
        self.times = times

    async def __call__(self) -> str:
        self.times -= 1
        if self.times >= 0:
            raise self.error
        return "done"


def context(
    records: StoreRepository, cluster: SimulatedCluster, role: str | None = ROLE
) -> ReconcileContext:
    return ReconcileContext(
        records=records, cluster=cluster, helm=cluster, releases=cluster, observer=cluster,
        jobs=cluster,
        prober=AlwaysAnswers(), engines={}, clock=SystemClock(),
        settings=WorkSettings(store_role=role),
    )  # fmt: skip


def rejected(words: str) -> ClusterRejectedError:
    return ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, words))


@pytest.mark.parametrize(
    "error",
    [
        rejected(NO_RIGHT),
        HelmError(Reason(ReasonCode.HELM_FAILED, "helm could not."), output=NO_RIGHT),
    ],
)
async def test_an_early_refusal_for_want_of_rights_passes(error: TerminalError) -> None:
    settling = Settling()
    settling.begin()
    work = Refusing(error, 1)
    with pytest.raises(ClusterUnreachableError):
        await settling.of(work)
    assert await settling.of(work) == "done"


async def test_no_other_refusal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    settling = Settling()
    with pytest.raises(ClusterRejectedError):  # none were given
        await settling.of(Refusing(rejected(NO_RIGHT), 1))
    settling.begin()
    with pytest.raises(ClusterRejectedError):
        await settling.of(Refusing(rejected(BY_POLICY), 1))
    monkeypatch.setattr(rights, "SETTLING_SECONDS", 0.0)
    settling.begin()
    with pytest.raises(ClusterRejectedError):  # every API server has heard of them long since
        await settling.of(Refusing(rejected(NO_RIGHT), 1))


async def test_without_a_role_nothing_is_bound(repository: StoreRepository) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    await cluster.ensure_namespace("n", {})
    assert not await ensure_rights(context(repository, cluster, role=None), "n")
    assert cluster.namespaces["n"].roles == set()
    assert await ensure_rights(context(repository, cluster), "n")
    assert cluster.namespaces["n"].roles == {ROLE}


async def test_every_store_has_the_rights_in_its_namespace(repository: StoreRepository) -> None:
    # Given stores of an earlier version, one of which has no namespace, and one that is refused
    cluster = SimulatedCluster(SystemClock().now)
    stores = [await repository.create(a_store()) for _ in range(4)]
    for store in stores[1:]:
        await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    cluster.faults = [rejected("no"), rejected("no")]

    keeper = asyncio.create_task(
        RightsKeeper(context(repository, cluster), repository.undeleted).run()
    )
    async with asyncio.timeout(30):
        while [s.roles for s in cluster.namespaces.values()].count({ROLE}) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
    keeper.cancel()
    await asyncio.wait({keeper})
    assert keeper.cancelled()


async def test_a_look_for_drift_gives_back_rights_that_were_removed(
    repository: StoreRepository,
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await repository.create(a_store())
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    await inspect(context(repository, cluster), store)
    assert cluster.namespaces[store.namespace].roles == {ROLE}


async def test_in_a_namespace_that_is_going_nothing_is_uninstalled(
    repository: StoreRepository,
) -> None:
    """The platform's rights there go with all the rest."""
    cluster = ClusterThatRemovesNamespaces(SystemClock().now)
    store = await repository.create(a_store())
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    before = dict(cluster.namespaces)
    deleted = await delete(context(repository, cluster), store)
    assert deleted.status is StoreStatus.DELETED
    assert cluster.namespaces == {}
    assert before[store.namespace].roles == set()
    steps = (await repository.snapshot(store.id)).steps
    assert [step.status for step in steps][-2:] == [StepStatus.SKIPPED, StepStatus.SUCCEEDED]
