"""Frozen records of a store, its steps and its events.

All times are aware UTC datetimes. A store's ``version`` rises by one with every recorded event, so
it puts all states of the store that were ever shown in order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provisioner.domain.backups import InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.codes import ReasonCode
from provisioner.domain.owners import THE_PLATFORM, Owner
from provisioner.domain.transfers import Offer


class StoreStatus(StrEnum):
    """Where a store is in its life; ``transitions.ALLOWED`` has the ways between the statuses."""

    QUEUED = "QUEUED"  # waits for a worker
    PROVISIONING = "PROVISIONING"
    UPDATING = "UPDATING"  # its shop gets another version; visitors are told that it is closed
    READY = "READY"  # pods are ready, the setup is complete, and the shop's address answers
    DEGRADED = "DEGRADED"  # was ready, and its pods are not ready now
    FAILED = "FAILED"  # cannot become ready, took too long, or its deletion is held up
    SUSPENDED = "SUSPENDED"  # nothing of it runs, and all its data is kept, until it is resumed
    DELETING = "DELETING"
    DELETED = "DELETED"  # the API server says that the namespace is gone


BUILT = frozenset({StoreStatus.PROVISIONING, StoreStatus.UPDATING})
"""The statuses of a store that a worker brings to READY."""


class StoreTarget(StrEnum):
    """Where a store should be."""

    READY = "READY"
    DELETED = "DELETED"


class StoreTask(StrEnum):
    """Work on a store that leaves its status as it is."""

    BACKUP = "BACKUP"  # the shop serves on meanwhile
    RESTORE = "RESTORE"  # saves the shop, which is closed meanwhile, before it is removed
    SUSPEND = "SUSPEND"  # stops the shop, which is SUSPENDED then
    RESTART = "RESTART"  # starts every pod of the shop anew
    PLAN = "PLAN"  # gives the shop another plan; it serves on meanwhile
    UPGRADE = "UPGRADE"  # saves the shop, which is closed meanwhile, before it gets another version
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - gives its administrator another password


REPLACING_PODS = frozenset({StoreTask.RESTART, StoreTask.PLAN})
"""The tasks that tell of the shop's pods themselves, which they replace."""

CLOSING = frozenset({StoreTask.RESTORE, StoreTask.SUSPEND, StoreTask.UPGRADE})
"""The tasks for which a shop is closed: what is stopped then is neither ill nor drift."""


class StepName(StrEnum):
    """The steps of operations; ``transitions`` has their order."""

    NAMESPACE = "NAMESPACE"
    CREDENTIALS = "CREDENTIALS"  # a Secret with the shop's generated passwords
    HELM_INSTALL = "HELM_INSTALL"
    WORKLOADS_READY = "WORKLOADS_READY"
    SETUP_JOB = "SETUP_JOB"  # the engine's Job; skipped if the engine has none
    REACHABLE = "REACHABLE"  # the shop's address answers
    HELM_UNINSTALL = "HELM_UNINSTALL"
    NAMESPACE_GONE = "NAMESPACE_GONE"
    RESTORE = "RESTORE"  # only of a store that is made from a backup, after HELM_INSTALL
    REPOSITORY = "REPOSITORY"  # the store's account where backups are kept
    SAVE = "SAVE"  # a Job that dumps the database and saves it with the files
    CHECK = "CHECK"  # what the Job says of it: whether everything is in the backup
    CLOSE = "CLOSE"  # nothing changes the shop's data any more
    REMOVE = "REMOVE"  # the shop as it was, with its volumes; the namespace stays
    STOP = "STOP"  # its pods and what runs by the clock; visitors are told that it is closed
    OPEN = "OPEN"  # only of a shop that was closed: visitors get there again
    EXPAND = "EXPAND"  # its volumes are made larger, where its plan has larger ones
    RESTART = "RESTART"  # its pods are replaced, those of one workload after the other
    PREFLIGHT = "PREFLIGHT"  # whether a version can be had, while the shop is open still
    PROBE = "PROBE"  # a shopper's way through a shop that is still closed to everybody else
    PASSWORD = "PASSWORD"  # noqa: S105 - a Job sets the administrator's password in the shop


