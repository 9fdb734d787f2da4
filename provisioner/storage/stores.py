"""Reads and writes stores in SQL. One method changes a status, and every write records its event.

If a write finds the row in another state than its caller believed, it writes nothing and raises
ConflictError; the caller then reads again. The SQL is the same on SQLite and PostgreSQL.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from provisioner.domain.backups import InPlaceRestore, RestoreStage
from provisioner.domain.cluster import Pod
from provisioner.domain.errors import ConflictError
from provisioner.domain.operations import OperationKind, OperationStatus, Request
from provisioner.domain.ports import Announcer, Clock
from provisioner.domain.stores import (
    EventKind,
    Reason,
    Step,
    StepName,
    StepStatus,
    Store,
    StoreStatus,
    StoreTarget,
)
from provisioner.storage.audit_log import AuditedAction, request_of
from provisioner.storage.change_log import note_removed
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.operations import begin_operation, update_step
from provisioner.storage.pod_records import update_pods
from provisioner.storage.quota import Quota, enforce, serialise_creates
from provisioner.storage.rows import restore_detail, source_detail, to_micros
from provisioner.storage.status_changes import change_status
from provisioner.storage.store_creation import add_store
from provisioner.storage.store_events import add_event
from provisioner.storage.store_reads import StoreReader, read_store

T = TypeVar("T")

_NO_QUOTA = Quota()
_REMOVED = """
    UPDATE stores SET restore = :restore, from_backup = :source, engine_version = :version
    WHERE id = :id
"""
_BROUGHT_BACK = "The backup could not be restored, so the shop is brought back as it was before."
_NOT_UPGRADED = "The upgrade failed, so the shop is brought back as it was before."
_NO_UPGRADE = "UPDATE stores SET upgrade = NULL WHERE id = :id"
_GOING = """
    UPDATE stores
    SET target = 'DELETED', task = NULL, upgrade = NULL, plan_change = NULL, offer = NULL,
        offered_to = NULL, offered_email = NULL, offer_ends_at = NULL, attempt = attempt + 1,
        attempt_started_at = NULL
    WHERE id = :id
