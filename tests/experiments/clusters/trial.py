"""What is done to the platform of two clusters, and what is noted meanwhile."""

import asyncio
import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx

from app.local.cluster import LocalCluster
from app.local.cluster.progress import say
from tests.bench.memory import resident_megabytes
from tests.chaos.promises import Promises
from tests.e2e.service import CREATE, ROOT, Service

CUT, OTHER = "a", "b"
"""The cluster that is cut off, and the one that is not."""

REVEAL = """mutation ($id: ID!) { revealAdminPassword(input: {id: $id}) {
  username errors { code message } } }"""
_STATUSES = "SELECT name, status FROM stores"
_STEPS = """SELECT stores.name, steps.name, steps.message FROM steps
  JOIN stores ON stores.id = steps.store_id AND stores.attempt = steps.attempt
  WHERE steps.status = 'RUNNING'"""
_LOOK_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0
_READ_BYTES = 1 << 24  # more than a reader prints


class Outage(StrEnum):
    """How the API server of a cluster is cut off."""

    FREEZE = "freeze"
    """Its process stands still: connections stay open, and nothing answers."""
    STOP = "stop"
    """Its process ends: connections are refused."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many stores in each cluster, how often, and when one of the clusters is cut off."""

    stores: int
    seconds_between: float
    cut_after_seconds: float
    cut_seconds: float
    outage: Outage


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment: stores by status in each cluster, probes, memory, load."""

    at: float
    statuses: Mapping[str, Mapping[str, int]]
    ready: Sequence[str]
    megabytes: Sequence[float]
    load: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A request that was sent at a moment, and how long its answer took."""

    at: float
    seconds: float


@dataclass
class Notes:
    """What was noted. Moments are those of the system's clock, in seconds."""

    cut_at: float = 0.0
    back_at: float = 0.0
    looks: list[Look] = field(default_factory=list)
    reads: list[list[Answer]] = field(default_factory=list)
    """Of the cut-off cluster's stores, by replica."""
    creates: dict[str, list[Answer]] = field(default_factory=lambda: {CUT: [], OTHER: []})
    steps: Counter[str] = field(default_factory=Counter)
    """What the steps of the cut-off cluster's stores said at the end of the outage."""
    password: str = ""
    """How an owner's wish to see a password of the cut-off cluster ended."""


