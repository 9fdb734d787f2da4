"""A store and what is recorded of it, as frozen values.

All times are aware UTC datetimes. A store's ``version`` rises by one with every recorded event, so
it orders everything that was ever shown of that store.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provisioner.domain.cluster import Pod
from provisioner.domain.codes import ReasonCode
from provisioner.domain.owners import Owner


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


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: a stable ``code``, and a sentence with the next thing to do."""

    code: ReasonCode
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


def new_store(
    *,
    store_id: str,
    name: str,
    owner: Owner,
    engine: str,
    engine_version: str,
    release: str,
    host: str,
    url: str,
    now: datetime,
) -> Store:
    """Return the record of a store that was just asked for."""
    return Store(
        id=store_id,
        name=name,
        owner=owner,
        engine=engine,
        engine_version=engine_version,
        status=StoreStatus.QUEUED,
        target=StoreTarget.READY,
        reason=None,
        namespace=release,
        release=release,
        host=host,
        url=url,
        version=0,
        attempt=0,
        attempt_started_at=None,
        created_at=now,
        updated_at=now,
        ready_at=None,
        deleted_at=None,
    )


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
