"""The state machine of a store, as data. Pure.

A mutation changes a store's target. :func:`decide` says what a worker does next for a store with
this status and target. Recovery needs no code of its own: after a restart the same table is asked.
"""

from enum import StrEnum

from provisioner.domain.backups import RestoreStage
from provisioner.domain.stores import BUILT, StepName, Store, StoreStatus, StoreTarget


class Action(StrEnum):
    """What a worker does with a store next."""

    PROVISION = "PROVISION"
    DELETE = "DELETE"
    OBSERVE = "OBSERVE"  # judge a finished store anew: it may be degraded, or healed
    NOTHING = "NOTHING"


_S, _T = StoreStatus, StoreTarget

DECISIONS: dict[tuple[StoreStatus, StoreTarget], Action] = {
    (_S.QUEUED, _T.READY): Action.PROVISION,
    (_S.PROVISIONING, _T.READY): Action.PROVISION,
    (_S.UPDATING, _T.READY): Action.PROVISION,
    (_S.READY, _T.READY): Action.OBSERVE,
    (_S.DEGRADED, _T.READY): Action.OBSERVE,
    # Left as it is until somebody has looked at it and retries or deletes it.
    (_S.FAILED, _T.READY): Action.NOTHING,
    (_S.SUSPENDED, _T.READY): Action.OBSERVE,  # that it is still there, and still stopped
    # A delete is never taken back, so these two exist only in a database that was edited by hand.
    (_S.DELETING, _T.READY): Action.DELETE,
    (_S.DELETED, _T.READY): Action.NOTHING,
    (_S.QUEUED, _T.DELETED): Action.DELETE,
    (_S.PROVISIONING, _T.DELETED): Action.DELETE,
    (_S.UPDATING, _T.DELETED): Action.DELETE,
    (_S.READY, _T.DELETED): Action.DELETE,
    (_S.DEGRADED, _T.DELETED): Action.DELETE,
    (_S.FAILED, _T.DELETED): Action.DELETE,
    (_S.SUSPENDED, _T.DELETED): Action.DELETE,
    (_S.DELETING, _T.DELETED): Action.DELETE,
    (_S.DELETED, _T.DELETED): Action.NOTHING,
}

ALLOWED: dict[StoreStatus, frozenset[StoreStatus]] = {
    _S.QUEUED: frozenset({_S.PROVISIONING, _S.UPDATING, _S.DELETING}),
    _S.PROVISIONING: frozenset({_S.READY, _S.FAILED, _S.DELETING}),
    _S.UPDATING: frozenset({_S.READY, _S.FAILED, _S.DELETING}),
    # To QUEUED, when a backup is to take the shop's place, or when it is to get another version.
    _S.READY: frozenset({_S.DEGRADED, _S.FAILED, _S.QUEUED, _S.SUSPENDED, _S.DELETING}),
    # To itself, when the reason changes.
    _S.DEGRADED: frozenset(
        {_S.DEGRADED, _S.READY, _S.FAILED, _S.QUEUED, _S.SUSPENDED, _S.DELETING}
    ),
    # To itself, when a delete makes no progress, is still tried, and something else holds it now.
    _S.FAILED: frozenset({_S.FAILED, _S.QUEUED, _S.DELETING}),
    # To FAILED, when its namespace is lost.
    _S.SUSPENDED: frozenset({_S.QUEUED, _S.FAILED, _S.DELETING}),
    # To itself, when the reason changes. To FAILED, when the delete took too long; the work on it
    # goes on, and FAILED only makes the delay visible.
    _S.DELETING: frozenset({_S.DELETING, _S.FAILED, _S.DELETED}),
    _S.DELETED: frozenset(),
}

PROVISION_STEPS = (
    StepName.NAMESPACE,
    StepName.CREDENTIALS,
    StepName.HELM_INSTALL,
    StepName.WORKLOADS_READY,
    StepName.SETUP_JOB,
    StepName.REACHABLE,
)
RESTORE_STEPS = (
    StepName.NAMESPACE,
    StepName.CREDENTIALS,
    StepName.HELM_INSTALL,
    StepName.RESTORE,
    StepName.WORKLOADS_READY,
    StepName.SETUP_JOB,
    StepName.REACHABLE,
)
"""Those of provisioning a store from a backup: it is loaded before anything starts on it."""
DELETE_STEPS = (StepName.HELM_UNINSTALL, StepName.NAMESPACE_GONE)
BACKUP_STEPS = (StepName.REPOSITORY, StepName.SAVE, StepName.CHECK)
SAVING_STEPS = (StepName.CLOSE, *BACKUP_STEPS)
"""Those of saving a shop before a backup takes its place."""
RESUME_STEPS = (*PROVISION_STEPS[:-1], StepName.OPEN, StepName.REACHABLE)
"""Those of provisioning a store whose shop was closed: visitors get there once it is set up."""
RELOADING_STEPS = (*RESTORE_STEPS[:-1], StepName.OPEN, StepName.REACHABLE)
REPLACING_STEPS = (StepName.REMOVE, *RELOADING_STEPS)
"""Those of removing a shop, and provisioning the store anew from a backup."""
SUSPEND_STEPS = (StepName.STOP,)
RESTART_STEPS = (StepName.RESTART,)
PASSWORD_STEPS = (StepName.PASSWORD,)
PLAN_STEPS = (StepName.HELM_INSTALL, StepName.WORKLOADS_READY, StepName.EXPAND)
"""Those of another plan: it runs with CPU and memory of it before its volumes grow."""
UPDATING_STEPS = (*PROVISION_STEPS[:-1], StepName.PROBE, StepName.OPEN, StepName.REACHABLE)
"""Those of giving a shop another version, which is closed and saved: visitors get there at last."""
UPGRADE_STEPS = (StepName.PREFLIGHT, *SAVING_STEPS, *UPDATING_STEPS)


def provision_steps(store: Store) -> tuple[StepName, ...]:
    """Return the steps in which a store is provisioned."""
    if store.is_updating:
        return UPDATING_STEPS
    if store.restore is not None:
        is_removed = store.restore.stage is RestoreStage.LOADING
        return RELOADING_STEPS if is_removed else REPLACING_STEPS
    if store.suspended_at is not None:  # it was open, so no backup is loaded, whatever it began as
        return RESUME_STEPS
    return PROVISION_STEPS if store.from_backup is None else RESTORE_STEPS


def is_installed_closed(store: Store) -> bool:
    """Whether helm installs the store's shop just now with nothing that leads visitors to it."""
    return store.status in BUILT and StepName.OPEN in provision_steps(store)


def decide(status: StoreStatus, target: StoreTarget) -> Action:
    """Return what a worker does next for a store with this status and target."""
    return DECISIONS[status, target]


def takes_tasks(status: StoreStatus, target: StoreTarget) -> bool:
    """Whether a task may begin or go on: only beside the upkeep of a shop that is open."""
    return decide(status, target) is Action.OBSERVE and status is not StoreStatus.SUSPENDED


def is_allowed(current: StoreStatus, following: StoreStatus) -> bool:
    """Whether a store's status may change directly from ``current`` to ``following``."""
    return following in ALLOWED[current]
