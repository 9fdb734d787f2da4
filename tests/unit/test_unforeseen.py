"""An error that nobody foresaw ends what it hits: told with an id, and tried a few times only."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from provisioner.domain import backoff
from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import Release
from provisioner.domain.operations import OperationKind
from provisioner.domain.stores import EventKind, StepName, StepStatus, Store, StoreStatus
from provisioner.domain.unforeseen import MOST_TRIES
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.reconciler import Reconciler
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, SimulatedCluster
from tests.stores import a_store
from tests.unit.test_reconciler_machine import ENGINE

_S = StoreStatus
WENT_WRONG = "Something went wrong on our side. It was recorded as "


class ProberThatBreaks(AlwaysAnswers):
    """A prober with a fault of its own, such as a name that it cannot encode."""

    def __init__(self, times: int) -> None:
        self.left = times

    async def problem(self, *_: object, **__: object) -> str | None:
        if self.left:
            self.left -= 1
            raise UnicodeError("label too long")
        return None


class BrokenCluster(SimulatedCluster):
    """A cluster whose adapter has a fault in each of ``broken``."""

    def __init__(self, now: Callable[[], Any]) -> None:
        super().__init__(now)
        self.broken: set[str] = set()
        self.calls: dict[str, int] = {}

    def _fail(self, call: str) -> None:
        self.calls[call] = self.calls.get(call, 0) + 1
        if call in self.broken:
            raise KeyError(call)

    async def ensure_namespace(
        self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
    ) -> bool:
        self._fail("ensure_namespace")
        return await super().ensure_namespace(name, labels, annotations)

    async def delete_namespace(self, name: str) -> bool:
        self._fail("delete_namespace")
        return await super().delete_namespace(name)

    async def find(self, namespace: str, name: str) -> Release | None:
        self._fail("find")
        return await super().find(namespace, name)


class RecordsThatBreak(StoreRepository):
    """Records that cannot mark a store as ready, which is done outside of every step."""

    async def transition(self, store: Store, following: StoreStatus, **given: Any) -> Store:
        if following is _S.READY:
            raise KeyError("ready")
        return await super().transition(store, following, **given)


class Platform:
    """Workers above a database and a simulated cluster."""

    def __init__(self, records: StoreRepository) -> None:
        self.records = records
        self.cluster = BrokenCluster(SystemClock().now)
        self.context = ReconcileContext(
            records=records, cluster=self.cluster, helm=self.cluster, releases=self.cluster,
            observer=self.cluster, jobs=self.cluster, prober=AlwaysAnswers(),
            engines={"tiny": ENGINE},
            clock=SystemClock(), settings=WorkSettings(),
        )  # fmt: skip

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Reconciler]:
        reconciler = Reconciler(self.context, WorkQueue())
        workers = [asyncio.create_task(reconciler.work(lane)) for lane in Lane]
        try:
            yield reconciler
        finally:
            for worker in workers:
                worker.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*workers)

    async def create(self, reconciler: Reconciler) -> Store:
        store = await self.records.create(a_store())
        reconciler.wake(store)
        return store

    async def until(self, store: Store, is_so: Callable[[Store], bool]) -> Store:
        async with asyncio.timeout(20):
            while not is_so(store := await self.records.get(store.id)):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        return store

    async def said(self, store: Store, kind: EventKind) -> list[tuple[str, str, str]]:
        events = await self.records.events_after(store.id, 0, limit=1000)
        return [(e.subject, e.status, e.message) for e in events if e.kind is kind]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_SECONDS", "CAP_SECONDS", "LONG_FIRST_SECONDS", "LONG_CAP_SECONDS"):
        monkeypatch.setattr(backoff, name, 0.001)


def ids(logs: list[Any]) -> list[str]:
    return [line["error_id"] for line in logs if line["event"] == "unforeseen_error"]


async def test_in_a_step_it_fails_the_store_after_a_few_tries(repository: StoreRepository) -> None:
    platform = Platform(repository)
    platform.context = replace(platform.context, prober=ProberThatBreaks(1000))
    with capture_logs() as logs:
        async with platform.at_work() as reconciler:
            store = await platform.create(reconciler)
            failed = await platform.until(store, lambda now: now.reason is not None)
    assert failed.status is _S.FAILED
    assert failed.reason is not None
    found = ids(logs)
    assert len(found) == MOST_TRIES
    assert (failed.reason.code, failed.reason.message) == (
        "INTERNAL",
        (
            f"{WENT_WRONG}{found[-1]}. It was tried 3 times. Try again, and name that number to the"
            " platform's operator if it happens again."
        ),
    )
    told = [(status, words) for step, status, words in await platform.said(store, EventKind.STEP)
            if step == StepName.REACHABLE]  # fmt: skip
    begins, again = "Looking whether the shop answers.", "It is tried again in a moment."
    assert told == [
        ("RUNNING", begins),
        ("FAILED", f"{WENT_WRONG}{found[0]}. {again}"),
        ("RUNNING", begins),
        ("FAILED", f"{WENT_WRONG}{found[1]}. {again}"),
        ("RUNNING", begins),
        ("FAILED", failed.reason.message),
    ]


async def test_one_that_passes_leaves_no_trace_but_its_event(repository: StoreRepository) -> None:
    platform = Platform(repository)
    platform.context = replace(platform.context, prober=ProberThatBreaks(MOST_TRIES - 1))
    async with platform.at_work() as reconciler:
        store = await platform.create(reconciler)
        ready = await platform.until(store, lambda now: now.status is not _S.PROVISIONING
                                     and now.status is not _S.QUEUED)  # fmt: skip
    assert (ready.status, ready.reason) == (_S.READY, None)
    snapshot = await repository.snapshot(store.id)
    assert {step.status for step in snapshot.steps} <= {StepStatus.SUCCEEDED, StepStatus.SKIPPED}


async def test_outside_of_every_step_too(repository: StoreRepository) -> None:
    records = RecordsThatBreak(repository._database, repository._clock, repository._announcer)
    platform = Platform(records)
    with capture_logs() as logs:
        async with platform.at_work() as reconciler:
            store = await platform.create(reconciler)
            failed = await platform.until(store, lambda now: now.reason is not None)
            again = await records.transition(failed, _S.QUEUED, begins=OperationKind.RETRY)
            reconciler.wake(again)
            failed = await platform.until(store, lambda now: now.reason is not None)
    assert failed.status is _S.FAILED
    assert failed.reason is not None
    assert failed.reason.code == "INTERNAL"
    assert ids(logs)[-1] in failed.reason.message
    assert len(ids(logs)) == 2 * MOST_TRIES


async def test_a_delete_is_told_and_goes_on(repository: StoreRepository) -> None:
    platform = Platform(repository)
    async with platform.at_work() as reconciler:
        store = await platform.create(reconciler)
        await platform.until(store, lambda now: now.status is _S.READY)
        platform.cluster.broken = {"delete_namespace"}
        reconciler.wake(await repository.request_delete(store.id, "Deleted."))
        held = await platform.until(store, lambda now: now.reason is not None)
        assert held.status is _S.DELETING
        assert held.reason is not None
        assert held.reason.code == "INTERNAL"
        assert store.namespace in platform.cluster.namespaces
        platform.cluster.broken = set()
        gone = await platform.until(store, lambda now: now.status is _S.DELETED)
    assert gone.reason is None
    assert platform.cluster.namespaces == {}


async def test_upkeep_is_told_once_and_tried_at_each_change(repository: StoreRepository) -> None:
    platform = Platform(repository)
    platform.cluster.broken = {"find"}
    async with platform.at_work() as reconciler:
        store = await platform.create(reconciler)
        await platform.until(store, lambda now: now.status is _S.READY)
        for tries in range(MOST_TRIES, MOST_TRIES + 3):
            reconciler.inspect(store.id)
            async with asyncio.timeout(20):
                while platform.cluster.calls.get("find", 0) < tries:  # noqa: ASYNC110
                    await asyncio.sleep(0.002)
        await asyncio.sleep(0.05)  # nothing follows of itself
        assert platform.cluster.calls["find"] == MOST_TRIES + 2
    ((_, status, message),) = await platform.said(store, EventKind.REPAIR)
    assert status == "NOT_REPAIRED"
    assert message.startswith(f"The platform could not put the store right. {WENT_WRONG}")
    assert (await repository.get(store.id)).status is _S.READY
