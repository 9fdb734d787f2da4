"""The edges of the domain, as protocols: each has one real adapter and one fake.

The fakes ship in ``provisioner.testing`` and pass the same contract tests as the real adapters.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from provisioner.domain.cluster import Observation, Pod, Release, Unchangeable
from provisioner.domain.errors import TransientError
from provisioner.domain.instrumentation import Measured
from provisioner.domain.stores import (
    Reason,
    Step,
    StepName,
    StepStatus,
    Store,
    StoreEvent,
    StoreSnapshot,
    StoreStatus,
)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class StoreRecords(Protocol):
    """The stores in the database. Every write is one transaction, its event included."""

    async def get(self, store_id: str) -> Store:
        """Return the store. Raises NotFoundError."""
        ...

    async def snapshot(self, store_id: str) -> StoreSnapshot:
        """Return the store with steps and pods, read in one transaction. Raises NotFoundError."""
        ...

    async def transition(
        self,
        store: Store,
        following: StoreStatus,
        *,
        reason: Reason | None = None,
        steps: Sequence[StepName] = (),
        message: str = "",
    ) -> Store:
        """Move the store to another status.

        ``steps`` begins a new attempt with these steps pending; ``message`` is the event's, where
        the reason does not say it all. Raises ConflictError when the row
        is no longer in ``store.status``; then nothing is written.
        """
        ...

    async def update_step(
        self,
        store: Store,
        name: StepName,
        status: StepStatus,
        *,
        message: str = "",
        output: str = "",
    ) -> Step:
        """Record how far a step of the store's current attempt is."""
        ...

    async def record_pods(self, store_id: str, pods: Sequence[Pod]) -> int:
        """Make ``pods`` the known pods of the store; return how many events that made.

        Raises NotFoundError.
        """
        ...

    async def record_repair(self, store_id: str, message: str, *, is_done: bool) -> None:
        """Record that drift was found and put back, or could not be.

        A failure that the store's latest such event tells already is not told again.
        """
        ...

    async def events_after(self, store_id: str, version: int, *, limit: int) -> list[StoreEvent]:
        """Return the store's events above ``version``, oldest first."""
        ...


class Cluster(Protocol):
    """What the platform asks of Kubernetes, apart from watching it.

    Every call raises ClusterUnreachableError when another try may help, else ClusterRejectedError.
    """

    def now(self) -> datetime:
        """Return the API server's time: what its records say of when is by this clock."""
        ...

    async def ensure_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """Create the namespace unless it is there; return whether it was created."""
        ...

    async def ensure_role_binding(self, namespace: str, role: str) -> bool:
        """Give ourselves the rights of a ClusterRole in the namespace; return whether that was new.

        Returns once they hold. Raises NotFoundError when the namespace is not there.
        """
        ...

    async def namespace_labels(self, name: str) -> Mapping[str, str] | None:
        """Return the namespace's labels, or None when it is not there."""
        ...

    async def label_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """Set these labels; return whether there is such a namespace."""
        ...

    async def ensure_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        generate: Callable[[], Mapping[str, str]],
    ) -> Mapping[str, str]:
        """Return the secret's values, creating it from ``generate`` unless it is there.

        Raises NotFoundError when the namespace is not there.
        """
        ...

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the secret's values. Raises NotFoundError when there is none."""
        ...

    async def delete_namespace(self, name: str) -> bool:
        """Ask for the namespace's deletion; return whether there was one to delete."""
        ...

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """Ask for the deletion of this very pod; one that is gone is no error."""
        ...

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """Ask for the deletion of this very Job and its pods; one that is gone is no error."""
        ...

    async def namespace_exists(self, name: str) -> bool:
        """Whether the namespace is there, be it terminating."""
        ...

    async def delete_claim(self, namespace: str, name: str, uid: str) -> None:
        """Ask for the deletion of this very volume claim; one that is gone is no error."""
        ...

    async def log_tail(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool
    ) -> str:
        """Return the last lines a container wrote, or "" when there is no log."""
        ...


class Releases(Protocol):
    """Reads what helm installed, and how the cluster differs from it. Errors as in ``Cluster``."""

    async def find(self, namespace: str, name: str) -> Release | None:
        """Return the release, or None when helm has no record of it that could be restored."""
        ...

    async def drift(self, namespace: str, wanted: str) -> str:
        """Return what is missing of an object or differs from its YAML, in words; "" if nothing.

        Nothing is changed. What the YAML does not mention may be as it likes.
        """
        ...

    async def unchangeable(self, namespace: str, name: str) -> list[Unchangeable]:
        """Return what is there and keeps the release's latest revision from being installed.

        Nothing is changed: the API server is asked in dry runs.
        """
        ...

    async def remove(self, item: Unchangeable) -> None:
        """Remove this very object and what it owns; return once it is gone."""
        ...

    async def nudge(self, namespace: str, name: str, mark: str) -> None:
        """Have the release's workloads looked at by their controllers now, by a new ``mark``.

        A controller whose pod was refused tries again by itself, after pauses that grow to a
        quarter of an hour.
        """
        ...


class Doctor(Protocol):
    """Finds out why helm failed, from the API server itself and not from helm's words."""

    async def trouble(
        self, namespace: str, release: str, *, is_removal: bool
    ) -> TransientError | None:
        """Return what keeps the API server from doing what helm asked, or None if it could."""
        ...


class Helm(Protocol):
    """The helm client. Calls are idempotent and raise HelmError, or TransientError."""

    async def install(
        self,
        *,
        release: str,
        namespace: str,
        chart: Path,
        values: Mapping[str, object],
        values_files: Sequence[Path] = (),
        secrets: Sequence[str] = (),
    ) -> str:
        """Install the release or bring it to these values; return helm's scrubbed output."""
        ...

    async def restore(self, *, release: str, namespace: str, revision: int) -> str:
        """Put every object of a revision back as helm keeps it; return helm's scrubbed output.

        Neither the chart nor the values of today matter: a store is never upgraded by this.
        """
        ...

    async def uninstall(self, *, release: str, namespace: str) -> str:
        """Remove the release if it is there; return helm's scrubbed output."""
        ...


class Observer(Protocol):
    """What the watches know of the stores, after it was recorded."""

    def observe(self, namespace: str) -> Observation:
        """Return everything that is known of a store's namespace now."""
        ...

    def revision(self, namespace: str) -> int:
        """Return a number that rises with every change of what is known of the namespace."""
        ...

    async def changed(self, namespace: str, since: int) -> None:
        """Return as soon as the namespace's revision is above ``since``."""
        ...

    def forget(self, namespace: str) -> None:
        """Drop what is kept of a namespace that is gone."""
        ...


class Announcer(Protocol):
    """Tells everyone who follows a store that its version has risen."""

    def announce(self, store_id: str) -> None:
        """Wake the followers of a store; never waits."""
        ...


class Prober(Protocol):
    """Looks whether a shopper could open a store."""

    async def problem(self, store: Store, path: str) -> str | None:
        """Return what keeps ``path`` of the store from answering, or None when it answers."""
        ...


class Measurements(Protocol):
    """Told what is done while it is done. Neither fails nor waits."""

    def measure(self, activity: str, **labels: str) -> AbstractContextManager[Measured]:
        """Measure what runs inside; an exception that leaves it is its outcome."""
        ...
