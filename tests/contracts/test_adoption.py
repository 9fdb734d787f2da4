"""Stores that are found in the cluster and recorded again, on both databases."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.backups import InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import Release
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, EngineVersion, Workload
from provisioner.domain.errors import ClusterRejectedError, ConflictError, RefusedError
from provisioner.domain.identities import Role
from provisioner.domain.operations import Operation, OperationKind, OperationStatus, Request
from provisioner.domain.owners import COMMAND_LINE, Owner
from provisioner.domain.store_annotation import annotation_for
from provisioner.domain.stores import (
    EventKind,
    Reason,
    Step,
    StepStatus,
    Store,
    StoreStatus,
    StoreTarget,
    StoreTask,
    Upgrade,
)
from provisioner.domain.transitions import PROVISION_STEPS
from provisioner.kubernetes.labels import STORE_ANNOTATION, STORE_LABEL
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.health import observe
from provisioner.reconcile.namespaces import namespace_annotations, namespace_labels
from provisioner.services.adoption import Adoption, Finding
from provisioner.storage.adoption import AdoptionRecords
from provisioner.storage.audit_log import (
    AuditedAction,
    AuditFilter,
    AuditLog,
    AuditOutcome,
    AuditRecord,
)
from provisioner.storage.change_log import ChangeLog
from provisioner.storage.database import Database
from provisioner.storage.operation_history import complete_history
from provisioner.storage.store_reads import StoreReader
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, HandClock, RecordedAnnouncements, SimulatedCluster
from tests.contracts.conftest import World
from tests.left_behind import leave, left_behind
from tests.stores import a_store

_S = StoreStatus
MADE = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
NOW = MADE + timedelta(days=30)
ADA = Owner("https://issuer.example", "00u1", "Ada")
ENGINE = Engine(
    name="tiny", display_name="Tiny", description="", chart="/nowhere", release_prefix="tiny",
    workloads=(Workload("web", "Deployment", 1),), setup_job=None, shop_path="/", admin_path="/",
    ready_path="/", admin_password_key="", admin_user="", credentials=(),
    versions=(EngineVersion("1", is_default=True, values={}),), resources={},
)  # fmt: skip


class Desk:
    """A database that does not know what is in the cluster, and what is done about that."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(NOW)
        self.reader = StoreReader(database)
        self.records = StoreRepository(database, self.clock, RecordedAnnouncements())
        self.audit = AuditLog(database, self.clock)

    def adoption(self, cluster: SimulatedCluster) -> Adoption:
        return Adoption(cluster, cluster, AdoptionRecords(self.database, self.clock))

    async def find(self, cluster: SimulatedCluster) -> list[Finding]:
        return await self.adoption(cluster).find()

    async def found(self, cluster: SimulatedCluster) -> Store:
        """Return the store of the only finding, which can be recorded."""
        (finding,) = await self.find(cluster)
        assert finding.problem == ""
        assert finding.store is not None
        return finding.store

    async def adopt(self, cluster: SimulatedCluster, store: Store) -> Store:
        return await self.adoption(cluster).adopt(store, self.audited())

    def audited(self) -> AuditedAction:
        record = AuditRecord(
            action="adoptStore", outcome=AuditOutcome.ACCEPTED, address="local",
            actor=COMMAND_LINE, role=Role.ADMIN, arguments=json.dumps({"name": "tea"}),
        )  # fmt: skip
        return AuditedAction(self.audit, record)

    async def state(self) -> tuple[object, ...]:
        """Return all that an adoption could change."""
        tables = ("stores", "operations", "steps", "events", "audit", "change_counter")
        return tuple([await self._rows(table) for table in tables])

    async def _rows(self, table: str) -> list[dict[str, object]]:
        rows = await self.database.read(
            lambda transaction: transaction.fetch_all(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608
        )
        return [dict(row) for row in rows]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def tea() -> Store:
    made = a_store(name="tea", owner=ADA, now=MADE)
    return replace(
        made, host="tea.shops.example", url="https://tea.shops.example/",
        contact_email="ada@example.com",
    )  # fmt: skip


async def test_a_store_is_recorded_as_it_was(desk: Desk) -> None:
    shop = tea()
    cluster = await left_behind(shop)
    found = await desk.found(cluster)
    assert (await desk.find(cluster))[0].has_release
    adopted = await desk.adopt(cluster, found)
    assert adopted == replace(
        shop, status=_S.DEGRADED, target=StoreTarget.READY, version=1, operation_number=1,
        reason=Reason(
            ReasonCode.NOT_READY, "It was found again in the cluster, and not yet looked at there."
        ),
        operation_started_at=NOW, updated_at=NOW, ready_at=NOW,
    )  # fmt: skip
    assert adopted.owner.display_name == "Ada"
    assert await desk.reader.get(shop.id) == adopted


async def test_it_has_an_operation_that_is_over_and_one_event(desk: Desk) -> None:
    cluster = await left_behind(tea())
    adopted = await desk.adopt(cluster, await desk.found(cluster))
    snapshot = await desk.reader.snapshot(adopted.id)
    assert snapshot.operation == Operation(
        store_id=adopted.id, number=1, kind=OperationKind.CREATE,
        status=OperationStatus.SUCCEEDED, request=Request(), reason=None, queued_at=NOW,
        started_at=NOW, finished_at=NOW,
    )  # fmt: skip
    assert snapshot.steps == tuple(
        Step(1, name, StepStatus.SKIPPED, "Adopted from the cluster.", "", NOW, NOW)
        for name in PROVISION_STEPS
    )
    (event,) = await desk.reader.events_after(adopted.id, 0, limit=10)
    assert (event.version, event.kind, event.subject, event.status, event.message, event.at) == (
        1, EventKind.STATUS, "store", "DEGRADED", "Adopted from the cluster.", NOW,
    )  # fmt: skip
    before = await desk.state()
    await complete_history(desk.database)
    assert await desk.state() == before


async def test_it_is_audited_and_numbered_as_a_change(desk: Desk) -> None:
    cluster = await left_behind(tea())
    adopted = await desk.adopt(cluster, await desk.found(cluster))
    (entry,) = (await desk.audit.page(first=10, after=None, filter_by=AuditFilter())).items
    assert entry.record == replace(desk.audited().record, store_id=adopted.id)
    changed = await ChangeLog(desk.database).touched(0, limit=10)
    assert changed == (1, [adopted])


async def test_the_service_finds_out_by_itself_that_it_is_ready(desk: Desk) -> None:
    cluster = await left_behind(tea())
    adopted = await desk.adopt(cluster, await desk.found(cluster))
    context = ReconcileContext(
        records=desk.records, cluster=cluster, helm=cluster, releases=cluster, observer=cluster,
        jobs=cluster,
        prober=AlwaysAnswers(), engines={"tiny": ENGINE}, clock=SystemClock(),
        settings=WorkSettings(),
    )  # fmt: skip
    assert (await observe(context, adopted)).status is _S.READY


async def test_without_a_finished_release_it_has_failed_and_can_be_retried(desk: Desk) -> None:
    shop = tea()
    cluster = await left_behind(shop, is_installed=False)
    (finding,) = await desk.find(cluster)
    assert not finding.has_release
    adopted = await desk.adopt(cluster, await desk.found(cluster))
    assert (adopted.status, adopted.ready_at) == (_S.FAILED, NOW)
    assert adopted.reason == Reason(
        ReasonCode.HELM_FAILED,
        "It was found again in the cluster, but helm has no finished release of it there. Look at"
        " what is in its namespace, then retry to install it, or delete it.",
    )
    # It may hold a merchant's data, so nothing removes it by itself
    assert await desk.reader.failed_creations(NOW + timedelta(days=1000)) == []
    retried = await desk.records.transition(adopted, _S.QUEUED, begins=OperationKind.RETRY)
    assert (retried.status, retried.operation_number) == (_S.QUEUED, 2)


async def test_a_suspended_store_stays_so(desk: Desk) -> None:
    shop = replace(tea(), status=_S.SUSPENDED)
    cluster = await left_behind(shop)
    await cluster.stop(shop.namespace, shop.release)
    assert (await desk.find(cluster))[0].has_release
    adopted = await desk.adopt(cluster, await desk.found(cluster))
    assert (adopted.status, adopted.reason) == (_S.SUSPENDED, None)
    assert (adopted.suspended_at, adopted.ready_at) == (NOW, NOW)
    assert await desk.reader.get(shop.id) == adopted


async def test_a_shop_that_was_being_upgraded_has_the_version_that_its_data_may_have(
    desk: Desk,
) -> None:
    """A database that was migrated must not meet the former version again."""
    source = RestoreSource("s", 1, "c0ffee", "http://h", "ada", {}, engine_version="1")
    asked = replace(tea(), status=_S.READY, task=StoreTask.UPGRADE, upgrade=Upgrade("2"))
    updating = replace(
        asked, status=_S.UPDATING, task=None, restore=InPlaceRestore(source, RestoreStage.PREPARED)
    )
    for shop, status, version in ((asked, _S.DEGRADED, "1"), (updating, _S.FAILED, "2")):
        found = await desk.found(await left_behind(shop))
        assert (found.status, found.engine_version) == (status, version)
        assert (found.upgrade, found.restore, found.installed_version) == (None, None, version)
    assert (await desk.find(await left_behind(updating)))[0].has_release
    adopted = await desk.adopt(await left_behind(updating), found)
    assert (adopted.status, adopted.engine_version) == (_S.FAILED, "2")
    # Its shop has no route, which nothing but a retry gives it
    assert adopted.reason is not None
    assert adopted.reason.message == (
        "It was found again in the cluster in the middle of an upgrade, a restore or a resume, and"
        " its shop is closed to visitors. See that its data are right, then retry to open it."
    )


async def test_nothing_is_found_twice(desk: Desk) -> None:
    cluster = await left_behind(tea())
    found = await desk.found(cluster)
    await desk.adopt(cluster, found)
    assert await desk.find(cluster) == []
    before = await desk.state()
    with pytest.raises(ConflictError, match="has been recorded meanwhile"):
        await desk.adopt(cluster, found)
    assert await desk.state() == before


async def test_of_two_who_adopt_at_once_one_does(desk: Desk) -> None:
    cluster = await left_behind(tea())
    found = await desk.found(cluster)
    ends = await asyncio.gather(
        desk.adopt(cluster, found), desk.adopt(cluster, found), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["ConflictError", "Store"]
    assert len(await desk.reader.events_after(found.id, 0, limit=10)) == 1


async def test_known_stores_and_other_namespaces_are_no_findings(desk: Desk) -> None:
    known = await desk.records.create(a_store())
    cluster = await left_behind(known)
    await cluster.ensure_namespace("kube-system", {}, {STORE_ANNOTATION: "{}"})
    assert await desk.find(cluster) == []


async def test_a_deleted_store_is_told_and_never_recorded(desk: Desk) -> None:
    shop = await desk.records.create(a_store())
    await desk.records.request_delete(shop.id, "Deleted.")
    deleting = await desk.records.transition(await desk.reader.get(shop.id), _S.DELETING)
    await desk.records.transition(deleting, _S.DELETED)
    cluster = await left_behind(shop)
    assert await desk.find(cluster) == [
        Finding(
            shop.namespace,
            None,
            "The store was deleted, and a deletion is never taken back. If nobody needs what is"
            f" left of it, remove it: kubectl delete namespace {shop.namespace}",
        )
    ]
    before = await desk.state()
    with pytest.raises(ConflictError):
        await desk.adopt(cluster, shop)
    assert await desk.state() == before


async def test_a_namespace_that_is_being_deleted(desk: Desk) -> None:
    shop = tea()
    cluster = await left_behind(shop)
    cluster.is_holding = True
    await cluster.delete_namespace(shop.namespace)
    assert await desk.find(cluster) == [
        Finding(shop.namespace, None, "The namespace is being deleted.")
    ]


@pytest.mark.parametrize(
    ("annotation", "problem"),
    [
        (None, "The namespace does not say what is to be recorded."),
        ("{tea", "The annotation cannot be read: JSON is malformed"),
        ('{"version": 7}', "The annotation has version 7, and this version of the platform"),
    ],
)
async def test_an_annotation_that_cannot_be_used(
    desk: Desk, annotation: str | None, problem: str
) -> None:
    shop = tea()
    annotations = {} if annotation is None else {STORE_ANNOTATION: annotation}
    (finding,) = await desk.find(await left_behind(shop, annotations=annotations))
    assert (finding.namespace, finding.store) == (shop.namespace, None)
    assert finding.problem.startswith(problem)
    assert finding.problem.endswith(
        f" Correct the annotation {STORE_ANNOTATION}, or restore a backup of the database that has"
        " the store."
    )


async def test_a_copy_of_a_stores_marks_makes_no_store(desk: Desk) -> None:
    shop = tea()
    cluster = await left_behind(shop)
    marks = cluster.namespaces[shop.namespace]
    await cluster.ensure_namespace("mine", marks.labels, marks.annotations)
    copy, own = sorted(await desk.find(cluster), key=lambda finding: finding.namespace)
    assert (copy.namespace, copy.store) == ("mine", None)
    assert "which do not belong to a namespace of this name" in copy.problem
    assert (own.namespace, own.problem) == (shop.namespace, "")


async def test_a_label_and_an_annotation_of_two_stores(desk: Desk) -> None:
    shop, other = tea(), a_store()
    cluster = await left_behind(shop)
    cluster.namespaces[shop.namespace].labels[STORE_LABEL] = other.id
    (finding,) = await desk.find(cluster)
    assert finding.store is None
    assert f"is of the store {shop.id!r}, and the label of {other.id!r}" in finding.problem


async def test_a_name_that_another_store_has_now(desk: Desk) -> None:
    shop = tea()
    cluster = await left_behind(shop)
    found = await desk.found(cluster)
    holder = await desk.records.create(a_store(name="tea"))
    (finding,) = await desk.find(cluster)
    assert finding.problem == (
        f"The store {holder.id} has the name 'tea' now. Delete that one first, if it is not wanted."
    )
    before = await desk.state()
    with pytest.raises(RefusedError, match="already exists"):
        await desk.adopt(cluster, found)  # as if the other was created after the look
    assert await desk.state() == before


async def test_of_two_with_the_same_name_the_older_is_recorded(desk: Desk) -> None:
    older = tea()
    newer = replace(a_store(name="tea"), host="h", created_at=MADE + timedelta(microseconds=1))
    cluster = await left_behind(newer, older)
    first, second = await desk.find(cluster)
    assert (first.namespace, first.problem) == (older.namespace, "")
    assert second.namespace == newer.namespace
    assert second.problem == (
        f"The older store in {older.namespace} has the same name 'tea', and is the one to be"
        " recorded. If that is the wrong one, take the label store-platform.dev/store from its"
        " namespace."
    )


class ClusterThatHidesReleases(SimulatedCluster):
    async def find(self, namespace: str, name: str) -> Release | None:
        if self.namespaces[namespace].roles:
            return await super().find(namespace, name)
        raise ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, f"No look at {name}."))


