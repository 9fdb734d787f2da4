"""Which stores are looked at for drift, and what is recorded of it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, HelmError
from provisioner.domain.names import new_store_id
from provisioner.domain.owners import Owner, local
from provisioner.domain.store_annotation import annotation_for, store_from
from provisioner.domain.stores import (
    EventKind,
    Reason,
    Store,
    StoreStatus,
    StoreTask,
    Upgrade,
    new_store,
)
from provisioner.kubernetes.labels import STORE_ANNOTATION as KEY
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.reconcile import drift_patrol
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.drift import inspect
from provisioner.reconcile.drift_patrol import Patrol
from provisioner.reconcile.health import observe
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET, NAMESPACE_LOST, namespace_labels
from provisioner.reconcile.reconciler import Reconciler
from provisioner.storage.database import Database
from provisioner.storage.owner_moves import move
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, RecordedAnnouncements, SimulatedCluster
from tests.unit.backup_world import ENGINE

_S = StoreStatus
REASON = Reason(ReasonCode.OTHER, "For the test.")


class ClusterWhoseHelmCannotRestore(SimulatedCluster):
    async def restore(self, *, release: str, namespace: str, revision: int) -> str:  # noqa: ARG002
        raise HelmError(
            Reason(ReasonCode.HELM_FAILED, f"helm could not restore release {release}: no.")
        )


class ClusterThatRejectsMarks(SimulatedCluster):
    async def mark_namespace(self, name: str, *_: object) -> bool:
        raise ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, f"{name} is forbidden."))


class Inspected(Reconciler):
    """Only remembers whom it should look at."""

    def __init__(self) -> None:
        self.store_ids: list[str] = []

    def inspect(self, store_id: str) -> None:
        self.store_ids.append(store_id)


async def a_store(records: StoreRepository, *statuses: StoreStatus) -> Store:
    store_id = new_store_id()
    store = await records.create(
        new_store(
            store_id=store_id, name=f"s-{store_id[:12]}", owner=local("merchant"), engine="e",
            engine_version="1", release=f"e-{store_id[:12]}", host="h", url="http://h",
            now=SystemClock().now(),
        )
    )  # fmt: skip
    for status in statuses:
        reason = REASON if status in {_S.DEGRADED, _S.FAILED} else None
        store = await records.transition(store, status, reason=reason)
    return store


async def a_drifted_store(records: StoreRepository, cluster: SimulatedCluster) -> Store:
    store = await a_store(records, _S.PROVISIONING, _S.READY)
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    await cluster.ensure_secret(store.namespace, CREDENTIALS_SECRET, {}, dict)
    await cluster.install(
        release=store.release, namespace=store.namespace, chart=Path("/nowhere"), values={}
    )
    cluster.remove_workloads(store.namespace)
    return store


def context(records: StoreRepository, cluster: SimulatedCluster) -> ReconcileContext:
    return ReconcileContext(
        records=records, cluster=cluster, helm=cluster, releases=cluster, observer=cluster,
        jobs=cluster,
        prober=AlwaysAnswers(), engines={}, clock=SystemClock(), settings=WorkSettings(),
    )  # fmt: skip


async def repairs(records: StoreRepository, store: Store) -> list[tuple[str, str]]:
    events = await records.events_after(store.id, 0, limit=100)
    return [(e.status, e.message) for e in events if e.kind is EventKind.REPAIR]


async def test_each_repair_is_told(repository: StoreRepository) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    told = (
        "REPAIRED",
        f"Drift was found and put back: Deployment {store.release}-web was missing.",
    )
    await inspect(context(repository, cluster), store)
    assert await repairs(repository, store) == [told]
    await inspect(context(repository, cluster), store)
    assert await repairs(repository, store) == [told]
    cluster.remove_workloads(store.namespace)
    await inspect(context(repository, cluster), store)
    assert await repairs(repository, store) == [told, told]


@pytest.mark.parametrize("label", [STORE_LABEL, "pod-security.kubernetes.io/enforce"])
async def test_a_label_of_the_namespace_is_put_back(
    repository: StoreRepository, label: str
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    cluster.restore_workloads(store.namespace)
    cluster.namespaces[store.namespace].labels.pop(label)
    for _ in range(2):
        await inspect(context(repository, cluster), store)
    assert cluster.namespaces[store.namespace].labels == namespace_labels(store)
    assert await repairs(repository, store) == [
        (
            "REPAIRED",
            f"The label {label} of the store's namespace had been removed or changed: put back.",
        )
    ]


@pytest.mark.parametrize("annotation", [None, "{}"], ids=["missing", "changed"])
async def test_the_annotation_of_the_namespace_is_written_anew(
    repository: StoreRepository, annotation: str | None
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    cluster.restore_workloads(store.namespace)
    found = cluster.namespaces[store.namespace]
    found.annotations = {"of": "somebody"} | ({} if annotation is None else {KEY: annotation})
    for _ in range(2):
        await inspect(context(repository, cluster), store)
    assert found.annotations == {"of": "somebody", KEY: annotation_for(store)}
    assert found.labels == namespace_labels(store)
    assert await repairs(repository, store) == []


async def test_the_annotation_follows_the_owner(
    repository: StoreRepository, database: Database
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    await inspect(context(repository, cluster), store)
    await move(database, store.owner, Owner("https://issuer.example", "00u1", "Ada"))
    moved = await repository.get(store.id)
    await inspect(context(repository, cluster), moved)
    text = cluster.namespaces[store.namespace].annotations[KEY]
    told = store_from(text, namespace=store.namespace, store_id=store.id)
    assert (told.owner, told.owner.display_name) == (moved.owner, "Ada")


async def test_a_rejected_annotation_keeps_nothing_from_being_repaired(
    repository: StoreRepository,
) -> None:
    cluster = ClusterThatRejectsMarks(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    await inspect(context(repository, cluster), store)
    assert cluster.namespaces[store.namespace].annotations == {}
    ((status, _),) = await repairs(repository, store)
    assert status == "REPAIRED"
    assert cluster.namespaces[store.namespace].missing == set()


async def test_a_strangers_namespace_of_the_same_name_is_left_alone(
    repository: StoreRepository,
) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    cluster.lose(store.namespace)
    await cluster.ensure_namespace(store.namespace, {"owner": "stranger"})
    await inspect(context(repository, cluster), store)
    assert cluster.namespaces[store.namespace].labels == {"owner": "stranger"}
    assert cluster.namespaces[store.namespace].annotations == {}
    observed = await observe(context(repository, cluster), store)
    assert observed.reason == NAMESPACE_LOST
    assert cluster.namespaces[store.namespace].labels == {"owner": "stranger"}
    assert await repairs(repository, store) == []


async def test_without_its_label_a_ready_store_stays_ready(repository: StoreRepository) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    cluster.restore_workloads(store.namespace)
    cluster.unlabel(store.namespace)
    assert cluster.observe(store.namespace).namespace is None
    assert (await observe(context(repository, cluster), store)).status is _S.READY
    assert cluster.observe(store.namespace).namespace is not None
    ((status, message),) = await repairs(repository, store)
    assert status == "REPAIRED"
    assert STORE_LABEL in message


async def test_what_cannot_be_put_back_is_told_once(repository: StoreRepository) -> None:
    cluster = ClusterWhoseHelmCannotRestore(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    for _ in range(3):
        await inspect(context(repository, cluster), store)
    ((status, message),) = await repairs(repository, store)
    assert status == "NOT_REPAIRED"
    assert message == (
        f"Drift was found and could not be put back: Deployment {store.release}-web was missing."
        f" helm could not restore release {store.release}: no. It is tried again at the next look."
    )
    assert (await repository.get(store.id)).status is _S.READY


async def test_a_store_without_a_release_is_left_alone(repository: StoreRepository) -> None:
    cluster = SimulatedCluster(SystemClock().now)
    store = await a_drifted_store(repository, cluster)
    cluster.namespaces[store.namespace].release = ""
    await inspect(context(repository, cluster), store)
    assert await repairs(repository, store) == []
    assert cluster.namespaces[store.namespace].missing


async def test_a_shop_that_is_upgraded_is_neither_ill_nor_drift(
    repository: StoreRepository, database: Database
) -> None:
    # Given a shop that is closed, to be saved before its upgrade
    cluster = SimulatedCluster(SystemClock().now)
    ready = await a_drifted_store(repository, cluster)
    await cluster.hide(ready.namespace, ready.release)
    await cluster.stop(ready.namespace, ready.release, ["web"])
    tasks = TaskRepository(database, SystemClock(), RecordedAnnouncements())
    store = await tasks.begin(ready.id, StoreTask.UPGRADE, "Asked for.", upgrade=Upgrade("2"))
    events = await repository.events_after(store.id, 0, limit=100)
    world = replace(context(repository, cluster), engines={"e": ENGINE})
    # When it is looked at
    assert await inspect(world, store) == store
    assert await observe(world, store) == store
    # Then nothing of it is started, or told
    found = cluster.namespaces[store.namespace]
    assert (found.pods, found.is_hidden) == ({}, True)
    assert await repository.get(store.id) == store
    assert await repository.events_after(store.id, 0, limit=100) == events
    # Its loss is told all the same
    cluster.lose(store.namespace)
    lost = await observe(world, store)
    assert (lost.status, lost.reason) == (_S.FAILED, NAMESPACE_LOST)


async def test_only_stores_that_should_be_as_installed(
    repository: StoreRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift_patrol, "_PAUSE_SECONDS", (0.0, 0.0))
    ready = await a_store(repository, _S.PROVISIONING, _S.READY)
    degraded = await a_store(repository, _S.PROVISIONING, _S.READY, _S.DEGRADED)
    await a_store(repository)
    await a_store(repository, _S.PROVISIONING)
    await a_store(repository, _S.UPDATING)
    await a_store(repository, _S.PROVISIONING, _S.FAILED)
    await a_store(repository, _S.DELETING)
    unwanted = await a_store(repository, _S.PROVISIONING, _S.READY)
    await repository.request_delete(unwanted.id, "Deleted.")
    inspected = Inspected()
    await Patrol(repository.undeleted, inspected, timedelta(hours=1)).go_round()
    assert inspected.store_ids == [ready.id, degraded.id]
