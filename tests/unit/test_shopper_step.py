"""A new store is ready once a shopper gets to the check-out, and is never walked through again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import PageVisit
from provisioner.domain.operations import OperationKind
from provisioner.domain.stores import EventKind, Reason, Store, StoreStatus
from provisioner.reconcile import provisioning
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers
from tests.unit.test_reconciler_machine import ENGINE
from tests.unit.test_unforeseen import Platform

WALK = (PageVisit("/checkout", {}, {"country": "country"}),)


class OpensLate(AlwaysAnswers):
    """A prober that gets to the check-out at the third try, and keeps the ``walks`` asked for."""

    def __init__(self) -> None:
        self.walks: list[Sequence[PageVisit]] = []

    async def walk_problem(
        self,
        store: Store,  # noqa: ARG002
        walk: Sequence[PageVisit],
        *,
        behind: str | None = None,  # noqa: ARG002
    ) -> str | None:
        self.walks.append(walk)
        return None if len(self.walks) >= 3 else "its page /checkout answered 500."


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provisioning, "_PROBE_PAUSE_SECONDS", 0.001)


def with_a_walk(repository: StoreRepository, prober: OpensLate) -> Platform:
    platform = Platform(repository)
    engines = {"tiny": replace(ENGINE, walk=WALK)}
    platform.context = replace(platform.context, prober=prober, engines=engines)
    return platform


async def test_a_new_store_waits_for_its_check_out(repository: StoreRepository) -> None:
    prober = OpensLate()
    platform = with_a_walk(repository, prober)
    async with platform.at_work() as reconciler:
        store = await platform.create(reconciler)
        await platform.until(store, lambda now: now.status is StoreStatus.READY)
    assert prober.walks == [WALK] * 3
    told = [message for _, _, message in await platform.said(store, EventKind.STEP)]
    assert (
        "The shop answers, but a shopper cannot buy yet: its page /checkout answered 500." in told
    )


async def test_a_store_that_was_ready_is_only_asked_whether_it_answers(
    repository: StoreRepository,
) -> None:
    prober = OpensLate()
    platform = with_a_walk(repository, prober)
    async with platform.at_work() as reconciler:
        store = await platform.create(reconciler)
        ready = await platform.until(store, lambda now: now.status is StoreStatus.READY)
    reason = Reason(ReasonCode.NAMESPACE_LOST, "The namespace is gone.")
    failed = await repository.transition(ready, StoreStatus.FAILED, reason=reason)
    queued = await repository.transition(failed, StoreStatus.QUEUED, begins=OperationKind.RETRY)
    prober.walks.clear()
    async with platform.at_work() as reconciler:
        reconciler.wake(queued)
        await platform.until(store, lambda now: now.status is StoreStatus.READY)
    assert prober.walks == []