"""
_WITHOUT_BACKUPS = " AND NOT EXISTS (SELECT 1 FROM backups WHERE store_id = stores.id)"
# The row of the store comes last, because the others have foreign keys to it.
_OF_A_STORE = (
    ("events", "store_id"), ("pods", "store_id"), ("steps", "store_id"), ("backups", "store_id"),
    ("operations", "store_id"), ("former_owners", "store_id"), ("stores", "id"),
)  # fmt: skip


class StoreRepository(StoreReader):
    """Reads and writes stores, steps, pods and events. Implements ``ports.StoreRecords``."""

    def __init__(self, database: Transactions, clock: Clock, announcer: Announcer) -> None:
        super().__init__(database)
        self._clock = clock
        self._announcer = announcer

    async def create(
        self,
        store: Store,
        *,
        idempotency_key: str | None = None,
        quota: Quota = _NO_QUOTA,
        names_kept_for: timedelta | None = None,
        audit: AuditedAction | None = None,
    ) -> Store:
        """Insert a queued store with the operation that creates it.

        If the owner used the idempotency key before, that earlier store is returned instead, also
        when the quota is used up. Raises RefusedError when a store that is not deleted has the name
        (NAME_TAKEN), when a deleted store of another owner had it less than ``names_kept_for`` ago
        (NAME_KEPT), or when the quota is used up (see ``quota``). Nothing is written then.
        """

        async def work(transaction: Transaction) -> Store:
            made = await add_store(
                transaction,
                store,
                idempotency_key=idempotency_key,
                quota=quota,
                names_kept_for=names_kept_for,
                request=request_of(audit),
                clock=self._clock,
            )
            if audit is not None:
                await audit.accept(transaction, store_id=made.id)
            return made

        return await self._write(store.id, work)

    async def request_delete(
        self,
        store_id: str,
        message: str,
        *,
        only_in: Sequence[StoreStatus] | None = None,
        audit: AuditedAction | None = None,
    ) -> Store:
        """Set the store's target to DELETED and begin its DELETE, unless that was done already.

        Another operation that is under way is cancelled. With ``only_in`` it raises ConflictError
        when the store has another status, or when its shop was open before.
        """

        async def work(transaction: Transaction) -> Store:
            await transaction.lock_store(store_id)
            found = await read_store(transaction, store_id)
            if found.target is not StoreTarget.DELETED:
                is_other = only_in is not None and found.status not in only_in
                if is_other or (only_in is not None and found.had_a_shop):
                    raise ConflictError(f"Store {store_id} is {found.status}.")
                await self._begin_delete(transaction, found, message, request_of(audit))
            if audit is not None:
                await audit.accept(transaction)
            return await read_store(transaction, store_id)

        return await self._write(store_id, work)

    async def _begin_delete(
        self, transaction: Transaction, store: Store, message: str, request: Request
    ) -> None:
        now = self._clock.now()
        if store.task is not None:
            await add_event(
                transaction, store.id, EventKind.TASK, store.task, OperationStatus.CANCELLED,
                message, now=now,
            )  # fmt: skip
        await transaction.execute(
            _GOING,
            {"id": store.id},
        )
        going = await read_store(transaction, store.id)
        await begin_operation(transaction, going, OperationKind.DELETE, request, now=now)
        await add_event(
            transaction, store.id, EventKind.STATUS, "target", StoreTarget.DELETED, message, now=now
        )

    async def transition(
        self,
        store: Store,
        following: StoreStatus,
        *,
        reason: Reason | None = None,
        begins: OperationKind | None = None,
        message: str = "",
        restore: InPlaceRestore | None = None,
        audit: AuditedAction | None = None,
    ) -> Store:
        """See ``ports.StoreRecords``. ``restore`` is put in the place of the shop."""

        async def work(transaction: Transaction) -> Store:
            changed = await change_status(
                transaction, store, following,
                reason=reason, begins=begins, request=request_of(audit), restore=restore,
                message=message, now=self._clock.now(),
            )  # fmt: skip
            if audit is not None:
                await audit.accept(transaction)
            return changed

        return await self._write(store.id, work)

    async def resume(
        self, store_id: str, message: str, quota: Quota, *, audit: AuditedAction | None = None
    ) -> Store:
        """Queue a suspended store, so that its shop is started and opened; return the store.

        Raises NotFoundError, ConflictError when it is not suspended, and RefusedError when the
        quota, which may not have counted it, is used up. Nothing is written then.
        """

        async def work(transaction: Transaction) -> Store:
            if not quota.counts_suspended:
                await serialise_creates(transaction)
            await transaction.lock_store(store_id)
            store = await read_store(transaction, store_id)
            if store.status is not StoreStatus.SUSPENDED or store.target is StoreTarget.DELETED:
                raise ConflictError(f"Store {store_id} is {store.status}.")
            if not quota.counts_suspended:
                await enforce(transaction, quota, store.owner)
            resumed = await change_status(
                transaction, store, StoreStatus.QUEUED,
                begins=OperationKind.RESUME, request=request_of(audit), message=message,
                now=self._clock.now(),
            )  # fmt: skip
            if audit is not None:
                await audit.accept(transaction)
            return resumed

        return await self._write(store_id, work)

    async def record_removed(self, store: Store) -> Store:
        """See ``ports.StoreRecords``."""
        restore = store.restore
        if restore is None:
            raise ValueError("No backup is put in the place of this shop.")

        async def work(transaction: Transaction) -> Store:
            await _lock(transaction, store)
            values = {
                "id": store.id,
                "restore": restore_detail(replace(restore, stage=RestoreStage.LOADING)),
                "source": source_detail(restore.source),
                "version": restore.source.engine_version or store.engine_version,
            }
            await transaction.execute(_REMOVED, values)
            return await read_store(transaction, store.id)

        return await self._write(store.id, work)

    async def bring_back(self, store: Store, reason: Reason) -> Store:
        """See ``ports.StoreRecords``."""
        former = store.restore.way_back if store.restore else None
        if former is None:
            raise ValueError("There is no backup of the shop as it was.")
        back = InPlaceRestore(former, RestoreStage.REMOVING)
        message = _NOT_UPGRADED if store.is_updating else _BROUGHT_BACK

        async def work(transaction: Transaction) -> Store:
            await _lock(transaction, store)
            now = self._clock.now()
            failed = await change_status(
                transaction, store, StoreStatus.FAILED, reason=reason, now=now
            )
            await transaction.execute(_NO_UPGRADE, {"id": store.id})
            return await change_status(
                transaction, failed, StoreStatus.QUEUED,
                begins=OperationKind.RESTORE, restore=back, message=message, now=now,
            )  # fmt: skip

        return await self._write(store.id, work)

    async def update_step(
        self,
        store: Store,
        name: StepName,
        status: StepStatus,
        *,
        message: str = "",
        output: str = "",
    ) -> Step:
        """See ``ports.StoreRecords``. Raises ConflictError when another operation began."""

        async def work(transaction: Transaction) -> Step:
            # The store's row before its step's, as all writers do; see ``lock_store``.
            await transaction.lock_store(store.id)
            return await update_step(
                transaction, store, name, status,
                message=message, output=output, now=self._clock.now(),
            )  # fmt: skip

        return await self._write(store.id, work)

    async def purge(self, before: datetime, *, limit: int, with_backups: bool = True) -> int:
        """Remove all records of at most ``limit`` stores that were deleted before a moment.

        Unless ``with_backups``, those are left that have backups still. Return how many stores were
        removed. The caller repeats this until it is 0.
        """
        only = "" if with_backups else _WITHOUT_BACKUPS

        async def work(transaction: Transaction) -> int:
            rows = await transaction.fetch_all(
                # Only fixed words are put into the statement.
                "SELECT id, change FROM stores WHERE status = 'DELETED' AND deleted_at < :before"  # noqa: S608
                f"{only} ORDER BY deleted_at LIMIT :limit",
                {"before": to_micros(before), "limit": limit},
            )
            for row in rows:
                await transaction.lock_store(row["id"])
                for table, key in _OF_A_STORE:
                    # Only fixed words are put into the statement.
                    await transaction.execute(
                        f"DELETE FROM {table} WHERE {key} = :id",  # noqa: S608
                        {"id": row["id"]},
                    )
            # Readers with a cursor below this number would never hear of these stores' deletion.
            # Their cursors are refused from now on.
            await note_removed(transaction, max((row["change"] for row in rows), default=0))
            return len(rows)

        return await self._database.transact(work)

    async def record_pods(self, store_id: str, pods: Sequence[Pod]) -> int:
        """See ``ports.StoreRecords``. Raises NotFoundError for an unknown store."""

        async def work(transaction: Transaction) -> int:
            await transaction.lock_store(store_id)
            store = await read_store(transaction, store_id)
            if store.status is StoreStatus.DELETED:
                # The watch's news came too late. The deletion must stay the store's last event.
                return 0
            return await update_pods(transaction, store_id, pods, now=self._clock.now())

        events = await self._database.transact(work)
        if events:
            self._announcer.announce(store_id)
        return events

    async def record_repair(self, store_id: str, message: str, *, is_done: bool) -> None:
        """See ``ports.StoreRecords``."""
        status = "REPAIRED" if is_done else "NOT_REPAIRED"

        async def work(transaction: Transaction) -> None:
            last = await transaction.fetch_one(
                "SELECT message FROM events WHERE store_id = :id AND kind = 'REPAIR'"
                " ORDER BY version DESC LIMIT 1",
                {"id": store_id},
            )
            if is_done or last is None or last["message"] != message:
                await add_event(
                    transaction, store_id, EventKind.REPAIR, "release", status, message,
                    now=self._clock.now(),
                )  # fmt: skip

        await self._write(store_id, work)

    async def _write(self, store_id: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction, then wake the store's followers."""
        result = await self._database.transact(work)
        # Only after the commit: a follower that read earlier would not see the change.
        self._announcer.announce(store_id)
        return result


async def _lock(transaction: Transaction, store: Store) -> None:
    """Lock the store's row. Raise ConflictError when another operation than its own has begun."""
    await transaction.lock_store(store.id)
    found = await read_store(transaction, store.id)
    if found.operation_number != store.operation_number:
        raise ConflictError(f"Operation {store.operation_number} of store {store.id} is over.")
