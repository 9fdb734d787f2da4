"""What is watched is recorded first, then shown, then told."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from provisioner.domain.cluster import ClusterEvent, NamespaceState, Observation, Pod, PodPhase
from provisioner.domain.errors import DatabaseUnavailableError, NotFoundError
from provisioner.domain.ports import StoreRecords
from provisioner.kubernetes import observer as observer_module
from provisioner.kubernetes.observer import ClusterObserver
from provisioner.kubernetes.reflector import ListChunk, WatchEvent
from provisioner.kubernetes.watched_kinds import (
    EVENTS,
    NAMESPACES,
    PODS,
    WatchedKind,
    WatchedObject,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def namespace(name: str = "ns", store_id: str | None = "store") -> WatchedObject:
    return WatchedObject(name, name, f"uid-{name}", store_id, NamespaceState(name=name, uid="u"))


def pod(name: str, uid: str = "") -> WatchedObject:
    uid = uid or f"uid-{name}"
    record = Pod(
        name=name, uid=uid, component="web", phase=PodPhase.RUNNING, is_ready=True, created_at=NOW
    )
    return WatchedObject("ns", name, uid, "store", record)


def warning(where: str) -> WatchedObject:
    record = ClusterEvent(
        uid="w", object_kind="Job", object_name="j", reason="r", message="m",
        first_at=NOW, last_at=NOW,
    )  # fmt: skip
    return WatchedObject(where, "warning", "w", None, record)


class Source:
    """Lists what is there at the start; then changes come as the test sends them."""

    def __init__(self) -> None:
        self.there: dict[str, list[WatchedObject]] = defaultdict(list)
        self._changes: dict[str, asyncio.Queue[WatchEvent]] = defaultdict(asyncio.Queue)

    async def list_chunk(self, kind: WatchedKind, _: str) -> ListChunk:
        return ListChunk(self.there[kind.name], "1", "")

    async def watch(
        self, kind: WatchedKind, _version: str, _timeout: int
    ) -> AsyncGenerator[WatchEvent, None]:
        yield WatchEvent("OPENED", "", None)
        while True:
            yield await self._changes[kind.name].get()

    def send(self, kind: WatchedKind, item: WatchedObject, what: str = "MODIFIED") -> None:
        self._changes[kind.name].put_nowait(WatchEvent(what, "2", item))


class Records:
    """Remembers the pods that were recorded; ``may_record`` holds it up, failures come first."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, list[str]]] = []
        self.failures: list[Exception] = []
        self.failing = ""
        self.asked = asyncio.Event()
        self.may_record = asyncio.Event()
        self.may_record.set()

    async def record_pods(self, store_id: str, pods: Sequence[Pod]) -> int:
        self.asked.set()
        await self.may_record.wait()
        if self.failures:
            raise self.failures.pop(0)
        if store_id == self.failing:
            raise OSError("nobody foresaw this")
        self.recorded.append((store_id, [item.name for item in pods]))
        return 1


class Watched:
    """An observer at work."""

    def __init__(self) -> None:
        self.source = Source()
        self.records = Records()
        self.told: list[str] = []
        records: Any = self.records
        self.observer = ClusterObserver(
            self.source, cast("StoreRecords", records), self.told.append
        )  # fmt: skip
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, *there: tuple[WatchedKind, WatchedObject]) -> None:
        for kind, item in there:
            self.source.there[kind.name].append(item)
        for reflector in self.observer.reflectors:
            self.tasks.append(asyncio.create_task(reflector.run()))
        self.tasks.append(asyncio.create_task(self.observer.run()))
        await self.observer.synced()

    async def revision(self, above: int, name: str = "ns") -> None:
        async with asyncio.timeout(10):
            await self.observer.changed(name, above)

    async def recording(self) -> None:
        """Wait until a recording is under way."""
        async with asyncio.timeout(10):
            await self.records.asked.wait()
        self.records.asked.clear()

    @property
    def pods(self) -> list[str]:
        return [item.name for item in self.observer.observe("ns").pods]


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    made = Watched()
    yield made
    for task in made.tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*made.tasks)


