"""What helm cannot change is made anew, unless it holds a shop's data; what lasts has its grace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.domain import backoff
from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import Claim, Observation, Unchangeable
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import AdmissionWebhookError, HelmError
from provisioner.domain.operations import OperationKind
from provisioner.domain.stores import Reason, Store, StoreStatus
from provisioner.readiness import GracePeriods
from provisioner.reconcile.context import WorkSettings
from provisioner.storage.stores import StoreRepository
from provisioner.testing import SimulatedCluster
from tests.stores import a_store
from tests.unit.test_unforeseen import Platform

_S = StoreStatus
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def item(kind: str) -> Unchangeable:
    return Unchangeable(kind, "db", f"/{kind}/db", f"uid-{kind}", "spec: Forbidden: it is fixed.")


def claim(name: str, phase: str, uid: str = "") -> Claim:
    return Claim(name=name, uid=uid or f"uid-{name}", phase=phase, created_at=LONG_AGO)


class ClusterWithFixedObjects(SimulatedCluster):
    """A cluster where helm fails for as long as one of ``fixed`` is there."""

    def __init__(self) -> None:
        super().__init__(SystemClock().now)
        self.fixed: list[Unchangeable] = []
        self.claims: list[Claim] = []
        self.removed: list[str] = []

    async def install(self, **given: Any) -> str:
        if self.fixed:
            raise HelmError(Reason(ReasonCode.HELM_FAILED, "helm could not install: it is fixed"))
        return await super().install(**given)

    async def unchangeable(self, namespace: str, name: str) -> list[Unchangeable]:  # noqa: ARG002
        return list(self.fixed)

    async def remove(self, item: Unchangeable) -> None:
        self.fixed.remove(item)
        self.removed.append(item.kind)

    async def delete_claim(self, namespace: str, name: str, uid: str) -> None:
        self.claims = [claim for claim in self.claims if claim.uid != uid]
        self.removed.append(name)
        self.announce(namespace)

    def observe(self, namespace: str) -> Observation:
        seen = super().observe(namespace)
        return replace(seen, claims=tuple(self.claims))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_SECONDS", "CAP_SECONDS"):
        monkeypatch.setattr(backoff, name, 0.001)


@pytest.fixture
def cluster() -> ClusterWithFixedObjects:
    return ClusterWithFixedObjects()


@pytest.fixture
def platform(repository: StoreRepository, cluster: ClusterWithFixedObjects) -> Platform:
    made = Platform(repository)
    made.context = replace(
        made.context, cluster=cluster, helm=cluster, releases=cluster, observer=cluster
    )
    return made


async def built(platform: Platform, *, was_ready: bool = False) -> Store:
    """Return a store as it is once its (second) attempt has ended."""
    async with platform.at_work() as reconciler:
        store = await platform.records.create(a_store())
        if was_ready:
            store = await platform.records.transition(store, _S.PROVISIONING)
            store = await platform.records.transition(store, _S.READY)
            store = await platform.records.transition(
                store, _S.FAILED, reason=Reason(ReasonCode.OTHER, "x")
            )
            store = await platform.records.transition(store, _S.QUEUED, begins=OperationKind.RETRY)
        reconciler.wake(store)
        return await platform.until(store, lambda now: now.status in {_S.READY, _S.FAILED})


async def test_a_retry_has_the_controllers_try_at_once(
    platform: Platform, cluster: ClusterWithFixedObjects
) -> None:
    first = await built(platform)
    assert (first.status, cluster.nudges) == (_S.READY, [])
    second = await built(platform, was_ready=True)
    assert (second.status, cluster.nudges) == (_S.READY, [(second.release, "2")])


@pytest.mark.parametrize("was_ready", [False, True])
@pytest.mark.parametrize("kind", ["Job", "Service", "Deployment", "ConfigMap"])
async def test_what_holds_no_data_is_made_anew(
    platform: Platform,
    cluster: ClusterWithFixedObjects,
    kind: str,
    was_ready: bool,  # noqa: FBT001
) -> None:
    cluster.fixed = [item(kind)]
    store = await built(platform, was_ready=was_ready)
    assert (store.status, store.reason) == (_S.READY, None)
    assert cluster.removed == [kind]
    snapshot = await platform.records.snapshot(store.id)
    (message,) = [step.message for step in snapshot.steps if step.name == "HELM_INSTALL"]
    assert message.endswith(
        f" These could not be changed in place, and were created again: {kind} db."
    )


async def test_claims_without_a_volume_go_with_their_stateful_set(
    platform: Platform, cluster: ClusterWithFixedObjects
) -> None:
    cluster.fixed = [item("StatefulSet")]
    others = [claim("data-other-0", "Pending"), claim("data-db-1", "Bound")]
    cluster.claims = [claim("data-db-0", "Pending"), *others]
    store = await built(platform)
    assert store.status is _S.READY
    assert cluster.removed == ["StatefulSet", "data-db-0"]
    assert cluster.claims == others


@pytest.mark.parametrize(
    ("fixed", "claims", "was_ready"),
    [
        (item("StatefulSet"), [claim("data-db-0", "Bound")], True),
        (item("PersistentVolumeClaim"), [claim("db", "Bound", "uid-PersistentVolumeClaim")], False),
        (item("Secret"), [], False),
    ],
    ids=lambda given: given.kind if isinstance(given, Unchangeable) else "",
)
async def test_data_is_never_removed(
    platform: Platform,
    cluster: ClusterWithFixedObjects,
    fixed: Unchangeable,
    claims: list[Claim],
    was_ready: bool,  # noqa: FBT001
) -> None:
    cluster.fixed, cluster.claims = [item("Job"), fixed], claims
    store = await built(platform, was_ready=was_ready)
    assert store.status is _S.FAILED
    assert store.reason == Reason(
        ReasonCode.CANNOT_BE_CHANGED,
        f"{fixed.kind} db holds the shop's data, and cannot be changed into what the chart wants"
        " now (spec: Forbidden: it is fixed). Put the earlier value back, then retry; for another"
        " value a new store is needed.",
    )
    assert cluster.removed == []
    assert cluster.claims == claims


async def test_a_webhook_that_does_not_answer_has_a_grace_then_fails_the_store(
    platform: Platform, cluster: ClusterWithFixedObjects
) -> None:
    webhook = AdmissionWebhookError("guard.example.com", "connection refused")
    cluster.faults = [webhook, webhook]
    assert (await built(platform)).status is _S.READY
    grace_periods = GracePeriods(webhook_grace=timedelta(seconds=0.02))
    platform.context = replace(platform.context, settings=WorkSettings(grace_periods=grace_periods))
    cluster.faults = [webhook] * 100_000
    store = await built(platform)
    cluster.faults = []
    assert store.status is _S.FAILED
    assert store.reason == webhook.reason
    assert "guard.example.com" in webhook.reason.message
