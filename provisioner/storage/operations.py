"""Writes a store's operations and their steps, each in the transaction of the store's change.

The columns ``stores.attempt`` and ``steps.attempt`` hold an operation's number; see migration 0009.
"""

from datetime import datetime

from provisioner.domain.errors import ConflictError, RefusedError
from provisioner.domain.operations import (
    PROGRESS,
    UNDER_WAY,
    OperationKind,
    OperationStatus,
    Request,
    steps_of,
    under_way,
)
from provisioner.domain.stores import EventKind, Reason, Step, StepName, StepStatus, Store
from provisioner.storage.database import Transaction
from provisioner.storage.rows import step_of, to_micros
from provisioner.storage.store_events import add_event

_STEP_ENDS = (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED)

_INSERT = """
    INSERT INTO operations (store_id, number, kind, status, asked_by_source, asked_by,
                            asked_by_name, token_id, parameters, queued_at)
    VALUES (:store_id, :number, :kind, 'QUEUED', :source, :subject,
            :display_name, :token_id, :parameters, :now)
"""
_FOLLOW = """
    UPDATE operations
    SET status = :status, reason_code = :code, reason_message = :message,
        started_at = COALESCE(started_at, :now), finished_at = :finished
    WHERE store_id = :store_id AND number = :number
"""


async def begin_operation(
    transaction: Transaction, store: Store, kind: OperationKind, request: Request, *, now: datetime
) -> None:
    """Add a queued operation with its steps, under the number that the store's row has already.

    A delete cancels the operation that is under way. Any other kind raises RefusedError
    (OPERATION_UNDER_WAY) if there is one.
    """
    # The store's row is locked, so none can begin in between. The index over the operations under
    # way would refuse a second one all the same.
    if kind is OperationKind.DELETE:
        await _cancel(transaction, store.id, now=now)
    else:
        await _refuse_second(transaction, store.id)
    await _end_steps(transaction, store.id, now=now)
    await _insert(transaction, store, kind, request, now=now)
    for position, name in enumerate(steps_of(kind, store)):
        await transaction.execute(
            "INSERT INTO steps (store_id, attempt, position, name, status, message, output)"
            " VALUES (:store_id, :number, :position, :name, 'PENDING', '', '')",
            {
                "store_id": store.id,
                "number": store.operation_number,
                "position": position,
                "name": name,
            },
        )


async def _cancel(transaction: Transaction, store_id: str, *, now: datetime) -> None:
    await transaction.execute(
        "UPDATE operations SET status = 'CANCELLED', finished_at = :now"
        " WHERE store_id = :store_id AND status IN ('QUEUED', 'RUNNING')",
        {"store_id": store_id, "now": to_micros(now)},
    )


async def _end_steps(transaction: Transaction, store_id: str, *, now: datetime) -> None:
    # Nobody works on them any more, so they would look unfinished for ever.
    await transaction.execute(
        "UPDATE steps SET status = 'SKIPPED', message = 'Interrupted.', finished_at = :now"
        " WHERE store_id = :store_id AND status IN ('PENDING', 'RUNNING')",
        {"store_id": store_id, "now": to_micros(now)},
    )


async def _insert(
    transaction: Transaction, store: Store, kind: OperationKind, request: Request, *, now: datetime
) -> None:
    asked_by = request.asked_by
    values = {
        "store_id": store.id,
        "number": store.operation_number,
        "kind": kind,
        "source": None if asked_by is None else asked_by.source,
        "subject": None if asked_by is None else asked_by.subject,
        "display_name": "" if asked_by is None else asked_by.display_name,
        "token_id": request.token_id,
        "parameters": request.parameters,
        "now": to_micros(now),
    }
    await transaction.execute(_INSERT, values)


async def _refuse_second(transaction: Transaction, store_id: str) -> None:
    row = await transaction.fetch_one(
        "SELECT kind FROM operations"
        " WHERE store_id = :store_id AND status IN ('QUEUED', 'RUNNING')",
        {"store_id": store_id},
    )
    if row is not None:
        raise RefusedError(under_way(OperationKind(row["kind"])))


async def follow_status(
    transaction: Transaction, store: Store, reason: Reason | None, *, now: datetime
) -> None:
    """Move the store's operation along with the store's new status, as ``PROGRESS`` says."""
    if store.task is not None:  # the operation is its task, which has a status of its own
        return
    row = await transaction.fetch_one(
        "SELECT kind, status FROM operations WHERE store_id = :store_id AND number = :number",
        {"store_id": store.id, "number": store.operation_number},
    )
    if row is None:  # a replica of an older version began it, and recorded no operation
        return
    progress = PROGRESS[OperationKind(row["kind"])]
    status = progress.get((OperationStatus(row["status"]), store.status))
    if status is not None:
        await transaction.execute(
            _FOLLOW,
            {
                "store_id": store.id,
                "number": store.operation_number,
                "status": status,
                "code": reason.code if reason else None,
                "message": reason.message if reason else None,
                "now": to_micros(now),
                "finished": None if status in UNDER_WAY else to_micros(now),
            },
        )


async def update_step(
    transaction: Transaction,
    store: Store,
    name: StepName,
    status: StepStatus,
    *,
    message: str,
    output: str,
    now: datetime,
) -> Step:
    """Record the status of a step, and an event about it.

    Raises ConflictError when another operation has begun meanwhile.
    """
    row = await transaction.fetch_one(
        # ``store`` may be out of date. Only the subquery sees whether a request for deletion or a
        # retry has begun another operation since.
        "UPDATE steps SET status = :status, message = :message, output = :output,"
        " started_at = COALESCE(started_at, :now), finished_at = :finished"
        " WHERE store_id = :store_id AND attempt = :number AND name = :name"
        " AND attempt = (SELECT attempt FROM stores WHERE id = :store_id)"
        " RETURNING *",
        {
            "store_id": store.id,
            "number": store.operation_number,
            "name": name,
            "status": status,
            "message": message,
            "output": output,
            "now": to_micros(now),
            "finished": to_micros(now) if status in _STEP_ENDS else None,
        },
    )
    if row is None:
        raise ConflictError(f"Operation {store.operation_number} of store {store.id} is over.")
    await add_event(transaction, store.id, EventKind.STEP, name, status, message, now=now)
    return step_of(row)
