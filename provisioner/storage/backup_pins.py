"""Pins backups of stores, which are then never removed by themselves, and lets go of them."""

from provisioner.domain.backups import MAX_PINNED, Backup
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.rows import backup_of

_SET = """
    UPDATE backups SET pinned = :pinned
    WHERE store_id = :id AND number = :number AND expired_at IS NULL RETURNING *
"""
_COUNT = "SELECT COUNT(*) AS pins FROM backups WHERE store_id = :id AND pinned = 1"


class BackupPins:
    """Writes pins of backups to a database."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def write(
        self, store_id: str, number: int, *, is_pinned: bool, audit: AuditedAction
    ) -> Backup:
        """Pin a backup, or let go of it; return it. It may be so already.

        Raises NotFoundError, or RefusedError (TOO_MANY_PINNED) where the store has as many pinned
        backups as it may. Nothing is written then.
        """

        async def work(transaction: Transaction) -> Backup:
            await transaction.lock_store(store_id)
            values = {"id": store_id, "number": number, "pinned": int(is_pinned)}
            row = await transaction.fetch_one(_SET, values)
            if row is None:
                raise NotFoundError(f"Store {store_id} has no backup {number}.")
            counted = await transaction.fetch_one(_COUNT, {"id": store_id})
            if is_pinned and counted is not None and counted["pins"] > MAX_PINNED:
                raise RefusedError(_TOO_MANY)
            await audit.accept(transaction, store_id=store_id)
            return backup_of(row)

        return await self._database.transact(work)


_TOO_MANY = Refusal(
    RefusalCode.TOO_MANY_PINNED,
    f"A store can have {MAX_PINNED} pinned backups; unpin one of them first.",
    "id",
)
