"""Backups of stores for tests, in records."""

from dataclasses import replace
from datetime import datetime

import msgspec

from provisioner.domain.backups import Backup, RestoreSource
from provisioner.domain.clock import SystemClock
from provisioner.storage.database import Database, Transaction
from provisioner.storage.rows import to_micros
from provisioner.storage.store_creation import insert_store
from tests.stores import a_store

_INSERT = """
    INSERT INTO backups (store_id, number, snapshot, size, added, engine, engine_version, counts,
                         made_at, pinned)
    VALUES (:store_id, :number, :snapshot, :size, :added, :engine, :engine_version, :counts,
            :made_at, :pinned)
"""


def a_backup(store_id: str, number: int, made_at: datetime, *, is_pinned: bool = False) -> Backup:
    """Return a backup that is not recorded yet; its snapshot's id has the number at its end."""
    return Backup(
        store_id=store_id, number=number, snapshot=f"{number:064x}", size=3_000, added=7,
        engine="tiny", engine_version="1", counts={"orders": 3}, made_at=made_at,
        is_pinned=is_pinned,
    )  # fmt: skip


async def add_backup(database: Database, backup: Backup) -> None:
    """Record a backup of a store that is recorded."""
    values = {
        "store_id": backup.store_id, "number": backup.number, "snapshot": backup.snapshot,
        "size": backup.size, "added": backup.added, "engine": backup.engine,
        "engine_version": backup.engine_version,
        "counts": msgspec.json.encode(backup.counts).decode(),
        "made_at": to_micros(backup.made_at), "pinned": int(backup.is_pinned),
    }  # fmt: skip
    await database.transact(lambda transaction: transaction.execute(_INSERT, values))


async def add_source(database: Database, source: RestoreSource) -> None:
    """Record a store that was deleted, and the backup of it that other stores are made from."""
    now = SystemClock().now()

    async def work(transaction: Transaction) -> None:
        store = replace(a_store(name="source", now=now), id=source.store_id)
        await insert_store(transaction, store, None, now=now)
        await transaction.execute(
            "UPDATE stores SET status = 'DELETED', target = 'DELETED' WHERE id = :id",
            {"id": source.store_id},
        )

    await database.transact(work)
    backup = a_backup(source.store_id, source.number, now)
    await add_backup(database, replace(backup, snapshot=source.snapshot))
