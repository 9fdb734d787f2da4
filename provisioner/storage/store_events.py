"""The events of a store: each is written with the change that it tells, under the next version."""

from datetime import datetime

from provisioner.domain.errors import ConflictError
from provisioner.domain.stores import EventKind
from provisioner.storage.change_log import number_change
from provisioner.storage.database import Transaction
from provisioner.storage.rows import to_micros


async def add_event(
    transaction: Transaction,
    store_id: str,
    kind: EventKind,
    subject: str,
    status: str,
    message: str,
    *,
    now: datetime,
) -> None:
    """Raise the store's version by one and record the event under it.

    Raises ConflictError when the store is deleted.
    """
    row = await transaction.fetch_one(
        "UPDATE stores SET version = version + 1, updated_at = :now"
        " WHERE id = :id AND status <> 'DELETED' RETURNING version",
        {"id": store_id, "now": to_micros(now)},
    )
    if row is None:
        raise ConflictError(f"Store {store_id} is deleted: nothing happens to it any more.")
    await insert_event(
        transaction, store_id, kind, subject, status, message, version=row["version"], now=now
    )


async def insert_event(
    transaction: Transaction,
    store_id: str,
    kind: EventKind,
    subject: str,
    status: str,
    message: str,
    *,
    version: int,
    now: datetime,
) -> None:
    """Record an event of the version that the store's row has already."""
    await transaction.execute(
        "INSERT INTO events (store_id, version, kind, subject, status, message, at)"
        " VALUES (:store_id, :version, :kind, :subject, :status, :message, :at)",
        {
            "store_id": store_id,
            "version": version,
            "kind": kind,
            "subject": subject,
            "status": status,
            "message": message,
            "at": to_micros(now),
        },
    )
    await number_change(transaction, store_id)
