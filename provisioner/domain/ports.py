"""Protocols for everything outside the domain: the database, the cluster, helm, the clock.

Each protocol has one real implementation and one fake. The fakes are in ``provisioner.testing`` and
pass the same contract tests as the real ones.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from provisioner.domain.backups import Backup, RestoreSource
from provisioner.domain.cluster import (
    ContainerEnd,
    CronRuns,
    NamespaceMarks,
    Observation,
    Pod,
    Release,
    Unchangeable,
    Volume,
)
from provisioner.domain.engines import PageVisit
from provisioner.domain.errors import TransientError
from provisioner.domain.instrumentation import Measured
from provisioner.domain.operations import OperationKind
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import (
    Reason,
    Step,
    StepName,
    StepStatus,
    Store,
    StoreEvent,
    StoreStatus,
    Upgrade,
)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        ...


class StoreRecords(Protocol):
    """The stores in the database. Every write is one transaction that includes its event."""

    async def get(self, store_id: str) -> Store:
        """Return the store. Raises NotFoundError."""
        ...

    async def snapshot(self, store_id: str) -> StoreSnapshot:
        """Return the store with all that is known of it, at one moment. Raises NotFoundError."""
        ...

    async def transition(
        self,
        store: Store,
        following: StoreStatus,
        *,
        reason: Reason | None = None,
        begins: OperationKind | None = None,
        message: str = "",
    ) -> Store:
        """Move the store to another status, and its operation with it; record an event about it.

        With ``begins`` a new operation of that kind begins. ``message`` is the text of the event;
        without one it is the reason's. Raises ConflictError when the store is no longer in
        ``store.status``, and RefusedError (OPERATION_UNDER_WAY) when another operation must end
        first; nothing is written then.
        """
        ...

    async def record_removed(self, store: Store) -> Store:
        """Record that the shop is removed in whose place a backup is put; return the store.

        From now on the store is made from that backup. Raises ConflictError when another operation
        has begun.
        """
        ...

    async def bring_back(self, store: Store, reason: Reason) -> Store:
        """Record why what was done to the shop could not be done, and have it as it was.

        That was the restore of a backup in its place, or its upgrade. The operation has failed, and
        another one has begun that restores the backup of the shop as it was; the store is QUEUED
        for it. Raises ConflictError as ``transition``.
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
        """Record the status of a step of the store's latest operation, and return the step."""
        ...

    async def record_pods(self, store_id: str, pods: Sequence[Pod]) -> int:
        """Replace the store's known pods by ``pods``, with one event for each difference.

        Return the number of events. Raises NotFoundError.
        """
        ...

    async def record_repair(self, store_id: str, message: str, *, is_done: bool) -> None:
        """Record that drift was found, and whether it was repaired (``is_done``).

        Nothing is recorded when a repair fails with the same message as the store's last repair
        event.
        """
        ...

    async def events_after(self, store_id: str, version: int, *, limit: int) -> list[StoreEvent]:
        """Return at most ``limit`` of the store's events above ``version``, oldest first."""
        ...


class TaskRecords(Protocol):
    """The tasks of stores in the database. Every write is one transaction with its event.

    Each raises ConflictError when the store's task is over.
    """

    async def start(self, store: Store) -> datetime:
        """Record that a worker begins the store's task, or goes on with it; return since when."""
        ...

    async def succeed(self, store: Store, message: str, *, backup: Backup | None = None) -> None:
        """Record that the store's task is done, with the backup that it made."""
        ...

    async def hand_over(self, store: Store, message: str, backup: Backup) -> Store:
        """Record that the shop is saved in whose place another backup is put; return the store.

        It is QUEUED, and its operation goes on with the removal of the shop.
        """
        ...

    async def record_preflight(self, store: Store, upgrade: Upgrade) -> None:
        """Record what was found out about a shop before its upgrade, while it is open still."""
        ...

    async def hand_over_upgrade(
        self, store: Store, message: str, backup: Backup, source: RestoreSource
    ) -> Store:
        """Record that the shop is saved which is to get another version; return the store.

        It is QUEUED, and its operation goes on with that. ``source`` is the backup, as it is
        restored if that fails.
        """
        ...

    async def record_growth(self, store: Store, storage_plan: str) -> None:
        """Record, before it is begun, that the volumes of a shop grow to those of a plan."""
        ...

    async def succeed_plan(self, store: Store, message: str) -> None:
        """Record that the store's shop has its other plan."""
        ...

    async def suspend(self, store: Store, message: str) -> Store:
        """Record that the store's shop is stopped: it is SUSPENDED. Return the store."""
        ...

    async def fail(self, store: Store, reason: Reason) -> None:
        """Record that the store's task could not be done."""
        ...


