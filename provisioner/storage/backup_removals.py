"""Records which backups are to be removed, and that they are gone.

A backup that is to be removed can be neither seen nor restored any more, from the moment on which
that is recorded. Its row stays until what it names is removed from where backups are kept.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from provisioner.domain.backup_retention import StoredBackups
from provisioner.domain.backups import RestoreSource
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.rows import backup_of, moment, restore_of, source_of, to_micros

_STORES = """
    SELECT id, deleted_at FROM stores
    WHERE id > :after
    AND EXISTS (SELECT 1 FROM backups WHERE store_id = stores.id AND expired_at IS NULL)
    ORDER BY id LIMIT :limit
"""
_BACKUPS = """
    SELECT * FROM backups
    WHERE store_id > :after AND store_id <= :last AND expired_at IS NULL
    ORDER BY store_id, number
"""
_SOURCES = """
    SELECT CASE WHEN ready_at IS NULL THEN from_backup END AS from_backup, restore FROM stores
    WHERE status <> 'DELETED'
    AND ((from_backup IS NOT NULL AND ready_at IS NULL) OR restore IS NOT NULL)
"""
_EXPIRED = """
    SELECT store_id, snapshot,
        EXISTS (SELECT 1 FROM backups AS others
                WHERE others.store_id = backups.store_id AND others.expired_at IS NULL) AS has_more
    FROM backups WHERE expired_at IS NOT NULL
    ORDER BY store_id, number
"""

BACKUP_UNKNOWN = Refusal(
    RefusalCode.BACKUP_UNKNOWN,
    "There is no such backup; choose one of `Store.backups`.",
    "fromBackup",
)


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be removed from one store's repository; ``is_whole``: all that is there."""

    store_id: str
    snapshots: Sequence[str]
    is_whole: bool


class BackupRemovals:
    """Reads and writes in a database what becomes of backups in the end."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def stored(self, *, after: str, limit: int) -> list[StoredBackups]:
        """Return the backups of the next stores that have any, by the stores' ids.

        Begin with ``after`` as the empty text, and go on with the last id until there are none.
        """

        async def work(transaction: Transaction) -> list[StoredBackups]:
            stores = await transaction.fetch_all(_STORES, {"after": after, "limit": limit})
            if not stores:
                return []
            last = stores[-1]["id"]
            rows = await transaction.fetch_all(_BACKUPS, {"after": after, "last": last})
            in_use = await _in_use(transaction)
            of_store = {
                store_id: [backup_of(row) for row in group]
                for store_id, group in groupby(rows, lambda row: row["store_id"])
            }
            return [
                StoredBackups(
                    row["id"],
                    moment(row["deleted_at"]),
                    of_store.get(row["id"], []),
                    {number for store_id, number in in_use if store_id == row["id"]},
                )
                for row in stores
            ]

        return await self._database.read(work)

    async def expire(self, store_id: str, numbers: Sequence[int], now: datetime) -> int:
        """Record that these backups of a store are to be removed; return of how many that is new.

        One that was pinned meanwhile, or that a store is being made from now, is left out.
        """

        async def work(transaction: Transaction) -> int:
            await transaction.lock_store(store_id)
            in_use = await _in_use(transaction)
            done = 0
            for number in numbers:
                if (store_id, number) in in_use:
                    continue
                found = await transaction.fetch_one(
                    "UPDATE backups SET expired_at = :now WHERE store_id = :id"
                    " AND number = :number AND pinned = 0 AND expired_at IS NULL RETURNING number",
                    {"id": store_id, "number": number, "now": to_micros(now)},
                )
                done += found is not None
            return done

        return await self._database.transact(work)

    async def wanted(self) -> list[Removal]:
        """Return what is to be removed, by the stores' ids."""
        rows = await self._database.read(lambda transaction: transaction.fetch_all(_EXPIRED))
        removals = []
        for store_id, group in groupby(rows, lambda row: row["store_id"]):
            of_store = list(group)
            snapshots = [row["snapshot"] for row in of_store]
            removals.append(Removal(store_id, snapshots, not of_store[0]["has_more"]))
        return removals

    async def sources(self) -> set[str]:
        """Return the ids of the stores from whose backups other stores are being made."""
        return {store_id for store_id, _ in await self._database.read(_in_use)}

    async def forget(self, removed: Collection[tuple[str, str]]) -> None:
        """Remove the records of backups, by stores' ids and snapshots, that are gone."""

        async def work(transaction: Transaction) -> None:
            for store_id, snapshot in removed:
                await transaction.execute(
                    "DELETE FROM backups WHERE store_id = :id AND snapshot = :snapshot"
                    " AND expired_at IS NOT NULL",
                    {"id": store_id, "snapshot": snapshot},
                )

        await self._database.transact(work)


async def hold_source(transaction: Transaction, source: RestoreSource) -> None:
    """Keep a backup from being removed until the transaction, which adds a store of it, ends.

    From then on the store itself does. Raises RefusedError (BACKUP_UNKNOWN) when it is gone.
    """
    await transaction.lock_store(source.store_id)
    found = await transaction.fetch_one(
        "SELECT number FROM backups"
        " WHERE store_id = :id AND number = :number AND expired_at IS NULL",
        {"id": source.store_id, "number": source.number},
    )
    if found is None:
        raise RefusedError(BACKUP_UNKNOWN)


async def _in_use(transaction: Transaction) -> set[tuple[str, int]]:
    rows = await transaction.fetch_all(_SOURCES)
    sources = [source_of(row["from_backup"]) for row in rows if row["from_backup"]]
    for row in rows:
        if row["restore"]:
            restore = restore_of(row["restore"])
            sources += [source for source in (restore.source, restore.former) if source]
    return {(source.store_id, source.number) for source in sources}