class Trial:
    """One run. The first replica is started first, and so leads both clusters."""

    def __init__(
        self, clusters: Mapping[str, LocalCluster], replicas: Sequence[Service], plan: Plan
    ) -> None:
        self.plan = plan
        self.notes = Notes()
        turns = itertools.cycle(replicas)
        self.promises = Promises(lambda: next(turns))
        self._clusters = clusters
        self._replicas = replicas
        self._client = httpx.AsyncClient(timeout=_PATIENCE_SECONDS)

    async def run(self) -> None:
        """Create, cut off, bring back, and wait until all is quiet."""
        for replica in self._replicas:
            await asyncio.to_thread(replica.start)
        self.promises.token = self._replicas[0].token("experiment")
        self._client.headers["Authorization"] = f"Bearer {self.promises.token}"
        async with self._client, asyncio.TaskGroup() as group:
            looking = group.create_task(self._look())
            readers = [await self._reader(replica) for replica in self._replicas]
            async with asyncio.TaskGroup() as traffic:
                for cluster in self._clusters:
                    traffic.create_task(self._create_all(cluster))
                traffic.create_task(self._cut_off())
            await self.promises.settle()
            self.notes.reads = [await _answers(reader) for reader in readers]
            looking.cancel()
        for followers in self.promises.followers.values():
            for follower in followers:
                await follower.stop()

    async def _create_all(self, cluster: str) -> None:
        """Ask for a store at each tick, whether the cluster keeps up or not."""
        for number in range(self.plan.stores):
            began, at = time.monotonic(), time.time()
            given = {"name": f"{cluster}-{number:03}", "engine": "woocommerce"}
            answer = await self._ask(number, CREATE, {"input": given})
            payload = answer["data"]["createStore"]
            assert payload["errors"] == [], payload
            seconds = time.monotonic() - began
            self.notes.creates[cluster].append(Answer(at, seconds))
            store_id = payload["store"]["id"]
            self.promises.accepted[given["name"]] = store_id
            self.promises.follow(store_id)
            await asyncio.sleep(max(self.plan.seconds_between - seconds, 0))

    async def _cut_off(self) -> None:
        cluster, server = self._clusters[CUT], "kube-apiserver"
        await asyncio.sleep(self.plan.cut_after_seconds)
        say(f"  The API server of {CUT} is cut off ({self.plan.outage}).")
        self.notes.cut_at = time.time()
        pid = cluster.daemon(server).pid
        assert pid is not None
        if self.plan.outage is Outage.FREEZE:
            os.kill(pid, signal.SIGSTOP)
        else:
            await asyncio.to_thread(cluster.stop, server)
        try:
            await self._meanwhile(self.plan.cut_seconds)
        finally:
            self.notes.back_at = time.time()
            if self.plan.outage is Outage.FREEZE:
                os.kill(pid, signal.SIGCONT)
            else:
                await asyncio.to_thread(cluster.start, server)
                self.notes.back_at = time.time()
            say(f"  The API server of {CUT} is back.")

    async def _meanwhile(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 2)
        self.notes.password = await self._reveal()
        await asyncio.sleep(max(self.notes.cut_at + seconds - time.time(), 0))
        for name, step, message in await asyncio.to_thread(self.promises.rows, _STEPS):
            if name.startswith(f"{CUT}-"):
                self.notes.steps[f"{step}: {message or '(nothing yet)'}"] += 1

    async def _reveal(self) -> str:
        """Ask a replica for the password of a ready store whose cluster does not answer."""
        store_id = next(iter(self.promises.accepted.values()))
        began = time.monotonic()
        answer = await self._ask(0, REVEAL, {"id": store_id})
        return f"{time.monotonic() - began:.1f} s: {answer}"

    async def _ask(self, number: int, document: str, variables: dict[str, Any]) -> Any:
        """Ask the replicas in turn."""
        replica = self._replicas[number % len(self._replicas)]
        body = {"query": document, "variables": variables}
        answer = await self._client.post(f"{replica.url}/graphql", json=body)
        return answer.raise_for_status().json()

    async def _reader(self, replica: Service) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.experiments.clusters.reader", str(replica.port), f"{CUT}-",
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            limit=_READ_BYTES,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(f"{self.promises.token}\n".encode())
        return process

    async def _look(self) -> None:
        while True:
            look = await asyncio.to_thread(self._seen)
            self.notes.looks.append(look)
            say(f"  {look.statuses} ready: {look.ready}, load {look.load:.1f}")
            await asyncio.sleep(_LOOK_SECONDS)

    def _seen(self) -> Look:
        statuses: dict[str, Counter[str]] = {name: Counter() for name in self._clusters}
        for name, status in self.promises.rows(_STATUSES):
            statuses[name.partition("-")[0]][status] += 1
        pids = [replica.process.pid for replica in self._replicas if replica.process is not None]
        return Look(
            at=time.time(),
            statuses={name: dict(found) for name, found in statuses.items()},
            ready=[str(replica.status("/readyz")[0]) for replica in self._replicas],
            megabytes=[resident_megabytes(pid) for pid in pids],
            load=os.getloadavg()[0],
        )


async def _answers(reader: asyncio.subprocess.Process) -> list[Answer]:
    """End a reader; return what it measured."""
    assert reader.returncode is None, "a reader got no answer"
    reader.kill()
    output, _ = await reader.communicate()
    return [Answer(*map(float, line.split())) for line in output.decode().splitlines()]
