"""Remembers in the database which cluster the stores live in.

Somebody may switch the kubeconfig, or the server's address, to another cluster. There every store
would seem lost, and a deletion would count as done while the store's namespace lives on in the
right cluster. So the database keeps the uid of the namespace ``kube-system``, which never changes
during a cluster's life. The platform does nothing in a cluster with another uid.
"""

from provisioner.domain.errors import OtherClusterError
from provisioner.domain.ports import Clock
from provisioner.storage.database import Database, Transaction
from provisioner.storage.rows import to_micros


class ClusterMemory:
    """Reads and writes the remembered cluster."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def remembered(self) -> str | None:
        """Return the uid of the cluster that the stores live in, or None if there is none yet."""
        return await self._database.read(_remembered)

    async def recognise(self, uid: str) -> None:
        """Check that the cluster with this uid is the one that the stores live in.

        The first cluster is remembered. Another one replaces it while there are no stores that
        could be missing there. Raises OtherClusterError otherwise.
        """

        async def work(transaction: Transaction) -> None:
            # Two replicas with different kubeconfigs could otherwise both be the first.
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

        if await self.remembered() != uid:  # mostly it is known, and a read costs less than a write
            await self._database.transact(work)

    async def check(self, uid: str) -> None:
        """Check that the cluster with this uid is the remembered one, or that none is.

        Nothing is written. Raises OtherClusterError, also when there are no stores.
        """
        known = await self.remembered()
        if known not in (None, uid):
            raise OtherClusterError(known=known, found=uid)

    async def forget(self) -> str | None:
        """Forget the cluster, so that the next one is remembered; return the forgotten uid."""

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