class Cluster(Protocol):
    """The requests that the platform makes to Kubernetes, apart from its watches.

    Every call raises ClusterUnreachableError when another try may help, and ClusterRejectedError
    when it would not.
    """

    def now(self) -> datetime:
        """Return the current time by the API server's clock, as the times in its objects are."""
        ...

    async def ensure_namespace(
        self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
    ) -> bool:
        """Create the namespace unless it is there; return whether it was created.

        One that is there gets these labels and annotations, and keeps its others.
        """
        ...

    async def ensure_role_binding(self, namespace: str, role: str) -> bool:
        """Bind a ClusterRole to the platform's own account in the namespace.

        Return whether the binding is new, once every API server grants the rights. Raises
        NotFoundError when there is no such namespace.
        """
        ...

    async def namespace_marks(self, name: str) -> NamespaceMarks | None:
        """Return what is written on the namespace, or None when there is no such namespace."""
        ...

    async def store_namespaces(self) -> Sequence[NamespaceMarks]:
        """Return every namespace that has the label of a store, whatever its value."""
        ...

    async def mark_namespace(
        self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
    ) -> bool:
        """Set these labels and annotations of the namespace; it keeps its others.

        Return whether there is such a namespace.
        """
        ...

    async def ensure_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        generate: Callable[[], Mapping[str, str]],
    ) -> Mapping[str, str]:
        """Return the values of a Secret, which is created from ``generate()`` if there is none.

        Raises NotFoundError when there is no such namespace.
        """
        ...

    async def replace_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        values: Mapping[str, str],
        *,
        kind: str = "Opaque",
    ) -> None:
        """Make a Secret of these values, in place of the one with this name if there is one.

        ``kind`` is Kubernetes' type of Secret, which a Secret keeps for ever. Raises NotFoundError
        when there is no such namespace.
        """
        ...

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the values of a Secret. Raises NotFoundError when there is none."""
        ...

    async def set_in_secret(self, namespace: str, name: str, key: str, value: str) -> None:
        """Set one value of a Secret, which keeps its others. Raises NotFoundError."""
        ...

    async def change_secret(
        self, namespace: str, name: str, values: Mapping[str, str | None]
    ) -> None:
        """Set these values of a Secret at once, and remove those that are None.

        It keeps its others. Raises NotFoundError, and ClusterUnreachableError when somebody else
        changes it each time.
        """
        ...

    async def delete_namespace(self, name: str) -> bool:
        """Ask for the namespace's deletion; return whether there was one to delete."""
        ...

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """Ask for the deletion of the pod with this name and uid, if it still exists."""
        ...

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """Ask for the deletion of the Job with this name and uid, and its pods, if it exists."""
        ...

    async def namespace_exists(self, name: str) -> bool:
        """Whether the namespace exists; one that is terminating still does."""
        ...

    async def delete_claim(self, namespace: str, name: str, uid: str) -> None:
        """Ask for the deletion of the volume claim with this name and uid, if it still exists."""
        ...

    async def volumes(self, namespace: str) -> Sequence[Volume]:
        """Return the volume claims in a namespace that are not being deleted, by name."""
        ...

    async def grow_volume(
        self, namespace: str, name: str, size: str, *, is_trial: bool = False
    ) -> None:
        """Have a volume made as large as this; as a trial only ask whether that could be done.

        It grows in the background. Raises NotFoundError when there is no such claim.
        """
        ...

    async def release_pods(self, namespace: str, stateful_set: str) -> None:
        """Delete a StatefulSet, if it is there, and leave its pods running.

        Return once it is gone. A new one of this name and with the same labels takes them over.
        """
        ...

    async def service_address(self, namespace: str, name: str, port: int) -> str | None:
        """Return where a Service is reached inside the cluster, as ``10.96.0.7:80``.

        An IPv6 address is in brackets. None for a Service without an address of its own, such as a
        headless one. Raises NotFoundError when there is no such Service, or it has no such port.
        """
        ...

    async def log_tail(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool
    ) -> str:
        """Return the last lines of a container's log, or "" when there is no log.

        ``previous`` asks for the log of the container's run before its last restart.
        """
        ...


class Jobs(Protocol):
    """The Jobs that the platform makes in stores' namespaces.

    Most are made from templates in the stores' charts. Errors are raised as in ``Cluster``.
    """

    async def run(
        self, namespace: str, template: str, name: str, labels: Mapping[str, str]
    ) -> bool:
        """Make a Job from the suspended CronJob ``template``, unless there is one of that name.

        Return whether it is new. It and its pods get the labels too. Raises NotFoundError when
        there is no such CronJob.
        """
        ...

    async def pull(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        images: Sequence[str],
        *,
        pull_secrets: Sequence[str] = (),
        near: Sequence[str] = (),
    ) -> str:
        """Make a Job whose one pod has a container of each image, unless there is one of that name.

        Return the Job's uid. It and its pod get the labels. ``pull_secrets`` name the Secrets with
        registry credentials, and ``near`` the nodes that its pod should rather run on than on
        others. Raises NotFoundError when there is no such namespace.
        """
        ...

    async def ends(self, namespace: str, name: str) -> Mapping[str, ContainerEnd]:
        """Return how the containers of the Job's pod have ended, by their names.

        It is the pod that has succeeded, or else the one that was tried last.
        """
        ...

    async def runs(self, namespace: str, name: str) -> CronRuns:
        """Return when a CronJob ran last. Raises NotFoundError when there is none of that name."""
        ...


