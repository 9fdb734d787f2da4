"""Fakes of the ports, for unit tests. Each passes the contract tests of the real adapter."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from provisioner.domain.cluster import (
    Blocker,
    Container,
    NamespaceState,
    Observation,
    Pod,
    Release,
    Unchangeable,
)
from provisioner.domain.errors import HelmError, NotFoundError
from provisioner.domain.instrumentation import Measured, ending
from provisioner.domain.stores import Reason, Store
from provisioner.kubernetes.objects import STORE_LABEL

HELD = Blocker(
    "NamespaceFinalizersRemaining",
    "Some content in the namespace has finalizers remaining: example.com/keep in 1 resource"
    " instances",
)
"""What holds the namespaces of a simulated cluster that is holding them."""


class HandClock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class RecordedAnnouncements:
    """An announcer that only remembers."""

    def __init__(self) -> None:
        self.store_ids: list[str] = []

    def announce(self, store_id: str) -> None:
        self.store_ids.append(store_id)


class RecordedMeasurements:
    """Measurements that only remember: activity, labels and outcome of all that has ended."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, dict[str, str], str]] = []

    def measure(self, activity: str, **labels: str) -> AbstractContextManager[Measured]:
        return ending(
            labels,
            lambda measured: self.ended.append((activity, measured.labels, measured.outcome)),
        )


class AlwaysAnswers:
    """A prober for which every shop is open."""

    async def problem(self, store: Store, path: str) -> str | None:  # noqa: ARG002
        return None


@dataclass
class SimulatedNamespace:
    """One namespace; ``release`` is helm's state of the release, or "" when there is none.

    ``missing`` is what helm installed and somebody removed; ``is_terminating`` once it is to go.
    """

    uid: str
    labels: dict[str, str] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    pods: dict[str, Pod] = field(default_factory=dict)
    release: str = ""
    release_name: str = ""
    missing: set[str] = field(default_factory=set)
    is_terminating: bool = False


