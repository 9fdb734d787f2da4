"""Writes a store's events, each in the transaction of its change and under the next version."""

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
    """Raise the store's version by one, and record an event under the new version.

    Raises ConflictError when the store is deleted, because its deletion is its last event.
    """
    row = await transaction.fetch_one(
        "UPDATE stores SET version = version + 1, updated_at = :now"
        " WHERE id = :id AND status <> 'DELETED' RETURNING version",
        {"id": store_id, "now": to_micros(now)},
    )
    if row is None:
        raise ConflictError(f"Store {store_id} is deleted, so no event can be added to it.")
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
    """Record an event under a version that the store's row has already."""
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
    # Last, as the counter's row is common to all stores: the later it is locked, the shorter others
    # wait for it.
    await number_change(transaction, store_id)
