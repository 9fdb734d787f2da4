"""Keeps the pods of a store as they were last seen, and records each difference as an event."""

from collections.abc import Sequence
from datetime import datetime

from provisioner.domain.cluster import Pod
from provisioner.domain.pod_events import diff_pods
from provisioner.domain.stores import EventKind
from provisioner.storage.database import Transaction
from provisioner.storage.rows import pod_detail
from provisioner.storage.snapshots import sorted_pods
from provisioner.storage.store_events import add_event

_UPSERT_POD = """
    INSERT INTO pods (store_id, uid, detail) VALUES (:store_id, :uid, :detail)
    ON CONFLICT (store_id, uid) DO UPDATE SET detail = excluded.detail
"""


async def update_pods(
    transaction: Transaction, store_id: str, pods: Sequence[Pod], *, now: datetime
) -> int:
    """Replace the store's known pods by ``pods``; return the number of events about differences.

    Lock the store first (``Transaction.lock_store``), because this reads before it writes.
    """
    rows = await transaction.fetch_all(
        "SELECT detail FROM pods WHERE store_id = :id", {"id": store_id}
    )
    events = list(diff_pods(sorted_pods(rows), pods))
    for event in events:
        key: dict[str, object] = {"store_id": store_id, "uid": event.uid}
        if event.pod is None:
            await transaction.execute(
                "DELETE FROM pods WHERE store_id = :store_id AND uid = :uid", key
            )
        else:
            await transaction.execute(_UPSERT_POD, {**key, "detail": pod_detail(event.pod)})
        await add_event(
            transaction, store_id, EventKind.POD, event.name, event.status, event.message, now=now
        )
    return len(events)
