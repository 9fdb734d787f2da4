"""The state machine of a store, as data. Pure.

A mutation changes a store's target; :func:`decide` says what to do about a store whose status and
target differ (or must be kept the same). There is no separate path for recovery: a restart asks the
same table again.
"""

from enum import StrEnum

from provisioner.domain.stores import StepName, StoreStatus, StoreTarget


class Action(StrEnum):
    """What a worker does with a store next."""

    PROVISION = "PROVISION"
    DELETE = "DELETE"
    OBSERVE = "OBSERVE"
    NOTHING = "NOTHING"


_S, _T = StoreStatus, StoreTarget

DECISIONS: dict[tuple[StoreStatus, StoreTarget], Action] = {
    (_S.QUEUED, _T.READY): Action.PROVISION,
    (_S.PROVISIONING, _T.READY): Action.PROVISION,
    (_S.READY, _T.READY): Action.OBSERVE,
    (_S.DEGRADED, _T.READY): Action.OBSERVE,
    (_S.FAILED, _T.READY): Action.NOTHING,
    # A delete is never taken back, so these two only exist in a database edited by hand.
    (_S.DELETING, _T.READY): Action.DELETE,
    (_S.DELETED, _T.READY): Action.NOTHING,
    (_S.QUEUED, _T.DELETED): Action.DELETE,
    (_S.PROVISIONING, _T.DELETED): Action.DELETE,
    (_S.READY, _T.DELETED): Action.DELETE,
    (_S.DEGRADED, _T.DELETED): Action.DELETE,
    (_S.FAILED, _T.DELETED): Action.DELETE,
    (_S.DELETING, _T.DELETED): Action.DELETE,
    (_S.DELETED, _T.DELETED): Action.NOTHING,
}

ALLOWED: dict[StoreStatus, frozenset[StoreStatus]] = {
    _S.QUEUED: frozenset({_S.PROVISIONING, _S.DELETING}),
    _S.PROVISIONING: frozenset({_S.READY, _S.FAILED, _S.DELETING}),
    _S.READY: frozenset({_S.DEGRADED, _S.FAILED, _S.DELETING}),
    # To itself: the reason changed.
    _S.DEGRADED: frozenset({_S.DEGRADED, _S.READY, _S.FAILED, _S.DELETING}),
    # To itself: a delete that makes no progress is tried on, and something else holds it now.
    _S.FAILED: frozenset({_S.FAILED, _S.QUEUED, _S.DELETING}),
    # Failed: the delete had its time. It is tried on all the same; only its status says so.
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
DELETE_STEPS = (StepName.HELM_UNINSTALL, StepName.NAMESPACE_GONE)


def decide(status: StoreStatus, target: StoreTarget) -> Action:
    """Return what a worker must do for a store in ``status`` that should be at ``target``."""
    return DECISIONS[status, target]


def is_allowed(current: StoreStatus, following: StoreStatus) -> bool:
    """Whether a store may go from ``current`` to ``following`` in one step."""
    return following in ALLOWED[current]
