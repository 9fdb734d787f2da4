"""What must be true of the operations of a store once all is quiet."""

from itertools import pairwise
from typing import Any

from provisioner.domain.transitions import (
    BACKUP_STEPS,
    DELETE_STEPS,
    PASSWORD_STEPS,
    PLAN_STEPS,
    PROVISION_STEPS,
    RELOADING_STEPS,
    REPLACING_STEPS,
    RESTART_STEPS,
    RESTORE_STEPS,
    RESUME_STEPS,
    SAVING_STEPS,
    SUSPEND_STEPS,
    UPGRADE_STEPS,
)
from tests.chaos.promises import Promises
from tests.chaos.upgrades import NOT_BEGUN, UNDONE

_OPERATIONS = """SELECT number, kind, status, reason_code, queued_at, finished_at FROM operations
                 WHERE store_id = :id ORDER BY number"""
_STEPS = """SELECT attempt, name,
                CASE WHEN message = 'Interrupted.' THEN 'INTERRUPTED' ELSE status END AS status
            FROM steps WHERE store_id = :id ORDER BY attempt, position"""
_BUILDING = (PROVISION_STEPS, RESTORE_STEPS)
_STEPS_OF = {
    "CREATE": _BUILDING,
    "RETRY": (*_BUILDING, RESUME_STEPS, RELOADING_STEPS),
    "DELETE": (DELETE_STEPS,),
    "BACKUP": (BACKUP_STEPS,),
    # The second brings back what the first has saved.
    "RESTORE": ((*SAVING_STEPS, *REPLACING_STEPS), REPLACING_STEPS),
    "SUSPEND": (SUSPEND_STEPS,),
    "RESUME": (RESUME_STEPS,),
    "RESTART": (RESTART_STEPS,),
    "RESET_PASSWORD": (PASSWORD_STEPS,),
    "PLAN": (PLAN_STEPS,),
    "UPGRADE": (UPGRADE_STEPS,),
}
_DONE = {"SUCCEEDED", "SKIPPED"}
_ENDS = {
    "SUCCEEDED": _DONE,
    # What it did not come to waits for ever, or is ended by the operation after it.
    "FAILED": {*_DONE, "FAILED", "PENDING", "INTERRUPTED"},
    "CANCELLED": {*_DONE, "INTERRUPTED"},
}
_FAULTS = {
    "CREATE": {"IMAGE_NOT_FOUND", "RESTORE_INCOMPLETE"},
    "RESTORE": {"RESTORE_INCOMPLETE"},
    "UPGRADE": {NOT_BEGUN, UNDONE},
}
"""Why work may fail here, by its kind; a retry as what it tries again."""


def inspect_operations(promises: Promises, store_id: str, status: str) -> None:
    """See that a store's operations came one after the other, and ended as its status says."""
    found = promises.rows(_OPERATIONS, id=store_id.removeprefix("store_"))
    assert [row[0] for row in found] == list(range(1, len(found) + 1)), (store_id, found)
    assert all(row[5] is not None for row in found), f"{store_id}: work that never ended: {found}"
    side_by_side = [(one, two) for one, two in pairwise(found) if one[5] > two[4]]
    assert side_by_side == [], f"{store_id}: two at a time: {side_by_side}"
    kinds = {row[0]: row[1] for row in found}
    asked = {n: kind for (asked_of, n), kind in promises.operations.items() if asked_of == store_id}
    assert asked.items() <= kinds.items(), f"{store_id}: work that was promised is not there"
    for row in found:
        _inspect_end(store_id, row)
    _inspect_last(store_id, status, found[-1])
    _inspect_steps(promises, store_id, {row[0]: (row[1], row[2]) for row in found})


def _inspect_end(store_id: str, operation: tuple[Any, ...]) -> None:
    _, kind, status, reason, *_ = operation
    assert status in _ENDS, (store_id, operation)
    faults = _FAULTS.get("CREATE" if kind == "RETRY" else kind, set())
    assert (status != "FAILED" and reason is None) or reason in faults, (store_id, operation)


def _inspect_last(store_id: str, status: str, last: tuple[Any, ...]) -> None:
    _, kind, ended, reason, *_ = last
    # An upgrade that has not begun leaves the shop as it was.
    is_bad = status == "FAILED" or (kind, reason) == ("UPGRADE", NOT_BEGUN)
    assert ended == ("FAILED" if is_bad else "SUCCEEDED"), (store_id, status, last)
    assert (kind == "DELETE") == (status == "DELETED"), (store_id, status, last)
    # What was ready once is brought back.
    assert status != "FAILED" or kind in {"CREATE", "RETRY"}, (store_id, status, last)


def _inspect_steps(
    promises: Promises, store_id: str, operations: dict[int, tuple[str, str]]
) -> None:
    steps: dict[int, dict[str, str]] = {}
    for number, name, status in promises.rows(_STEPS, id=store_id.removeprefix("store_")):
        steps.setdefault(number, {})[name] = status
    assert steps.keys() == operations.keys(), (store_id, steps, operations)
    for number, (kind, status) in operations.items():
        assert tuple(steps[number]) in _STEPS_OF[kind], (store_id, number, kind, steps[number])
        assert {*steps[number].values()} <= _ENDS[status], (store_id, number, status, steps[number])
