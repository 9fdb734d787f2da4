"""Records checks of backups: which shops are made from them to see whether that can be done.

A check is under way as long as the backup's row names its store. That is all there is of it: a
service that is ended in between goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from provisioner.domain.backups import MAX_CHECKS, Backup, RestoreSource
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.owners import MERCHANTS
from provisioner.domain.ports import Announcer, Clock
from provisioner.domain.stores import EventKind, Store, StoreStatus
from provisioner.storage.audit_log import AuditedAction, request_of
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.quota import Quota
from provisioner.storage.rows import backup_of, store_of, to_micros
from provisioner.storage.store_creation import add_store
from provisioner.storage.store_events import add_event
from provisioner.storage.store_reads import read_store

_OTHERS = "SELECT store_id FROM backups WHERE check_store IS NOT NULL"
_BEGUN = """
    UPDATE backups SET check_store = :check_store, checked_at = NULL, fault = NULL
    WHERE store_id = :id AND number = :number RETURNING *
"""
_ENDED = """
    UPDATE backups SET check_store = NULL, checked_at = :ended_at, fault = :fault
    WHERE store_id = :id AND number = :number AND check_store = :check_store RETURNING number
"""
_TRIED = "UPDATE stores SET backup_checked_at = :now WHERE id = :id"
_UNDER_WAY = "SELECT * FROM backups WHERE check_store IS NOT NULL ORDER BY store_id, number"
_FAULTY = """
    SELECT COUNT(*) AS stores FROM stores
    WHERE target = 'READY' AND EXISTS (
        SELECT 1 FROM backups
        WHERE store_id = stores.id AND fault IS NOT NULL AND expired_at IS NULL
        AND checked_at = (SELECT MAX(checked_at) FROM backups AS others
                          WHERE others.store_id = stores.id))
"""
_SHOPS = f"""
    SELECT stores.*,
        EXISTS (SELECT 1 FROM backups WHERE check_store = stores.id) AS is_needed
    FROM stores WHERE status <> 'DELETED' AND NOT {MERCHANTS} ORDER BY created_at, id
"""  # noqa: S608 - only fixed words are put into the statement
_DUE = """
    SELECT stores.*, backups.number AS newest FROM stores
    JOIN backups ON backups.store_id = stores.id AND backups.number =
        (SELECT MAX(number) FROM backups AS others
         WHERE others.store_id = stores.id AND others.expired_at IS NULL)
    WHERE stores.target = 'READY' AND stores.status IN ('READY', 'DEGRADED', 'SUSPENDED')
    AND stores.is_copy = 0
    AND (stores.backup_checked_at IS NULL OR stores.backup_checked_at < :before)
    AND NOT EXISTS (SELECT 1 FROM backups AS others
                    WHERE others.store_id = stores.id AND others.check_store IS NOT NULL)
    ORDER BY COALESCE(stores.backup_checked_at, 0), stores.created_at, stores.id LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class DueCheck:
    """A store whose newest backup, with this number, is to be checked."""

    store: Store
    number: int