async def test_a_namespace_that_cannot_be_looked_into_keeps_no_other_from_it(desk: Desk) -> None:
    cluster, hidden, open_to_us = ClusterThatHidesReleases(SystemClock().now), tea(), a_store()
    for store in (hidden, open_to_us):
        await leave(cluster, store)
    await cluster.ensure_role_binding(open_to_us.namespace, "role")
    found = {finding.namespace: finding for finding in await desk.find(cluster)}
    assert (
        found[hidden.namespace].problem == f"It cannot be looked at. No look at {hidden.release}."
    )
    assert found[open_to_us.namespace].problem == ""


async def test_looking_changes_nothing(desk: Desk) -> None:
    cluster = await left_behind(tea(), a_store())
    database, namespaces = await desk.state(), repr(cluster.namespaces)
    assert len(await desk.find(cluster)) == 2
    assert (await desk.state(), repr(cluster.namespaces)) == (database, namespaces)


async def test_it_is_found_in_a_cluster_with_what_helm_has_done(desk: Desk, world: World) -> None:
    # The world's namespace has the name that the release of a store with this id has.
    store_id = f"{world.namespace.removeprefix('contract-')}{'0' * 20}"
    shop = replace(tea(), id=store_id, namespace=world.namespace, release=world.namespace)
    adoption = Adoption(world.cluster, world.releases, AdoptionRecords(desk.database, desk.clock))

    async def found() -> Finding:
        everyones = await adoption.find()  # other tests may use this cluster too
        (finding,) = [finding for finding in everyones if finding.namespace == world.namespace]
        return finding

    await world.cluster.ensure_namespace(
        world.namespace, namespace_labels(shop), namespace_annotations(shop)
    )
    assert not (await found()).has_release
    await world.install()
    finding = await found()
    assert (finding.problem, finding.has_release) == ("", True)
    assert finding.store is not None
    adopted = await adoption.adopt(finding.store, desk.audited())
    assert adopted.status is _S.DEGRADED
    assert annotation_for(adopted) == annotation_for(shop)
    assert world.namespace not in [finding.namespace for finding in await adoption.find()]
