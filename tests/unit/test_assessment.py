"""From when on what the watches show counts for a store that is being built."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.cluster import ClusterEvent, Observation
from provisioner.domain.engines import Workload
from provisioner.readiness import GracePeriods
from provisioner.reconcile.assessment import look
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, SimulatedCluster
from tests.stores import a_store
from tests.unit.test_reconciler_machine import ENGINE as TINY

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENGINE = replace(TINY, workloads=(Workload("web", "Deployment", 1),), setup_job=None)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


class FixedClock:
    def now(self) -> datetime:
        return NOW


class ClusterThatRefusedPods(SimulatedCluster):
    """A pod was refused for the last time a minute ago."""

    def observe(self, namespace: str) -> Observation:  # noqa: ARG002
        refusal = ClusterEvent(
            uid="1", object_kind="ReplicaSet", object_name="web-1", reason="FailedCreate",
            message='Error creating: pods "web-1-a" is forbidden: exceeded quota: q',
            first_at=ago(300), last_at=ago(60),
        )  # fmt: skip
        return Observation(namespace=None, events=(refusal,))


@pytest.mark.parametrize(
    ("since", "code"),
    [
        (None, "QUOTA_EXCEEDED"),
        (ago(70), "QUOTA_EXCEEDED"),
        (ago(50), None),
        (ago(500), "QUOTA_EXCEEDED"),
    ],
)
def test_what_was_refused_before_counts_no_more(
    repository: StoreRepository, since: datetime | None, code: str | None
) -> None:
    cluster = ClusterThatRefusedPods(FixedClock().now)
    context = ReconcileContext(
        records=repository, cluster=cluster, helm=cluster, releases=cluster, observer=cluster,
        jobs=cluster,
        prober=AlwaysAnswers(), engines={}, clock=FixedClock(),
        settings=WorkSettings(grace_periods=GracePeriods(refusal_grace=timedelta())),
    )  # fmt: skip
    store = a_store(now=ago(400))
    assessment = look(context, store, ENGINE, is_building=True, since=since)
    assert (assessment.fatal.reason.code if assessment.fatal else None) == code
