"""The records: what is known of a store, as frozen values.

All times are aware UTC datetimes. A store's ``version`` rises by one with every recorded event, so
it orders everything that was ever shown of that store.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from provisioner.domain.owners import COMMAND_LINE, Owner


class StoreStatus(StrEnum):
    """Where a store is."""

    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    READY = "READY"
    DEGRADED = "DEGRADED"
    FAILED = "FAILED"
    DELETING = "DELETING"
    DELETED = "DELETED"


class StoreTarget(StrEnum):
    """Where a store should be; the only thing a mutation changes."""

    READY = "READY"
    DELETED = "DELETED"


class StepName(StrEnum):
    """The steps of provisioning and of deleting, each in the order in which they are done."""

    NAMESPACE = "NAMESPACE"
    CREDENTIALS = "CREDENTIALS"
    HELM_INSTALL = "HELM_INSTALL"
    WORKLOADS_READY = "WORKLOADS_READY"
    SETUP_JOB = "SETUP_JOB"
    REACHABLE = "REACHABLE"
    HELM_UNINSTALL = "HELM_UNINSTALL"
    NAMESPACE_GONE = "NAMESPACE_GONE"


class StepStatus(StrEnum):
    """How far a step is."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class EventKind(StrEnum):
    """What a recorded event is about."""

    STATUS = "STATUS"
    STEP = "STEP"
    POD = "POD"
    REPAIR = "REPAIR"


class Role(StrEnum):
    """What a caller may do: read their stores, also change them, or everything."""

    VIEWER = "VIEWER"
    OPERATOR = "OPERATOR"
    ADMIN = "ADMIN"

    def includes(self, other: "Role") -> bool:
        """Whether who has this role may do all that ``other`` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True)
class UsedToken:
    """The token of ours that a caller has signed in with.

    ``expires_at`` is when it, or one that it was made with, ends. It is the owner's own when they
    made it themselves, or had it from the command line, and so on up to the first.
    """

    id: str
    maker: Owner | None
    is_owners_own: bool
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling, and with which token of ours; None for an issuer's or the command line."""

    owner: Owner
    role: Role
    token: UsedToken | None = None

    @property
    def sees_all_stores(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def is_owner_in_person(self) -> bool:
        """Whether nobody but the owner can have got what they sign in with."""
        return self.token is None or self.token.is_owners_own

    @property
    def is_from_issuer(self) -> bool:
        """Whether an issuer vouches for this very sign-in."""
        return self.token is None and self.owner != COMMAND_LINE


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: a stable ``code``, and a sentence with the next thing to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Store:
    """One store. ``attempt`` counts the pieces of work on it: create, each retry, the delete."""

    id: str
    name: str
    owner: Owner
    engine: str
    engine_version: str
    status: StoreStatus
    target: StoreTarget
    reason: Reason | None
    namespace: str
    release: str
    host: str
    url: str
    version: int
    attempt: int
    attempt_started_at: datetime | None
    created_at: datetime
    updated_at: datetime
    ready_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is of no more use is kept; None is for ever.

    ``failed`` counts from the failure of a store that was never ready, ``deleted`` from a store's
    end to the removal of its record, ``audit`` from when an entry was written.
    """

    failed: timedelta | None
    deleted: timedelta | None
    audit: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one attempt. ``output`` is the scrubbed tail of what a tool said."""

    attempt: int
    name: StepName
    status: StepStatus
    message: str
    output: str
    started_at: datetime | None
    finished_at: datetime | None


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """What is observed of one container; ``state`` is waiting, running or terminated.

    What starts with ``last_`` is of its previous run (``lastState.terminated``).
    """

    name: str
    image: str = ""
    state: str = "waiting"
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
    """What is observed of one pod: the projection that is stored, shown and judged.

    ``unready_since`` is when its Ready condition last became False; None where it is not known.
    """

    name: str
    uid: str
    component: str
    phase: str
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

    ``path`` and ``uid`` are those of the object that is there, ``words`` the API server's refusal.
    """

    kind: str
    name: str
    path: str
    uid: str
    words: str


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """Something that happened to a store. ``subject`` is a step or pod, ``version`` the order."""

    version: int
    kind: EventKind
    subject: str
    status: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoreSnapshot:
    """A store with the steps of its current attempt and its pods, all of one moment."""

    store: Store
    steps: tuple[Step, ...]
    pods: tuple[Pod, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """Pods that must be ready: those with this ``app.kubernetes.io/component`` label."""

    component: str
    kind: str
    replicas: int


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret value that the platform generates once; ``length`` in characters."""

    key: str
    length: int


@dataclass(frozen=True, slots=True)
class EngineVersion:
    """A version that is offered; ``values`` are merged over the chart's defaults."""

    name: str
    is_default: bool
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Engine:
    """What a chart's ``engine.yaml`` says, plus where the chart lies."""

    name: str
    display_name: str
    description: str
    chart: str
    release_prefix: str
    workloads: tuple[Workload, ...]
    setup_job: str | None
    shop_path: str
    admin_path: str
    ready_path: str
    admin_user: str
    admin_password_key: str
    credentials: tuple[Credential, ...]
    versions: tuple[EngineVersion, ...]
    resources: Mapping[str, str]

    @property
    def default_version(self) -> EngineVersion:
        return next(version for version in self.versions if version.is_default)

    def version(self, name: str) -> EngineVersion | None:
        return next((version for version in self.versions if version.name == name), None)
