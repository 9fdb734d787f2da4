"""Reads the backups of stores: pages of them, newest first, and the newest of each store.

What is to be removed is not among them (see ``backup_removals``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from provisioner.domain.backups import Backup
from provisioner.domain.owners import MERCHANTS
from provisioner.domain.stores import Store
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.paging import Number, Page, check_page_size, decode_key, encode_key
from provisioner.storage.rows import backup_of, moment, store_of, to_micros

# Only fixed words are put into the statements.
_DUE = f"""
    SELECT stores.*, made.made_at, tried.tried_at
    FROM stores
    LEFT JOIN (SELECT store_id, MAX(made_at) AS made_at FROM backups GROUP BY store_id) AS made
        ON made.store_id = stores.id
    LEFT JOIN (SELECT store_id, MAX(queued_at) AS tried_at FROM operations WHERE kind = 'BACKUP'
               GROUP BY store_id) AS tried
        ON tried.store_id = stores.id
    WHERE stores.target = 'READY' AND stores.status IN ('READY', 'DEGRADED')
    AND {MERCHANTS}
    ORDER BY stores.created_at, stores.id
"""  # noqa: S608

_LATE = f"""
    SELECT COUNT(*) AS stores FROM stores
    WHERE target = 'READY' AND status IN ('READY', 'DEGRADED') AND ready_at < :before
    AND {MERCHANTS}
    AND NOT EXISTS (SELECT 1 FROM backups
                    WHERE backups.store_id = stores.id AND backups.made_at >= :before)
"""  # noqa: S608


_BEFORE_UPGRADE = """
    SELECT backups.* FROM backups
    JOIN operations ON operations.store_id = backups.store_id
                    AND operations.number = backups.number
    WHERE backups.store_id = :id AND backups.expired_at IS NULL
    AND backups.engine = :engine AND backups.engine_version <> :version
    AND operations.kind = 'UPGRADE' AND operations.status = 'SUCCEEDED'
    ORDER BY backups.number DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class BackupTimes:
    """When a store had its newest backup, and when one was last asked for; None for never."""

    store: Store
    made_at: datetime | None
    tried_at: datetime | None


def encode_cursor(backup: Backup) -> str:
    """Return an opaque cursor that continues a store's list right after this backup."""
    return encode_key(_list_of(backup.store_id), backup.number)


class StoreBackups:
    """Reads backups from a database."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def page(self, store_id: str, *, first: int, after: str | None) -> Page[Backup]:
        """Return a page of a store's backups. Raises RefusedError for a wrong size or cursor."""
        check_page_size(first, "backups")
        before = None
        if after is not None:
            _, before = decode_key(after, _list_of(store_id), tuple[str, Number])
        # One row too many says that there is a next page.
        found = await self._database.read(
            lambda transaction: _read(transaction, store_id, before=before, limit=first + 1)
        )
        return Page(tuple(found[:first]), len(found) > first)

    async def get(self, store_id: str, number: int) -> Backup | None:
        """Return the backup that the operation with this number made, or None."""
        found = await self._database.read(
            lambda transaction: _read(transaction, store_id, before=number + 1, limit=1)
        )
        return found[0] if found and found[0].number == number else None

    async def before_upgrade(self, store: Store) -> Backup | None:
        """Return the backup of a shop as it was before it got the version that it has, or None."""
        values = {"id": store.id, "engine": store.engine, "version": store.engine_version}
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(_BEFORE_UPGRADE, values)
        )
        return None if row is None else backup_of(row)

    async def newest(self, store_ids: Sequence[str]) -> Mapping[str, Backup]:
        """Return the newest backup of each of these stores that has one."""
        if not store_ids:  # ``IN ()`` is an error in PostgreSQL
            return {}
        names = ", ".join(f":id_{index}" for index in range(len(store_ids)))
        values = {f"id_{index}": store_id for index, store_id in enumerate(store_ids)}
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                # Only the names of parameters are put into the statement; every value is bound.
                f"SELECT * FROM backups WHERE store_id IN ({names}) AND number = ("  # noqa: S608
                "SELECT MAX(number) FROM backups AS others"
                " WHERE others.store_id = backups.store_id AND others.expired_at IS NULL)",
                values,
            )
        )
        return {row["store_id"]: backup_of(row) for row in rows}

    async def late(self, before: datetime) -> int:
        """Return how many stores that take backups were ready by then, and have none since."""
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(_LATE, {"before": to_micros(before)})
        )
        return 0 if row is None else int(row["stores"])

    async def times(self) -> list[BackupTimes]:
        """Return when each store that takes backups had one, oldest store first."""
        rows = await self._database.read(lambda transaction: transaction.fetch_all(_DUE))
        return [
            BackupTimes(store_of(row), moment(row["made_at"]), moment(row["tried_at"]))
            for row in rows
        ]


async def _read(
    transaction: Transaction, store_id: str, *, before: int | None, limit: int
) -> list[Backup]:
    below = "" if before is None else " AND number < :before"
    values = {"id": store_id, "limit": limit} | ({} if before is None else {"before": before})
    rows = await transaction.fetch_all(
        # Only fixed words are put into the statement; every value is bound.
        f"SELECT * FROM backups WHERE store_id = :id AND expired_at IS NULL{below}"  # noqa: S608
        " ORDER BY number DESC LIMIT :limit",
        values,
    )
    return [backup_of(row) for row in rows]


def _list_of(store_id: str) -> str:
    return f"backups of {store_id}"
