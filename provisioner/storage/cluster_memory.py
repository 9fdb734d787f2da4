"""Remembers, beside the stores, which cluster they live in.

A kubeconfig may come to mean another cluster, and a server's address too. There every store would
seem lost, and a store that is deleted would be called deleted while its namespace lives on. So the
uid of the namespace ``kube-system``, which a cluster keeps for its whole life, is kept in the
database, and nothing is done in a cluster that has another.
"""

from provisioner.domain.errors import OtherClusterError
from provisioner.domain.ports import Clock
from provisioner.storage.database import Database, Transaction
from provisioner.storage.rows import to_micros


class ClusterMemory:
    """The remembered cluster in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def remembered(self) -> str | None:
        """Return the uid of the cluster that the stores live in, or None before the first."""
        return await self._database.read(_remembered)

    async def recognise(self, uid: str) -> None:
        """Make sure that a cluster is the one that the stores live in.

        The first cluster is remembered, and so is another while there is no store that could be
        missed. Raises OtherClusterError for any other.
        """

        async def work(transaction: Transaction) -> None:
            await transaction.lock("cluster")
            known = await _remembered(transaction)
            if known == uid:
                return
            if known is not None and await _has_stores(transaction):
                raise OtherClusterError(known=known, found=uid)
            await transaction.execute(
                "INSERT INTO cluster (id, uid, met_at) VALUES (1, :uid, :now)"
                " ON CONFLICT (id) DO UPDATE SET uid = excluded.uid, met_at = excluded.met_at",
                {"uid": uid, "now": to_micros(self._clock.now())},
            )

        if await self.remembered() != uid:  # a look first: it costs no writing transaction
            await self._database.transact(work)

    async def forget(self) -> str | None:
        """Forget the cluster, so that the next one is taken for the right one; return its uid."""

        async def work(transaction: Transaction) -> str | None:
            row = await transaction.fetch_one("DELETE FROM cluster RETURNING uid")
            return None if row is None else str(row["uid"])

        return await self._database.transact(work)


async def _remembered(transaction: Transaction) -> str | None:
    row = await transaction.fetch_one("SELECT uid FROM cluster")
    return None if row is None else str(row["uid"])


async def _has_stores(transaction: Transaction) -> bool:
    row = await transaction.fetch_one("SELECT 1 FROM stores WHERE status <> 'DELETED' LIMIT 1")
    return row is not None
