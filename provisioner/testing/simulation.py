"""Holds the namespaces of a simulated cluster, and interleaves the calls to it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.domain.cluster import (
    Container,
    ContainerState,
    CronRuns,
    Job,
    Pod,
    PodPhase,
    Volume,
)

SERVICE_PORT = 80
"""The port of every Service."""


@dataclass
class SimulatedNamespace:
    """One namespace and what is in it.

    ``release`` is helm's state of the release, or "" when there is none. ``missing`` holds the
    names of what helm installed and somebody removed. ``runs`` are those of its CronJobs.
    ``is_terminating`` is set once the namespace was deleted. ``is_installed_closed``: the release
    has nothing that leads visitors to it. ``gone`` holds what leads visitors to
    the release, and what it does by the clock, while that is removed. ``services`` have the
    addresses of the release's Services, by name; None for a headless one. ``volumes`` are its
    claims, and ``template`` is the size in the claim template of its StatefulSet, "" while that is
    not there. ``is_set_refused``: helm could not change it. ``values`` are those that helm was
    given last.
    """

    uid: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    pods: dict[str, Pod] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    release: str = ""
    release_name: str = ""
    missing: set[str] = field(default_factory=set)
    runs: CronRuns | None = None
    is_terminating: bool = False
    is_installed_closed: bool = False
    gone: set[str] = field(default_factory=set)
    services: dict[str, str | None] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    template: str = ""
    is_set_refused: bool = False
    values: dict[str, object] = field(default_factory=dict)

    @property
    def is_hidden(self) -> bool:
        """Whether no visitors are led to the release."""
        removed = any(name.startswith("Ingress ") for name in self.gone)
        return removed or self.is_installed_closed


class Simulation:
    """The part that all simulated ports share: namespaces in memory, and waiting for changes.

    Each of the next calls raises one of ``faults``. New pods are ready unless ``is_image_missing``.
    ``sizes`` are those of the volume that every chart has, by plan, and ``can_grow`` says whether
    volumes can. The pods of ``plans_without_room`` fit on no node.
    ``images`` are those of every chart. ``pulls`` are the calls of ``Jobs.pull``: the Job's name,
    the images, the Secrets and the nodes. ``most_at_once`` is the highest number of calls for one
    namespace that ran at the same time.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.namespaces: dict[str, SimulatedNamespace] = {}
        self.nudges: list[tuple[str, str]] = []
        self.faults: list[Exception] = []
        self.is_image_missing = False
        self.is_holding = False
        self.are_jobs_failing = False
        self.reports: dict[str, str] = {}
        self.images: list[str] = ["web:1"]
        self.sizes: dict[str, str] = {}
        self.can_grow = True
        self.plans_without_room: set[str] = set()
        self.pulls: list[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = []
        self.most_at_once = 0
        self._now = now
        self._made = 0
        self._busy: dict[str, int] = defaultdict(int)
        self._revisions: dict[str, int] = defaultdict(int)
        self._changes: dict[str, asyncio.Event] = {}

    def put_back(self, found: SimulatedNamespace, release: str) -> None:
        """Create what helm installs and is missing: one pod for each release, and two Services."""
        found.services = {f"{release}-web": "10.0.0.7", f"{release}-db": None} | found.services
        found.pods.setdefault(f"{release}-web", self.make_pod(f"{release}-web"))
        found.missing.clear()
        found.gone.clear()

    @asynccontextmanager
    async def call(self, namespace: str) -> AsyncIterator[None]:
        """Do one call to the cluster while the context is open. Raises the next fault, if any."""
        self._busy[namespace] += 1
        self.most_at_once = max(self.most_at_once, self._busy[namespace])
        try:
            # Both sleeps let other tasks run before and after the change, as a real call would.
            await asyncio.sleep(0)
            if self.faults:
                raise self.faults.pop(0)
            yield
            await asyncio.sleep(0)
        finally:
            self._busy[namespace] -= 1
            self.announce(namespace)

    def announce(self, namespace: str) -> None:
        """Wake everyone who waits for a change of the namespace."""
        self._revisions[namespace] += 1
        if (waiting := self._changes.pop(namespace, None)) is not None:
            waiting.set()

    def new_uid(self) -> str:
        self._made += 1
        return f"uid-{self._made}"

    def make_pod(self, name: str) -> Pod:
        is_ready = not self.is_image_missing
        container = Container(
            name="web",
            image="web:1",
            state=ContainerState.RUNNING if is_ready else ContainerState.WAITING,
            reason="" if is_ready else "ErrImagePull",
            message="" if is_ready else "web:1: not found",
            is_ready=is_ready,
        )
        return Pod(
            name=name,
            uid=self.new_uid(),
            component="web",
            phase=PodPhase.RUNNING if is_ready else PodPhase.PENDING,
            is_ready=is_ready,
            owner_kind="ReplicaSet",
            created_at=self._now(),
            containers=(container,),
        )
