"""Frozen records of the objects that the platform observes in a store's namespace.

All times are aware UTC datetimes, taken from the cluster's clock and not from this machine's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


class ContainerState(StrEnum):
    """What a container does, in the cluster's words (``ContainerState`` of the API reference)."""

    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


class PodPhase(StrEnum):
    """Where in its life a pod is, in the cluster's words (``PodStatus.phase``)."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"

    @classmethod
    def _missing_(cls, value: object) -> "PodPhase":  # noqa: ARG003 - whatever it is
        return cls.UNKNOWN


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """The observed state of one container.

    Fields that start with ``last_`` describe its previous run (``lastState.terminated``).
    """

    name: str
    image: str = ""
    state: ContainerState = ContainerState.WAITING
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    restarts: int = 0
    is_ready: bool = False
    is_init: bool = False
    last_exit_code: int | None = None
    last_reason: str = ""
    last_message: str = ""


class Pod(msgspec.Struct, frozen=True, kw_only=True):
    """The observed state of one pod: only those fields that are stored, shown and assessed.

    ``unready_since`` is when the pod's Ready condition last became False, or None if unknown.
    """

    name: str
    uid: str
    component: str
    phase: PodPhase
    is_ready: bool
    reason: str = ""
    message: str = ""
    node: str = ""
    is_terminating: bool = False
    owner_kind: str = ""
    created_at: datetime
    unschedulable_since: datetime | None = None
    unready_since: datetime | None = None
    containers: tuple[Container, ...] = ()

    @property
    def restarts(self) -> int:
        return sum(container.restarts for container in self.containers)


@dataclass(frozen=True, slots=True)
class ContainerEnd:
    """How a container of a Job has ended: its exit code, and the message that it left."""

    exit_code: int
    message: str


@dataclass(frozen=True, slots=True)
class CronRuns:
    """When a CronJob last started a Job, and when one of its Jobs last succeeded; None for never.

    https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/#CronJobStatus
    """

    started_at: datetime | None
    succeeded_at: datetime | None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The observed state of one Job, with the reason and message of its Failed condition."""

    name: str
    uid: str
    component: str
    is_complete: bool = False
    is_failed: bool = False
    failure_reason: str = ""
    failure_message: str = ""
    created_at: datetime


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The observed state of one PersistentVolumeClaim."""

    name: str
    uid: str
    phase: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume claim: the ``size`` that it asks for, as Kubernetes writes it, and its class.

    ``can_grow``: the class lets claims of volumes that are there be made larger.
    https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
    """

    name: str
    size: str
    storage_class: str
    can_grow: bool


class ClusterEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A Warning event that the cluster recorded about one of the store's objects.

    ``object_uid`` tells the object from an earlier or later one of the same name. It is "" when the
    event does not name a uid.
    """

    uid: str
    object_uid: str = ""
    object_kind: str
    object_name: str
    reason: str
    message: str
    first_at: datetime
    last_at: datetime
    count: int = 1


class Blocker(msgspec.Struct, frozen=True):
    """A cause that holds up a namespace's deletion: the type of a condition, and its message."""

    kind: str
    message: str


class NamespaceState(msgspec.Struct, frozen=True, kw_only=True):
    """The observed state of a store's namespace; ``blockers`` are what holds up its deletion."""

    name: str
    uid: str
    is_terminating: bool = False
    blockers: tuple[Blocker, ...] = ()


@dataclass(frozen=True, slots=True)
class NamespaceMarks:
    """What is written on a namespace: its labels and its annotations."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    is_terminating: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that the watches know about one store at one moment."""

    namespace: NamespaceState | None
    pods: tuple[Pod, ...] = ()
    jobs: tuple[Job, ...] = ()
    claims: tuple[Claim, ...] = ()
    events: tuple[ClusterEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """A helm release, as helm records it in the cluster.

    ``revision`` is the number of the last revision that was in force. ``objects`` has the YAML of
    each of that revision's objects. ``is_in_force`` is True when no later revision was begun; False
    means that a later install or upgrade broke off.
    """

    revision: int
    objects: tuple[str, ...]
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Unchangeable:
    """An existing object that the API server refuses to update, but would accept if made anew.

    An example is an object with a changed immutable field. ``path`` and ``uid`` belong to the
    existing object. ``words`` are those of the API server's rejection.
    """

    kind: str
    name: str
    path: str
    uid: str
    words: str