class StepStatus(StrEnum):
    """The state of one step."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class EventKind(StrEnum):
    """The subject of a recorded event.

    REPAIR is about objects that differed from the release, and TASK about work that leaves the
    store's status as it is. CHECK is about a backup of which a shop is made to prove it. TRANSFER
    is about an offer of the store to another owner, and RENAME about its title.
    """

    STATUS = "STATUS"
    STEP = "STEP"
    POD = "POD"
    REPAIR = "REPAIR"
    TASK = "TASK"
    CHECK = "CHECK"
    TRANSFER = "TRANSFER"
    RENAME = "RENAME"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a store has its status: a stable ``code``, and a sentence that says what to do."""

    code: ReasonCode
    message: str


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What is done to a shop that gets another version of its engine.

    ``walks``: before it a shopper got up to the check-out, so after it one has to get there too.
    ``probes``: before it the shop answered at its Service, so it is asked there while it is closed.
    """

    version: str
    walks: bool = False
    probes: bool = False


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What is done to a shop that gets another plan.

    ``storage_plan`` is what its volumes are as large as then, where that is another plan.
    ``grows``: they are made larger.
    """

    plan: str
    storage_plan: str | None
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """One store. ``operation_number`` is the number of its latest operation (see ``operations``).

    ``operation_started_at`` is when a worker began the latest operation that changes the status;
    None while it waits. ``task`` is the operation under way that leaves the status as it is.

    ``from_backup`` is the backup that the store is made from; None for a store that began empty.

    ``restore`` is the restore of a backup in place of the shop, while that is not over.

    ``suspended_at`` is since when the shop is suspended; it is None again once it is READY.

    ``upgrade`` is what is under way while the shop gets another version; ``engine_version`` is the
    former one until the shop is open again.

    ``is_copy``: it is a copy of another store, to try things in. Its shop sends no mail, takes no
    payments and calls nobody.

    ``contact_email`` is where the shop reaches its merchant; None if nobody said.

    ``plan`` is the name of its engine's plan; None for an engine without plans, and for a store
    from before stores had plans, which has the default one (see ``Engine.plan_of``).
    ``storage_plan`` is the plan that its volumes are as large as; None where that is ``plan``.

    ``plan_change`` is under way while the shop gets another plan; ``plan`` is the former one then.

    ``chosen_title`` is what people call it, or None for its name; see ``title``.

    ``offer`` is the offer of the store to another owner. It may have run out by now.
    """

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
    operation_number: int
    operation_started_at: datetime | None
    created_at: datetime
    updated_at: datetime
    ready_at: datetime | None = None
    deleted_at: datetime | None = None
    contact_email: str | None = None
    task: StoreTask | None = None
    from_backup: RestoreSource | None = None
    is_copy: bool = False
    restore: InPlaceRestore | None = None
    suspended_at: datetime | None = None
    upgrade: Upgrade | None = None
    plan: str | None = None
    storage_plan: str | None = None
    plan_change: PlanChange | None = None
    offer: Offer | None = None
    chosen_title: str | None = None

    @property
    def title(self) -> str:
        """What people call it. The name is a part of its address."""
        return self.chosen_title or self.name

    @property
    def is_updating(self) -> bool:
        """Whether its shop is saved, and is given another version."""
        return self.restore is not None and self.restore.stage is RestoreStage.PREPARED

    @property
    def installed_version(self) -> str:
        """The version that is installed from now on, whatever becomes of it."""
        return self.upgrade.version if self.upgrade and self.is_updating else self.engine_version

    @property
    def building_status(self) -> StoreStatus:
        """The status that it has while a worker brings it to READY."""
        return StoreStatus.UPDATING if self.is_updating else StoreStatus.PROVISIONING

    @property
    def is_closed(self) -> bool:
        """Whether its shop is closed on purpose, or is about to be."""
        return self.task in CLOSING or self.status is StoreStatus.SUSPENDED

    @property
    def is_check(self) -> bool:
        """Whether the platform has made it to check a backup; people read of it at the backup."""
        return self.owner == THE_PLATFORM

    @property
    def had_a_shop(self) -> bool:
        """Whether its shop was open before, with data that giving up its work must not cost."""
        return self.ready_at is not None or self.restore is not None


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
    contact_email: str | None = None,
    from_backup: RestoreSource | None = None,
    is_copy: bool = False,
    plan: str | None = None,
) -> Store:
    """Return the record of a new store that waits to be provisioned.

    Its ``version`` and ``operation_number`` are 0 here; the database gives it the first of each.
    """
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
        operation_number=0,
        operation_started_at=None,
        created_at=now,
        updated_at=now,
        contact_email=contact_email,
        from_backup=from_backup,
        is_copy=is_copy,
        plan=plan,
    )


@dataclass(frozen=True, slots=True)
class Retention:
    """How long old stores, events and audit entries are kept; None means for ever.

    ``failed``: from the failure of a store that was never ready until it is deleted. ``deleted``:
    from a store's deletion until its record is removed. ``events``: from an event of a store that
    is not deleted until it is removed (see ``storage.event_retention``). ``audit``: from when an
    audit entry was written until it is removed. ``deleted_with_backups``: whether the record of a
    deleted store goes although it names backups that are kept somewhere still.
    """

    failed: timedelta | None
    deleted: timedelta | None
    events: timedelta | None = None
    audit: timedelta | None = None
    deleted_with_backups: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one operation. ``output`` is the scrubbed tail of what a tool printed."""

    operation_number: int
    name: StepName
    status: StepStatus
    message: str
    output: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """Something that happened to a store.

    ``subject`` is what it is about, such as the name of a step or pod. ``version`` is the store's
    version since the event.
    """

    version: int
    kind: EventKind
    subject: str
    status: str
    message: str
    at: datetime