async def test_nothing_is_shown_or_told_before_it_is_recorded(watched: Watched) -> None:
    await watched.start((NAMESPACES, namespace()))
    await watched.revision(0)
    revision, told = watched.observer.revision("ns"), list(watched.told)
    # Given a recording that takes its time
    watched.records.asked.clear()
    watched.records.may_record.clear()
    watched.source.send(PODS, pod("web"))
    await watched.recording()
    assert watched.pods == []
    assert watched.observer.revision("ns") == revision
    assert watched.told == told
    # When it is done, then it is shown, and who waits is told
    watched.records.may_record.set()
    await watched.revision(revision)
    assert watched.pods == ["web"]
    assert watched.told == [*told, "store"]
    assert watched.records.recorded[-1] == ("store", ["web"])


async def test_what_was_there_at_the_start_is_shown_at_once(watched: Watched) -> None:
    watched.records.may_record.clear()
    await watched.start((NAMESPACES, namespace()), (PODS, pod("web")))
    assert watched.observer.is_synced
    assert watched.pods == ["web"]
    assert watched.observer.revision("ns") == 0
    watched.records.may_record.set()
    await watched.revision(0)
    assert watched.records.recorded == [("store", ["web"])]


async def test_a_burst_is_recorded_as_its_latest_state(watched: Watched) -> None:
    await watched.start((NAMESPACES, namespace()))
    await watched.revision(0)
    watched.records.asked.clear()
    watched.records.may_record.clear()
    watched.source.send(PODS, pod("first"))
    await watched.recording()
    before = len(watched.records.recorded)
    for index in range(100):
        watched.source.send(PODS, pod(f"web-{index}"))
    async with asyncio.timeout(10):
        while len(watched.observer.reflectors[1].objects) < 101:  # noqa: ASYNC110 - none tells
            await asyncio.sleep(0)
    revision = watched.observer.revision("ns")
    watched.records.may_record.set()
    await watched.revision(revision + 1)
    assert [len(names) for _, names in watched.records.recorded[before:]] == [1, 101]


async def test_a_recording_that_fails_is_done_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observer_module, "_RETRY_SECONDS", 0)
    monkeypatch.setattr(observer_module, "RETRY_SECONDS", (0, 0))
    watched.records.failures = [DatabaseUnavailableError(), OSError("nobody foresaw this")]
    await watched.start((NAMESPACES, namespace()), (PODS, pod("web")))
    await watched.revision(0)
    assert watched.records.recorded == [("store", ["web"])]
    assert watched.told == ["store"]


async def test_a_recording_that_always_fails_holds_up_no_other(watched: Watched) -> None:
    watched.records.failing = "store"
    await watched.start((NAMESPACES, namespace()), (NAMESPACES, namespace("other", "another")))
    await watched.revision(0, "other")
    assert watched.told == ["another"]
    assert watched.observer.revision("ns") == 0


async def test_a_namespace_of_no_store_of_ours(watched: Watched) -> None:
    watched.records.failures = [NotFoundError("store")]
    await watched.start((NAMESPACES, namespace()))
    await watched.recording()
    watched.source.send(NAMESPACES, namespace("other", "another-store"))
    await watched.revision(0, "other")
    assert watched.told == ["another-store"]
    assert watched.observer.revision("ns") == 0


async def test_warnings_elsewhere_are_told_to_nobody_and_leave_nothing(watched: Watched) -> None:
    await watched.start((NAMESPACES, namespace()), (EVENTS, warning("elsewhere")))
    await watched.revision(0)
    assert watched.observer.observe("elsewhere") == Observation(namespace=None)
    watched.source.send(EVENTS, warning("elsewhere"), "DELETED")
    watched.source.send(EVENTS, warning("ns"))
    await watched.revision(1)
    assert [event.reason for event in watched.observer.observe("ns").events] == ["r"]
    assert set(watched.observer._filed) == {"ns"}
    assert set(watched.told) == {"store"}


async def test_a_pod_made_again_under_its_name(watched: Watched) -> None:
    await watched.start((NAMESPACES, namespace()), (PODS, pod("web", "first")))
    await watched.revision(0)
    watched.source.send(PODS, pod("web", "second"))
    await watched.revision(1)
    assert [item.uid for item in watched.observer.observe("ns").pods] == ["second"]


async def test_forgotten(watched: Watched) -> None:
    await watched.start((NAMESPACES, namespace()))
    await watched.revision(0)
    watched.source.send(NAMESPACES, namespace(), "DELETED")
    await watched.revision(1)
    watched.observer.forget("ns")
    for kept in (watched.observer._filed, watched.observer._recorded, watched.observer._store_ids):
        assert "ns" not in kept
    assert watched.observer.observe("ns") == Observation(namespace=None)
