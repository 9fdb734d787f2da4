"""Reads stores, their snapshots and their events, and the lists that upkeep needs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from provisioner.domain.errors import NotFoundError
from provisioner.domain.owners import MERCHANTS, OWNED, Owner
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store, StoreEvent, StoreStatus
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.quota import Quota, Usage, stores_of
from provisioner.storage.rows import event_of, store_of, to_micros
from provisioner.storage.snapshots import read_snapshots


class StoreReader:
    """Reads stores, steps, pods and events from a database."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def get(self, store_id: str) -> Store:
        """See ``ports.StoreRecords``."""
        return await self._database.read(lambda transaction: read_store(transaction, store_id))

    async def get_by_name(self, name: str, owner: Owner | None) -> Store:
        """Return the store of this name that is not deleted; with ``owner`` only one of theirs.

        Raises NotFoundError.
        """
        whose, values = ("", {}) if owner is None else (f" AND {OWNED}", owner.values)
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(
                # Only fixed words are put into the statement; every value is bound.
                f"SELECT * FROM stores WHERE name = :name AND status <> 'DELETED'{whose}",  # noqa: S608
                {"name": name, **values},
            )
        )
        if row is None:
            raise NotFoundError(f"There is no live store named {name!r}.")
        return store_of(row)

    async def snapshot(self, store_id: str) -> StoreSnapshot:
        """See ``ports.StoreRecords``."""
        found = await self.snapshots([store_id])
        if store_id not in found:
            raise NotFoundError(f"There is no store {store_id}.")
        return found[store_id]

    async def snapshots(self, store_ids: Sequence[str]) -> Mapping[str, StoreSnapshot]:
        """Return the snapshots of those of ``store_ids`` that exist, all read at one moment."""
        return await self._database.read(lambda transaction: read_snapshots(transaction, store_ids))

    async def events_after(self, store_id: str, version: int, *, limit: int) -> list[StoreEvent]:
        """See ``ports.StoreRecords``."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                "SELECT * FROM events WHERE store_id = :id AND version > :version"
                " ORDER BY version LIMIT :limit",
                {"id": store_id, "version": version, "limit": limit},
            )
        )
        return [event_of(row) for row in rows]

    async def failed_creations(self, before: datetime) -> list[Store]:
        """Return the stores that failed before a moment and were never ready, oldest first."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                "SELECT * FROM stores WHERE status = 'FAILED' AND target = 'READY'"
                " AND ready_at IS NULL AND updated_at < :before ORDER BY updated_at",
                {"before": to_micros(before)},
            )
        )
        return [store_of(row) for row in rows]

    async def undeleted(self) -> list[Store]:
        """Return every store that is not deleted, oldest first."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                "SELECT * FROM stores WHERE status <> 'DELETED' ORDER BY created_at, id"
            )
        )
        return [store_of(row) for row in rows]

    async def usage(self, owner: Owner, quota: Quota) -> Usage:
        """Return how many stores of their quota an owner uses."""
        used = await self._database.read(lambda transaction: stores_of(transaction, quota, owner))
        return Usage(used, quota.per_owner)

    async def counts(self) -> Mapping[StoreStatus, int]:
        """Return how many stores of merchants there are in each status."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                # Only fixed words are put into the statement.
                f"SELECT status, COUNT(*) AS stores FROM stores WHERE {MERCHANTS} GROUP BY status"  # noqa: S608
            )
        )
        return {StoreStatus(row["status"]): row["stores"] for row in rows}


async def read_store(transaction: Transaction, store_id: str) -> Store:
    """Return a store as the transaction sees it. Raises NotFoundError."""
    row = await transaction.fetch_one("SELECT * FROM stores WHERE id = :id", {"id": store_id})
    if row is None:
        raise NotFoundError(f"There is no store {store_id}.")
    return store_of(row)
