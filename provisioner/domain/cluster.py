"""What is known of a store's namespace in the cluster, as frozen values.

All times are aware UTC datetimes, by the cluster's clock.
"""

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
    """What is observed of one container.

    What starts with ``last_`` is of its previous run (``lastState.terminated``).
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
    """What is observed of one pod: the projection that is stored, shown and assessed.

    ``unready_since`` is when its Ready condition last became False; None where it is not known.
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


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is observed of one Job. ``failure`` holds the Failed condition's reason and message."""

    name: str
    uid: str
    component: str
    is_complete: bool = False
    is_failed: bool = False
    failure_reason: str = ""
    failure_message: str = ""
    created_at: datetime


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is observed of one PersistentVolumeClaim."""

    name: str
    uid: str
    phase: str
    created_at: datetime


class ClusterEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A Warning event of the cluster about an object of the store.

    ``object_uid`` tells the object from another of its name; "" where the event does not say.
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
    """What holds a namespace's deletion: the type of a condition, and its message."""

    kind: str
    message: str


class NamespaceState(msgspec.Struct, frozen=True, kw_only=True):
    """What is observed of a store's namespace. ``blockers`` says what holds its deletion."""

    name: str
    uid: str
    is_terminating: bool = False
    blockers: tuple[Blocker, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """All that the watches say of one store at one moment."""

    namespace: NamespaceState | None
    pods: tuple[Pod, ...] = ()
    jobs: tuple[Job, ...] = ()
    claims: tuple[Claim, ...] = ()
    events: tuple[ClusterEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """What helm keeps of a release in the cluster.

    ``revision`` is the last that was in force, ``objects`` the YAML of each object that it is made
    of, ``is_in_force`` whether the latest revision is that one: else a change of it broke off.
    """

    revision: int
    objects: tuple[str, ...]
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Unchangeable:
    """An object of a release that cannot be changed into what is wanted, though it could be made.

    ``path`` and ``uid`` are of the object that is there, ``words`` the API server's rejection.
    """

    kind: str
    name: str
    path: str
    uid: str
    words: str