class Releases(Protocol):
    """Reads what helm installed, and how the cluster differs from it.

    Errors are raised as in ``Cluster``.
    """

    async def find(self, namespace: str, name: str) -> Release | None:
        """Return the release, or None when helm has no record of a revision to restore."""
        ...

    async def states(self, namespace: str, name: str) -> Mapping[int, str]:
        """Return the state of each revision in helm's words, such as ``deployed``; {} if none."""
        ...

    async def drift(self, namespace: str, wanted: str) -> str:
        """Return a sentence on how an object differs from its YAML, or "" if it does not.

        Changes nothing. Fields that the YAML does not mention are not compared.
        """
        ...

    async def rollout(self, namespace: str, name: str) -> str:
        """Return which workload of the latest revision has not all its pods of it yet, or "".

        It is a sentence. Pods that have been replaced may still be ending.
        """
        ...

    async def unchangeable(self, namespace: str, name: str) -> list[Unchangeable]:
        """Return the existing objects that cannot be updated to the release's latest revision.

        Changes nothing: the API server is asked in dry runs.
        """
        ...

    async def remove(self, item: Unchangeable) -> None:
        """Remove the object with this uid and the objects that it owns; return once it is gone."""
        ...

    async def stop(
        self, namespace: str, name: str, components: Collection[str] | None = None
    ) -> None:
        """Have no pods of these components of the release any more, until it is restored.

        Nothing is done by the clock any more either: what just ran has ended on return. Without
        ``components`` nothing of the release runs, and the templates of Jobs are away too.
        """
        ...

    async def hide(self, namespace: str, name: str) -> None:
        """Have no visitors led to the release's pods any more, until it is restored.

        Its Ingresses and HTTPRoutes are removed, so that whoever looks after addresses without a
        shop answers them.
        """
        ...

    async def nudge(self, namespace: str, name: str, mark: str) -> None:
        """Make the controllers of the release's workloads try again now, by setting a new ``mark``.

        Left alone, a controller whose pods were denied tries again after pauses that grow to a
        quarter of an hour.
        """
        ...


class Doctor(Protocol):
    """Finds out why helm failed by asking the API server, not by reading helm's output."""

    async def trouble(
        self, namespace: str, release: str, *, is_removal: bool
    ) -> TransientError | None:
        """Return why the API server cannot do what helm asked for, or None if it could.

        ``is_removal`` is True for an uninstall, and False for an install.
        """
        ...


class Helm(Protocol):
    """The helm client. Its calls can be repeated, and raise HelmError or TransientError."""

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
        """Install the release, or upgrade it to these values; return helm's scrubbed output.

        ``secrets`` are removed from the output.
        """
        ...

    async def restore(self, *, release: str, namespace: str, revision: int) -> str:
        """Restore every object of a revision from helm's record; return helm's scrubbed output.

        The current chart and values are not used, so this never upgrades a store.
        """
        ...

    async def render(
        self,
        *,
        release: str,
        chart: Path,
        values: Mapping[str, object],
        values_files: Sequence[Path] = (),
        apis: Sequence[str] = (),
    ) -> str:
        """Return the objects that an install would apply, as YAML, without asking the cluster.

        ``apis`` are kinds besides Kubernetes' own that the chart may use, as group/version/Kind.
        """
        ...

    async def uninstall(self, *, release: str, namespace: str) -> str:
        """Remove the release if there is one; return helm's scrubbed output."""
        ...


class Observer(Protocol):
    """The state of stores' namespaces as the watches know it, shown only after it was recorded."""

    def observe(self, namespace: str) -> Observation:
        """Return everything that is known about a store's namespace now."""
        ...

    def revision(self, namespace: str) -> int:
        """Return a number that rises whenever the observation of the namespace changes."""
        ...

    async def changed(self, namespace: str, since: int) -> None:
        """Wait until the namespace's revision is above ``since``."""
        ...

    def forget(self, namespace: str) -> None:
        """Drop everything that is kept about a namespace that is gone."""
        ...


class Announcer(Protocol):
    """Tells everyone who follows a store that it has a new version."""

    def announce(self, store_id: str) -> None:
        """Wake the followers of a store, without waiting for them."""
        ...


class Prober(Protocol):
    """Checks whether a shopper could open a store.

    With ``behind``, the base URL of the store's Service, requests go there and not by the store's
    address. ServiceUnreachableError is raised then when no connection can be made, and only then.
    """

    async def problem(self, store: Store, path: str, *, behind: str | None = None) -> str | None:
        """Return why the store's ``path`` does not answer, or None when it answers."""
        ...

    async def walk_problem(
        self, store: Store, walk: Sequence[PageVisit], *, behind: str | None = None
    ) -> str | None:
        """Return why a shopper does not get to the store's check-out, or None if one does."""
        ...


class Measurements(Protocol):
    """Receives measurements of the work; its calls never raise and never wait."""

    def measure(self, activity: str, **labels: str) -> AbstractContextManager[Measured]:
        """Measure the work inside the context; an exception that leaves it sets the outcome."""
        ...

    def record_stream_delay(self, stream: str, seconds: float) -> None:
        """Record how late a change of a store reached the followers of a stream."""
        ...
