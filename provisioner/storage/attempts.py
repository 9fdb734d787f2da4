"""Writes the steps of a store's attempts: the creation, each retry and the deletion."""

from collections.abc import Sequence
from datetime import datetime

from provisioner.domain.errors import ConflictError
from provisioner.domain.stores import EventKind, Step, StepName, StepStatus, Store
from provisioner.storage.database import Transaction
from provisioner.storage.rows import step_of, to_micros
from provisioner.storage.store_events import add_event

_STEP_ENDS = (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED)


async def begin_attempt(
    transaction: Transaction,
    store_id: str,
    attempt: int,
    steps: Sequence[StepName],
    *,
    now: datetime,
) -> None:
    """Add the steps of a new attempt, and mark unfinished steps of earlier ones as skipped."""
    # Nobody works on an earlier attempt any more, so its steps would look unfinished for ever.
    await transaction.execute(
        "UPDATE steps SET status = 'SKIPPED', message = 'Interrupted.', finished_at = :now"
        " WHERE store_id = :store_id AND attempt < :attempt"
        " AND status IN ('PENDING', 'RUNNING')",
        {"store_id": store_id, "attempt": attempt, "now": to_micros(now)},
    )
    for position, name in enumerate(steps):
        await transaction.execute(
            "INSERT INTO steps (store_id, attempt, position, name, status, message, output)"
            " VALUES (:store_id, :attempt, :position, :name, 'PENDING', '', '')",
            {"store_id": store_id, "attempt": attempt, "position": position, "name": name},
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

    Raises ConflictError when another attempt has begun meanwhile.
    """
    row = await transaction.fetch_one(
        # ``store`` may be out of date. Only the subquery sees whether a request for deletion or a
        # retry has begun another attempt since.
        "UPDATE steps SET status = :status, message = :message, output = :output,"
        " started_at = COALESCE(started_at, :now), finished_at = :finished"
        " WHERE store_id = :store_id AND attempt = :attempt AND name = :name"
        " AND attempt = (SELECT attempt FROM stores WHERE id = :store_id)"
        " RETURNING *",
        {
            "store_id": store.id,
            "attempt": store.attempt,
            "name": name,
            "status": status,
            "message": message,
            "output": output,
            "now": to_micros(now),
            "finished": to_micros(now) if status in _STEP_ENDS else None,
        },
    )
    if row is None:
        raise ConflictError(f"Attempt {store.attempt} of store {store.id} is over.")
    await add_event(transaction, store.id, EventKind.STEP, name, status, message, now=now)
    return step_of(row)
