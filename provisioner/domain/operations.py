"""Operations: every piece of work on a store is one, and they are the store's history.

A store has at most one operation under way at a time, which the database sees to. Each has its
steps, who asked for it, and how it ended. What a worker does next is still the decision table's to
say (``transitions``); the operation follows the store's status, by the table ``PROGRESS``. While a
task (``StoreTask``) is done, that status is left as it is, and says nothing of the operation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from provisioner.domain.backups import RestoreStage
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal
from provisioner.domain.owners import Owner
from provisioner.domain.stores import Reason, Step, StepName, Store, StoreStatus, StoreTask
from provisioner.domain.transitions import (
    BACKUP_STEPS,
    DELETE_STEPS,
    PASSWORD_STEPS,
    PLAN_STEPS,
    RESTART_STEPS,
    SAVING_STEPS,
    SUSPEND_STEPS,
    UPGRADE_STEPS,
    provision_steps,
)


class OperationKind(StrEnum):
    """What an operation does with its store."""

    CREATE = "CREATE"
    RETRY = "RETRY"  # brings a store that failed to READY; steps that were done find their work
    DELETE = "DELETE"
    BACKUP = StoreTask.BACKUP.value
    RESTORE = StoreTask.RESTORE.value  # puts a backup in the place of the shop
    SUSPEND = StoreTask.SUSPEND.value
    RESUME = "RESUME"  # starts and opens a shop that is suspended
    RESTART = StoreTask.RESTART.value
    PLAN = StoreTask.PLAN.value  # gives the shop another plan
    UPGRADE = StoreTask.UPGRADE.value  # gives the shop another version of its engine
    RESET_PASSWORD = StoreTask.RESET_PASSWORD.value


class OperationStatus(StrEnum):
    """Where an operation is."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"  # another operation, such as a delete, took its place


UNDER_WAY = frozenset({OperationStatus.QUEUED, OperationStatus.RUNNING})
"""An operation with one of these statuses is the only one of its store."""

BUILDING = frozenset({OperationKind.CREATE, OperationKind.RETRY})
"""The kinds that bring a store to READY. A delete takes their place, which cancels them."""

_OTHER_STEPS: Mapping[OperationKind, tuple[StepName, ...]] = {
    OperationKind.DELETE: DELETE_STEPS,
    OperationKind.BACKUP: BACKUP_STEPS,
    OperationKind.SUSPEND: SUSPEND_STEPS,
    OperationKind.RESTART: RESTART_STEPS,
    OperationKind.PLAN: PLAN_STEPS,
    OperationKind.UPGRADE: UPGRADE_STEPS,
    OperationKind.RESET_PASSWORD: PASSWORD_STEPS,
}

_O, _S = OperationStatus, StoreStatus

_parameters = msgspec.json.Decoder(dict[str, object])

_BUILDING_PROGRESS = {
    (_O.QUEUED, _S.PROVISIONING): _O.RUNNING,
    (_O.QUEUED, _S.UPDATING): _O.RUNNING,  # a retry that goes on with an upgrade
    (_O.RUNNING, _S.READY): _O.SUCCEEDED,
    (_O.RUNNING, _S.FAILED): _O.FAILED,
}
PROGRESS: Mapping[OperationKind, Mapping[tuple[OperationStatus, StoreStatus], OperationStatus]] = {
    OperationKind.CREATE: _BUILDING_PROGRESS,
    OperationKind.RETRY: _BUILDING_PROGRESS,
    OperationKind.DELETE: {
        (_O.QUEUED, _S.DELETING): _O.RUNNING,
        # To itself, with the reason for the delay. A late delete makes the store FAILED, but it is
        # never given up. While it is QUEUED, a FAILED is the end of the work that it interrupts.
        (_O.RUNNING, _S.DELETING): _O.RUNNING,
        (_O.RUNNING, _S.FAILED): _O.RUNNING,
        (_O.RUNNING, _S.DELETED): _O.SUCCEEDED,
    },
    OperationKind.BACKUP: {},  # whatever becomes of the store meanwhile
    OperationKind.RESTORE: _BUILDING_PROGRESS,  # once its task is over
    OperationKind.SUSPEND: {},  # its end is that of its task
    OperationKind.RESUME: _BUILDING_PROGRESS,
    OperationKind.RESTART: {},  # as of a backup
    OperationKind.PLAN: {},  # likewise
    OperationKind.UPGRADE: _BUILDING_PROGRESS,  # once its task is over
    OperationKind.RESET_PASSWORD: {},  # as of a backup
}
"""The status of an operation after the store's new status, by kind, for all that change it."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asked for an operation: with which token of ours, if any, and with which arguments.

    ``asked_by`` is None for what the platform does by itself, such as the end of a retention time.
    ``parameters`` is JSON without secrets.
    """

    asked_by: Owner | None = None
    token_id: str | None = None
    parameters: str = "{}"


def parameter(request: Request, name: str) -> object:
    """Return one parameter of the request, or None if it has none of this name."""
    return _parameters.decode(request.parameters).get(name)


def with_parameter(request: Request, name: str, value: str) -> Request:
    """Return the request with one parameter set."""
    found = _parameters.decode(request.parameters) | {name: value}
    return replace(request, parameters=msgspec.json.encode(found, order="sorted").decode())


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; ``number`` counts the store's operations from 1.

    ``reason`` says why it failed, or what holds it up. ``started_at`` is when a worker began it.
    """

    store_id: str
    number: int
    kind: OperationKind
    status: OperationStatus
    request: Request
    reason: Reason | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.status in UNDER_WAY

    @property
    def is_cancellable(self) -> bool:
        """Whether it can be stopped now. A delete never can: what it has removed is gone."""
        return self.is_under_way and self.kind in BUILDING


def steps_of(kind: OperationKind, store: Store) -> tuple[StepName, ...]:
    """Return the steps of an operation on a store, in order."""
    is_to_be_saved = store.restore is not None and store.restore.stage is RestoreStage.SAVING
    if kind is OperationKind.RESTORE and is_to_be_saved:
        return (*SAVING_STEPS, *provision_steps(store))
    return _OTHER_STEPS.get(kind) or provision_steps(store)


_IN_WORDS = {
    OperationKind.CREATE: "The store is being created",
    OperationKind.RETRY: "The store is being tried again",
    OperationKind.DELETE: "The store is being deleted",
    OperationKind.BACKUP: "A backup of the store is being made",
    OperationKind.RESTORE: "A backup is being restored in place of the shop",
    OperationKind.SUSPEND: "The shop is being paused",
    OperationKind.RESUME: "The shop is being opened again",
    OperationKind.RESTART: "The shop is being restarted",
    OperationKind.PLAN: "The shop is getting another plan",
    OperationKind.UPGRADE: "The shop is being upgraded",
    OperationKind.RESET_PASSWORD: "Its administrator gets a new password",
}


def under_way(kind: OperationKind) -> Refusal:
    """Return the refusal of an operation while one of this kind is under way."""
    remedy = "Wait until that has ended, then ask again."
    if kind is OperationKind.DELETE:
        remedy = "A deletion is never taken back; create another store instead."
    message = f"{_IN_WORDS[kind]} ({kind}), and only one operation can be under way. {remedy}"
    return Refusal(RefusalCode.OPERATION_UNDER_WAY, message, "id")


@dataclass(frozen=True, slots=True)
class OperationWithSteps:
    """An operation with its steps, in order."""

    operation: Operation
    steps: tuple[Step, ...]
