"""Records stores that the database does not know, and that were found in the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from provisioner.domain.errors import ConflictError
from provisioner.domain.operations import OperationKind, Request
from provisioner.domain.ports import Clock
from provisioner.domain.stores import EventKind, Store, StoreStatus
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Database, Transaction
from provisioner.storage.operations import begin_operation
from provisioner.storage.quota import serialise_creates
from provisioner.storage.rows import to_micros
from provisioner.storage.store_creation import FIRST, insert_store
from provisioner.storage.store_events import insert_event
from provisioner.storage.store_reads import read_store

ADOPTED = "Adopted from the cluster."


@dataclass(frozen=True, slots=True)
class KnownStores:
    """The stores of a database: the status of each by its id, and the ids of the live by name."""

    statuses: Mapping[str, StoreStatus]
    names: Mapping[str, str]


class AdoptionRecords:
    """Reads which stores are known, and adds others."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def known(self) -> KnownStores:
        """Return the stores that the database knows, the deleted ones too."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all("SELECT id, name, status FROM stores")
        )
        return KnownStores(
            statuses={row["id"]: StoreStatus(row["status"]) for row in rows},
            names={row["name"]: row["id"] for row in rows if row["status"] != StoreStatus.DELETED},
        )

    async def add(self, store: Store, audit: AuditedAction) -> Store:
        """Record a store in its present status, with one event and an operation that has ended.

        It counts as one that was open: it is not removed as a failed creation. The quota is not
        asked, because the store is there already. Raises ConflictError when the store is known, and
        RefusedError when a store that is not deleted has its name; nothing is written then.
        """

        async def work(transaction: Transaction) -> Store:
            # The lock keeps a second command from recording the same store in between.
            await serialise_creates(transaction)
            await _refuse_known(transaction, store)
            now = self._clock.now()
            opened = replace(store, operation_started_at=now, ready_at=now)
            if store.status is StoreStatus.SUSPENDED:
                opened = replace(opened, suspended_at=now)  # nobody knows since when
            await insert_store(transaction, opened, None, now=now)
            recorded = await read_store(transaction, store.id)
            await _add_ended_operation(transaction, recorded, now=now)
            await insert_event(
                transaction, store.id, EventKind.STATUS, "store", store.status, ADOPTED,
                version=FIRST, now=now,
            )  # fmt: skip
            await audit.accept(transaction, store_id=store.id)
            return await read_store(transaction, store.id)

        return await self._database.transact(work)


async def _refuse_known(transaction: Transaction, store: Store) -> None:
    row = await transaction.fetch_one("SELECT 1 FROM stores WHERE id = :id", {"id": store.id})
    if row is not None:
        raise ConflictError(f"Store {store.id} has been recorded meanwhile.")


async def _add_ended_operation(transaction: Transaction, store: Store, *, now: datetime) -> None:
    """Add the operation that has created the store, as far as that is known: it is over."""
    await begin_operation(transaction, store, OperationKind.CREATE, Request(), now=now)
    values = {"id": store.id, "now": to_micros(now)}
    await transaction.execute(
        "UPDATE operations SET status = 'SUCCEEDED', started_at = :now, finished_at = :now"
        " WHERE store_id = :id",
        values,
    )
    await transaction.execute(
        "UPDATE steps SET status = 'SKIPPED', message = :message, started_at = :now,"
        " finished_at = :now WHERE store_id = :id",
        {**values, "message": ADOPTED},
    )