class SimulatedCluster:
    """A cluster in memory, with helm and the watches: ports Cluster, Helm, Releases and Observer.

    Each call yields to the event loop in its middle, so that others may come in between. ``faults``
    are raised by the next calls, one each. Installed pods are ready unless ``is_image_missing``.
    Namespaces that are deleted while it ``is_holding`` stay until ``let_go``.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.namespaces: dict[str, SimulatedNamespace] = {}
        self.nudges: list[tuple[str, str]] = []
        self.faults: list[Exception] = []
        self.is_image_missing = False
        self.is_holding = False
        self.most_at_once = 0
        self._now = now
        self._made = 0
        self._busy: dict[str, int] = defaultdict(int)
        self._revisions: dict[str, int] = defaultdict(int)
        self._changes: dict[str, asyncio.Event] = {}

    # Cluster ------------------------------------------------------------------------------------

    async def ensure_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        async with self._call(name):
            if (found := self.namespaces.get(name)) is not None:
                found.labels.update(labels)
                return False
            self.namespaces[name] = SimulatedNamespace(self._new_uid(), dict(labels))
            return True

    async def ensure_role_binding(self, namespace: str, role: str) -> bool:
        async with self._call(namespace):
            if namespace not in self.namespaces:
                raise NotFoundError(f"namespaces {namespace!r} not found")
            roles = self.namespaces[namespace].roles
            is_new = role not in roles
            roles.add(role)
            return is_new

    def now(self) -> datetime:
        return self._now()

    async def namespace_labels(self, name: str) -> Mapping[str, str] | None:
        async with self._call(name):
            found = self.namespaces.get(name)
            return None if found is None else dict(found.labels)

    async def label_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        async with self._call(name):
            if (found := self.namespaces.get(name)) is None:
                return False
            found.labels.update(labels)
            return True

    async def ensure_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],  # noqa: ARG002
        generate: Callable[[], Mapping[str, str]],
    ) -> Mapping[str, str]:
        async with self._call(namespace):
            if namespace not in self.namespaces:
                raise NotFoundError(f"namespaces {namespace!r} not found")
            secrets = self.namespaces[namespace].secrets
            if name not in secrets:
                secrets[name] = dict(generate())
            return secrets[name]

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:
        async with self._call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or name not in found.secrets:
                raise NotFoundError(f"secrets {name!r} not found")
            return found.secrets[name]

    async def delete_namespace(self, name: str) -> bool:
        async with self._call(name):
            if self.is_holding and (found := self.namespaces.get(name)) is not None:
                found.is_terminating = True
                return True
            return self.namespaces.pop(name, None) is not None

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        async with self._call(namespace):
            found = self.namespaces.get(namespace)
            if found and name in found.pods and found.pods[name].uid == uid:
                found.pods[name] = self._pod(name)

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:  # noqa: ARG002
        async with self._call(namespace):
            return

    async def delete_claim(self, namespace: str, name: str, uid: str) -> None:  # noqa: ARG002
        async with self._call(namespace):
            return

    async def namespace_exists(self, name: str) -> bool:
        async with self._call(name):
            return name in self.namespaces

    async def log_tail(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool  # noqa: ARG002
    ) -> str:  # fmt: skip
        return ""

    # Helm ---------------------------------------------------------------------------------------

    async def install(
        self,
        *,
        release: str,
        namespace: str,
        chart: Path,  # noqa: ARG002
        values: Mapping[str, object],  # noqa: ARG002
        values_files: Sequence[Path] = (),  # noqa: ARG002
        secrets: Sequence[str] = (),  # noqa: ARG002
    ) -> str:
        async with self._call(namespace):
            found = self.namespaces.get(namespace)
            if found is None:
                message = f"helm could not install release {release}: no namespace {namespace}"
                raise HelmError(Reason("HELM_FAILED", message))
            found.release, found.release_name = "deployed", release
            self._put_back(found, release)
            return f"{release} is installed."

    async def restore(self, *, release: str, namespace: str, revision: int) -> str:  # noqa: ARG002
        async with self._call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or not found.release:
                message = f"helm could not restore release {release}: release: not found"
                raise HelmError(Reason("HELM_FAILED", message))
            self._put_back(found, release)
            return f"{release} is restored."

    async def uninstall(self, *, release: str, namespace: str) -> str:
        async with self._call(namespace):
            if namespace in self.namespaces:
                self.namespaces[namespace].release = ""
                self.namespaces[namespace].pods.clear()
            return f"{release} is uninstalled."

    # Releases -----------------------------------------------------------------------------------

    async def find(self, namespace: str, name: str) -> Release | None:
        async with self._call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or found.release != "deployed" or found.release_name != name:
                return None
            return Release(revision=1, objects=(f"{name}-web",), is_in_force=True)

    async def drift(self, namespace: str, wanted: str) -> str:
        async with self._call(namespace):
            found = self.namespaces.get(namespace)
            is_missing = found is not None and wanted in found.missing
            return f"Deployment {wanted} was missing" if is_missing else ""

    async def unchangeable(self, namespace: str, name: str) -> list[Unchangeable]:  # noqa: ARG002
        async with self._call(namespace):
            return []

    async def remove(self, item: Unchangeable) -> None:  # noqa: ARG002
        return

    async def nudge(self, namespace: str, name: str, mark: str) -> None:
        async with self._call(namespace):
            self.nudges.append((name, mark))

    # Observer -----------------------------------------------------------------------------------

    def observe(self, namespace: str) -> Observation:
        found = self.namespaces.get(namespace)
        if found is None:
            return Observation(namespace=None)
        held = (HELD,) if found.is_terminating else ()
        state = NamespaceState(
            name=namespace, uid=found.uid, is_terminating=found.is_terminating, blockers=held
        )
        # The watch of namespaces is by their label, so that without it there is none.
        seen = state if STORE_LABEL in found.labels else None
        return Observation(namespace=seen, pods=tuple(found.pods.values()))

    def revision(self, namespace: str) -> int:
        return self._revisions[namespace]

    async def changed(self, namespace: str, since: int) -> None:
        while self._revisions[namespace] <= since:
            await self._changes.setdefault(namespace, asyncio.Event()).wait()

    def forget(self, namespace: str) -> None:
        self._revisions.pop(namespace, None)

    # What a test does to it ---------------------------------------------------------------------

    def lose(self, namespace: str) -> None:
        """Delete a namespace from outside."""
        self.namespaces.pop(namespace, None)
        self._announce(namespace)

    def unlabel(self, namespace: str) -> None:
        """Remove a namespace's labels from outside."""
        found = self.namespaces.get(namespace)
        if found is not None:
            found.labels.clear()
            self._announce(namespace)

    def let_go(self) -> None:
        """Hold no namespace any more: those that were deleted go now."""
        self.is_holding = False
        for name in [name for name, found in self.namespaces.items() if found.is_terminating]:
            self.lose(name)

    def replace_pods(self, namespace: str) -> None:
        """Have the store's pods made anew, by what ``is_image_missing`` says now."""
        found = self.namespaces.get(namespace)
        if found is not None:
            found.pods = {name: self._pod(name) for name in found.pods}
            self._announce(namespace)

    def remove_workloads(self, namespace: str) -> None:
        """Delete what helm installed, and so its pods, from outside."""
        found = self.namespaces.get(namespace)
        if found is not None and found.release:
            found.missing.update(found.pods)
            found.pods.clear()
            self._announce(namespace)

    def restore_workloads(self, namespace: str) -> None:
        """Bring back from outside what was deleted of what helm installed."""
        found = self.namespaces.get(namespace)
        if found is not None and found.release:
            self._put_back(found, found.release_name)
            self._announce(namespace)

    def restart(self) -> None:
        """Forget who was waiting: the service is another one now."""
        self._changes.clear()
        self._busy.clear()

    def _put_back(self, found: SimulatedNamespace, release: str) -> None:
        found.pods.setdefault(f"{release}-web", self._pod(f"{release}-web"))
        found.missing.clear()

    @asynccontextmanager
    async def _call(self, namespace: str) -> AsyncIterator[None]:
        self._busy[namespace] += 1
        self.most_at_once = max(self.most_at_once, self._busy[namespace])
        try:
            await asyncio.sleep(0)
            if self.faults:
                raise self.faults.pop(0)
            yield
            await asyncio.sleep(0)
        finally:
            self._busy[namespace] -= 1
            self._announce(namespace)

    def _announce(self, namespace: str) -> None:
        self._revisions[namespace] += 1
        if (waiting := self._changes.pop(namespace, None)) is not None:
            waiting.set()

    def _new_uid(self) -> str:
        self._made += 1
        return f"uid-{self._made}"

    def _pod(self, name: str) -> Pod:
        is_ready = not self.is_image_missing
        container = Container(
            name="web",
            image="web:1",
            state="running" if is_ready else "waiting",
            reason="" if is_ready else "ErrImagePull",
            message="" if is_ready else "web:1: not found",
            is_ready=is_ready,
        )
        return Pod(
            name=name,
            uid=self._new_uid(),
            component="web",
            phase="Running" if is_ready else "Pending",
            is_ready=is_ready,
            owner_kind="ReplicaSet",
            created_at=self._now(),
            containers=(container,),
        )
