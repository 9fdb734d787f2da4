"""The platform is ready while it knows the cluster, says what is wrong if not, and recovers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from app.local.cluster.ports import free_port
from provisioner.domain.ports import StoreRecords
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.observer import ClusterObserver
from provisioner.kubernetes.watched_kinds import WATCHED_KINDS
from provisioner.services.self_check import SelfCheck
from tests.integration.watching.following import SETTINGS, TIMINGS, write_kubeconfig
from tests.integration.watching.scripted_api import ScriptedApi, answers

KINDS = {kind.name for kind in WATCHED_KINDS}


class Readiness:
    """Readiness's view of an observer, with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.observer: ClusterObserver

    @property
    def problem(self) -> str | None:
        check = SelfCheck(
            databases=(),  # only the cluster is looked at
            observer=lambda: self.observer,
            helm="helm",
            engines={},
        )
        return check.cluster_problem()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110 - a reflector tells nobody of its trouble
                await asyncio.sleep(0.002)

    async def recovered(self) -> None:
        """Wait until there is no problem, and all watches are open: time goes by, none is stale."""

        def are_open() -> bool:
            self.now += 0.001
            return set(self.observer.staleness_by_kind.values()) == {0.0}

        await self.until(lambda: self.problem is None and are_open())


@pytest.fixture
def port() -> int:
    return free_port()


@asynccontextmanager
async def observing(folder: Path, port: int) -> AsyncIterator[Readiness]:
    kubeconfig = write_kubeconfig(folder, f"http://127.0.0.1:{port}", {"token": "t"})
    cluster = await KubeCluster.connect(kubeconfig, None, settings=SETTINGS)
    made, nothing = Readiness(), cast("StoreRecords", None)
    timings = replace(TIMINGS, now=lambda: made.now)
    made.observer = ClusterObserver(cluster, nothing, lambda _: None, timings)
    tasks = [asyncio.create_task(reflector.run()) for reflector in made.observer.reflectors]
    tasks.append(asyncio.create_task(made.observer.run()))
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        await cluster.close()


async def test_a_cluster_that_cannot_be_reached_at_the_start(tmp_path: Path, port: int) -> None:
    async with observing(tmp_path, port) as readiness:
        assert readiness.problem == "The first look at the cluster is still under way."
        assert readiness.observer.staleness_by_kind == dict.fromkeys(KINDS, float("inf"))
        await readiness.until(lambda: bool(readiness.observer.trouble))
        assert readiness.problem is not None
        assert readiness.problem.startswith("The cluster did not answer: Cannot connect to host")
        assert f"127.0.0.1:{port}" in readiness.problem
        async with ScriptedApi(port=port):
            await readiness.recovered()


async def test_one_kind_that_may_not_be_listed(tmp_path: Path, port: int) -> None:
    async with ScriptedApi(port=port) as server:
        server.refused_paths.add("/api/v1/events")
        async with observing(tmp_path, port) as readiness:
            await readiness.until(lambda: len(server.watches) == 4)
            await readiness.until(lambda: bool(readiness.observer.trouble))
            assert readiness.problem == (
                "The cluster refused GET /api/v1/events (403): events is forbidden. Ask the"
                " cluster's operator what forbids this, then try again."
            )
            stale = readiness.observer.staleness_by_kind
            assert {kind for kind, seconds in stale.items() if seconds} == {"events"}
            server.refused_paths.clear()
            await readiness.recovered()


async def test_a_cluster_that_goes_away_and_comes_back(tmp_path: Path, port: int) -> None:
    async with observing(tmp_path, port) as readiness:
        async with ScriptedApi(port=port):
            await readiness.recovered()
            readiness.now += 10_000  # an open watch is never stale, however quiet
            assert readiness.problem is None
        await readiness.until(lambda: bool(readiness.observer.trouble))
        stale = max(readiness.observer.staleness_by_kind.values())
        readiness.now += 29 - stale
        assert readiness.problem is None  # a short outage is nobody's business
        readiness.now += 2
        assert readiness.problem is not None
        assert readiness.problem.startswith("The cluster was last seen ")
        assert "The cluster did not answer: " in readiness.problem
        async with ScriptedApi(port=port) as server:
            server.version += 1000
            await readiness.recovered()


async def test_a_cluster_that_only_says_no(tmp_path: Path, port: int) -> None:
    async with ScriptedApi(port=port) as server, observing(tmp_path, port) as readiness:
        await readiness.recovered()
        server.faults["watch"].extend([answers(503, "apiserver is shutting down")] * 100_000)
        await server.cut_watches()
        await readiness.until(lambda: "503" in readiness.observer.trouble)
        readiness.now += 31
        assert readiness.problem is not None
        assert readiness.problem.endswith(
            "s ago. The cluster answered 503: apiserver is shutting down"
        )
        server.faults.clear()
        await readiness.recovered()
