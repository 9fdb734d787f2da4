"""The steps of a store's attempts: each piece of work on it has steps of its own."""

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
    """Add the steps of an attempt; whatever an earlier one left unfinished is over."""
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
    """Record how far a step is. Raises ConflictError when another attempt has begun."""
    row = await transaction.fetch_one(
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