class BackupChecks:
    """Reads and writes checks of backups in a database."""

    def __init__(self, database: Transactions, clock: Clock, announcer: Announcer) -> None:
        self._database = database
        self._clock = clock
        self._announcer = announcer

    async def begin(self, made: Store, *, audit: AuditedAction | None = None) -> Store:
        """Begin a check by recording the store that is made from the backup; return the store.

        Raises RefusedError when the backup is gone (BACKUP_UNKNOWN), or while another one of the
        same store is checked (CHECK_UNDER_WAY). Nothing is written then.
        """
        source = made.from_backup
        if source is None:
            raise ValueError("The store is made from no backup.")

        async def work(transaction: Transaction) -> Store:
            store = await self._begin(transaction, made, source, audit)
            if audit is not None:
                await audit.accept(transaction, store_id=source.store_id)
            return store

        store = await self._database.transact(work)
        for store_id in (store.id, source.store_id):
            self._announcer.announce(store_id)
        return store

    async def _begin(
        self,
        transaction: Transaction,
        made: Store,
        source: RestoreSource,
        audit: AuditedAction | None,
    ) -> Store:
        # No quota, no name that is kept: it is nobody's, and gone in minutes.
        store = await add_store(
            transaction,
            made,
            idempotency_key=None,
            quota=Quota(),
            names_kept_for=None,
            request=request_of(audit),
            clock=self._clock,
        )
        # add_store has taken a lock that keeps others from adding one until this transaction ends.
        others = [row["store_id"] for row in await transaction.fetch_all(_OTHERS)]
        if source.store_id in others:
            raise RefusedError(_UNDER_WAY_ALREADY)
        if len(others) >= MAX_CHECKS:
            raise RefusedError(_TOO_MANY)
        values = {"id": source.store_id, "number": source.number, "check_store": made.id}
        await transaction.fetch_one(_BEGUN, values)
        await self._tell(
            transaction, source.store_id, source.number, OperationStatus.RUNNING,
            "A shop is made of the backup, to see whether that can be done.",
        )  # fmt: skip
        return store

    async def _tell(
        self,
        transaction: Transaction,
        store_id: str,
        number: int,
        status: OperationStatus,
        message: str,
    ) -> None:
        if (await read_store(transaction, store_id)).status is StoreStatus.DELETED:
            return  # its deletion is its last event
        await add_event(
            transaction, store_id, EventKind.CHECK, str(number), status, message,
            now=self._clock.now(),
        )  # fmt: skip

    async def under_way(self) -> list[Backup]:
        """Return the backups that are being checked, by their stores' ids."""
        rows = await self._database.read(lambda transaction: transaction.fetch_all(_UNDER_WAY))
        return [backup_of(row) for row in rows]

    async def shops(self) -> list[tuple[Store, bool]]:
        """Return the shops that were made for checks and are not deleted, oldest first.

        With each comes whether its check is under way, as of the same moment: another replica may
        begin one at any time.
        """
        rows = await self._database.read(lambda transaction: transaction.fetch_all(_SHOPS))
        return [(store_of(row), bool(row["is_needed"])) for row in rows]

    async def end(self, backup: Backup, fault: str | None) -> None:
        """Record how a check has ended: ``fault`` says why no shop could be made, None for well.

        Nothing is written when it is another one by now.
        """
        await self._end(backup, self._clock.now(), fault)

    async def give_up(self, backup: Backup) -> None:
        """Record that a check is over, and has shown nothing; as ``end`` otherwise."""
        await self._end(backup, None, None)

    async def _end(self, backup: Backup, ended_at: datetime | None, fault: str | None) -> None:
        async def work(transaction: Transaction) -> None:
            await transaction.lock_store(backup.store_id)
            now = to_micros(self._clock.now())
            values = {
                "id": backup.store_id,
                "number": backup.number,
                "check_store": backup.check.store_id,
                "ended_at": None if ended_at is None else to_micros(ended_at),
                "fault": fault,
            }
            if await transaction.fetch_one(_ENDED, values) is None:
                return
            await transaction.execute(_TRIED, {"id": backup.store_id, "now": now})
            status, message = _result(ended_at, fault)
            await self._tell(transaction, backup.store_id, backup.number, status, message)

        await self._database.transact(work)
        self._announcer.announce(backup.store_id)

    async def skip(self, store_id: str) -> None:
        """Record that a store's turn is over, for there is nothing to check."""
        values = {"id": store_id, "now": to_micros(self._clock.now())}
        await self._database.transact(lambda transaction: transaction.execute(_TRIED, values))

    async def faulty(self) -> int:
        """Return of how many stores the last backup that was checked made no shop."""
        row = await self._database.read(lambda transaction: transaction.fetch_one(_FAULTY))
        return 0 if row is None else int(row["stores"])

    async def due(self, before: datetime, *, limit: int) -> Sequence[DueCheck]:
        """Return the stores of which no backup was checked since then, longest ago first."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                _DUE, {"before": to_micros(before), "limit": limit}
            )
        )
        return [DueCheck(store_of(row), row["newest"]) for row in rows]


def _result(ended_at: datetime | None, fault: str | None) -> tuple[OperationStatus, str]:
    if ended_at is None:
        return OperationStatus.CANCELLED, "The shop that was made of the backup is gone too soon."
    if fault is not None:
        return OperationStatus.FAILED, f"No shop could be made of the backup. {fault}"
    return OperationStatus.SUCCEEDED, "A shop could be made of the backup: it is proven."


_TOO_MANY = Refusal(
    RefusalCode.CHECK_UNDER_WAY,
    f"{MAX_CHECKS} backups of other stores are being checked; wait until one of them is done.",
    "id",
)
_UNDER_WAY_ALREADY = Refusal(
    RefusalCode.CHECK_UNDER_WAY,
    "A backup of this store is being checked; wait until that is done.",
    "id",
)
