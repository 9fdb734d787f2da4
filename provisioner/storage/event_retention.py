"""Removes old events of living stores, but never those that say how a store came to be as it is.

Kept, however old, are a store's newest event of each kind, and the events of its latest building:
from when it was queued until it was ready or had failed. Whatever happened since then, or in an
earlier building, goes by age. Versions are not given out again, so a reader sees what was removed
as a gap in the versions.
"""

from datetime import datetime

from provisioner.storage.database import Transactions
from provisioner.storage.rows import to_micros

# The subqueries name no column of the outer query, so each is evaluated once. Every one is a search
# in the primary key, (store_id, version): no index over the time is needed, which each new event
# would have to be written to. Where nothing was built they give NULL, and nothing is removed.
_BEGAN = (
    "(SELECT MAX(version) FROM events WHERE store_id = :id"
    " AND kind = 'STATUS' AND subject = 'store' AND status = 'QUEUED')"
)
_ENDED = (
    "(SELECT MIN(version) FROM events WHERE store_id = :id"  # noqa: S608 - only fixed words
    " AND kind = 'STATUS' AND subject = 'store' AND status IN ('READY', 'FAILED')"
    f" AND version > {_BEGAN})"
)
_EXPIRED = (
    "SELECT version FROM events WHERE store_id = :id AND at < :before"  # noqa: S608 - as above
    f" AND (version < {_BEGAN} OR version > {_ENDED})"
    " AND version NOT IN"
    " (SELECT MAX(version) FROM events WHERE store_id = :id GROUP BY kind)"
    " ORDER BY version LIMIT :limit"
)
_REMOVE = (
    "DELETE FROM events WHERE store_id = :id"  # noqa: S608 - as above
    f" AND version IN ({_EXPIRED}) RETURNING version"
)


class EventRetention:
    """Removes the events of living stores from a database."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def stores(self, before: datetime) -> list[str]:
        """Return the ids of the stores that may have events from before a moment, oldest first.

        A store that is to be deleted is not among them: its events go with its record.
        """
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                "SELECT id FROM stores WHERE target = 'READY' AND created_at < :before"
                " ORDER BY created_at, id",
                {"before": to_micros(before)},
            )
        )
        return [row["id"] for row in rows]

    async def purge(self, store_id: str, before: datetime, *, limit: int) -> int:
        """Remove at most ``limit`` of a store's oldest events from before a moment.

        Return how many were removed. The caller repeats this until it is 0.
        """
        values = {"id": store_id, "before": to_micros(before), "limit": limit}
        # Most stores have nothing to remove, and a read makes no other writer wait.
        found = await self._database.read(
            lambda transaction: transaction.fetch_all(_EXPIRED, values | {"limit": 1})
        )
        if not found:
            return 0
        removed = await self._database.transact(
            lambda transaction: transaction.fetch_all(_REMOVE, values)
        )
        return len(removed)
