"""Writes the beginning and the end of tasks: work that leaves a store's status as it is.

Like every write, each is one transaction that includes its event. While a task is under way, the
store's row names it (``Store.task``), so that it goes on after a restart.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

import msgspec

from provisioner.domain.backups import Backup, InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.errors import ConflictError
from provisioner.domain.operations import (
    OperationKind,
    OperationStatus,
    Request,
    with_parameter,
)
from provisioner.domain.ports import Announcer, Clock
from provisioner.domain.stores import (
    EventKind,
    PlanChange,
    Reason,
    Store,
    StoreStatus,
    StoreTask,
    Upgrade,
)
from provisioner.domain.transitions import takes_tasks
from provisioner.storage.audit_log import Action, request_of
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.operations import begin_operation
from provisioner.storage.rows import from_micros, plan_change_detail, to_micros, upgrade_detail
from provisioner.storage.status_changes import change_status, write_restore
from provisioner.storage.store_events import add_event
from provisioner.storage.store_reads import read_store

T = TypeVar("T")

_UNDER_WAY = """
    SELECT status FROM operations
    WHERE store_id = :id AND number = :number AND status IN ('QUEUED', 'RUNNING')
"""
_STARTED = """
    UPDATE operations SET status = 'RUNNING', started_at = COALESCE(started_at, :now)
    WHERE store_id = :id AND number = :number RETURNING started_at
"""
_ENDED = """
    UPDATE operations
    SET status = :status, reason_code = :code, reason_message = :message, finished_at = :now
    WHERE store_id = :id AND number = :number AND status IN ('QUEUED', 'RUNNING')
    RETURNING number
"""
_FREED = """
    UPDATE stores SET task = NULL, restore = NULL, upgrade = NULL, plan_change = NULL
    WHERE id = :id
"""
_SAVED = "UPDATE stores SET task = NULL, restore = NULL WHERE id = :id"
_UPGRADE = "UPDATE stores SET upgrade = :upgrade WHERE id = :id"
_PLAN_CHANGE = "UPDATE stores SET plan_change = :change WHERE id = :id"
_GROWTH = "UPDATE stores SET storage_plan = :plan WHERE id = :id"
_PLANNED = "UPDATE stores SET plan = :plan, storage_plan = :storage_plan WHERE id = :id"
_STEPS = """
    UPDATE steps SET status = 'FAILED', message = :message, finished_at = :now
    WHERE store_id = :id AND attempt = :number AND status = 'RUNNING'
"""
_BACKUP = """
    INSERT INTO backups (store_id, number, snapshot, size, added, engine, engine_version, counts,
                         made_at)
    VALUES (:store_id, :number, :snapshot, :size, :added, :engine, :engine_version, :counts,
            :made_at)
"""

_REMOVED_NOW = (
    "The shop is saved as it was. Now it is removed, and the backup is restored in its place."
)
_UPGRADED_NOW = "The shop is saved as it was. Now it gets version {}."


class TaskRepository:
    """Writes tasks. Implements ``ports.TaskRecords``."""

    def __init__(self, database: Transactions, clock: Clock, announcer: Announcer) -> None:
        self._database = database
        self._clock = clock
        self._announcer = announcer

    async def begin(
        self,
        store_id: str,
        task: StoreTask,
        message: str,
        *,
        restore: InPlaceRestore | None = None,
        upgrade: Upgrade | None = None,
        plan_change: PlanChange | None = None,
        parameters: Mapping[str, str] = MappingProxyType({}),
        audit: Action | None = None,
    ) -> Store:
        """Begin a task of a finished store; return the store.

        ``message`` says who asked for it, ``restore`` what a RESTORE is to put in the place of the
        shop, ``upgrade`` what an UPGRADE is to give it, and ``plan_change`` what a PLAN.
        ``parameters`` are the operation's, beside those of the request, and no secrets. Raises
        NotFoundError, ConflictError when the store's status takes no tasks, and RefusedError:
        OPERATION_UNDER_WAY, or
        BACKUP_UNKNOWN when what is to be restored is gone. Nothing is written then.
        """

        async def work(transaction: Transaction) -> Store:
            await transaction.lock_store(store_id)
            store = await read_store(transaction, store_id)
            if not takes_tasks(store.status, store.target):
                raise ConflictError(f"Store {store_id} is {store.status}.")
            if restore is not None:
                store = await write_restore(transaction, store, restore)
            if upgrade is not None:
                await _write_upgrade(transaction, store, upgrade)
            if plan_change is not None:
                values = {"id": store_id, "change": plan_change_detail(plan_change)}
                await transaction.execute(_PLAN_CHANGE, values)
            request = request_of(audit)
            # Which version it is, also for whoever named none.
            version = {} if upgrade is None else {"version": upgrade.version}
            for name, value in {**version, **parameters}.items():
                request = with_parameter(request, name, value)
            begun = await self._begin(transaction, store, task, message, request)
            if audit is not None:
                await audit.accept(transaction)
            return begun

        return await self._write(store_id, work)

    async def _begin(
        self,
        transaction: Transaction,
        store: Store,
        task: StoreTask,
        message: str,
        request: Request,
    ) -> Store:
        now = self._clock.now()
        await transaction.execute(
            "UPDATE stores SET task = :task, attempt = attempt + 1 WHERE id = :id",
            {"id": store.id, "task": task},
        )
        begun = await read_store(transaction, store.id)
        await begin_operation(transaction, begun, OperationKind(task), request, now=now)
        await _tell(transaction, store.id, task, OperationStatus.QUEUED, message, now=now)
        return await read_store(transaction, store.id)

    async def start(self, store: Store) -> datetime:
        """Record that a worker begins the store's task, or goes on with it; return since when.

        Raises ConflictError when it is over.
        """

        async def work(transaction: Transaction) -> datetime:
            now = self._clock.now()
            task = await _lock(transaction, store)
            values = {"id": store.id, "number": store.operation_number}
            before = await transaction.fetch_one(_UNDER_WAY, values)
            after = await transaction.fetch_one(_STARTED, {**values, "now": to_micros(now)})
            if before is None or after is None:
                raise _over(store)
            if before["status"] == OperationStatus.QUEUED:
                await _tell(transaction, store.id, task, OperationStatus.RUNNING, "", now=now)
            return from_micros(after["started_at"])

        return await self._write(store.id, work)

    async def succeed(self, store: Store, message: str, *, backup: Backup | None = None) -> None:
        """Record that the store's task is done, with the backup that it made."""
        await self._end(store, OperationStatus.SUCCEEDED, message, None, backup)

    async def hand_over(self, store: Store, message: str, backup: Backup) -> Store:
        """See ``ports.TaskRecords``."""
        restore = store.restore
        if restore is None:
            raise ValueError("No backup is to be put in the place of this shop.")
        former = replace(
            restore.source,
            number=backup.number,
            snapshot=backup.snapshot,
            counts=backup.counts,
            engine_version=backup.engine_version,
        )
        following = InPlaceRestore(restore.source, RestoreStage.REMOVING, former)
        return await self._hand_over(store, message, backup, following, _REMOVED_NOW)

    async def record_preflight(self, store: Store, upgrade: Upgrade) -> None:
        """See ``ports.TaskRecords``."""

        async def work(transaction: Transaction) -> None:
            await _lock(transaction, store)
            await _write_upgrade(transaction, store, upgrade)

        await self._write(store.id, work)

    async def hand_over_upgrade(
        self, store: Store, message: str, backup: Backup, source: RestoreSource
    ) -> Store:
        """See ``ports.TaskRecords``."""
        if store.upgrade is None:
            raise ValueError("This shop is to get no other version.")
        following = InPlaceRestore(source, RestoreStage.PREPARED)
        said = _UPGRADED_NOW.format(store.upgrade.version)
        return await self._hand_over(store, message, backup, following, said)

    async def _hand_over(
        self, store: Store, message: str, backup: Backup, restore: InPlaceRestore, following: str
    ) -> Store:
        """Record the shop's backup, and queue the store for what follows its task."""

        async def work(transaction: Transaction) -> Store:
            now = self._clock.now()
            task = await _lock(transaction, store)
            await transaction.execute(_SAVED, {"id": store.id})
            await transaction.execute(_BACKUP, _values_of(backup))
            await _tell(transaction, store.id, task, OperationStatus.RUNNING, message, now=now)
            return await change_status(
                transaction, await read_store(transaction, store.id), StoreStatus.QUEUED,
                restore=restore, message=following, now=now,
            )  # fmt: skip

        return await self._write(store.id, work)

    async def record_growth(self, store: Store, storage_plan: str) -> None:
        """See ``ports.TaskRecords``."""

        async def work(transaction: Transaction) -> None:
            await _lock(transaction, store)
            await transaction.execute(_GROWTH, {"id": store.id, "plan": storage_plan})

        await self._write(store.id, work)

    async def succeed_plan(self, store: Store, message: str) -> None:
        """See ``ports.TaskRecords``."""
        change = store.plan_change
        if change is None:
            raise ValueError("This shop is to get no other plan.")

        async def work(transaction: Transaction) -> None:
            now = self._clock.now()
            task = await _lock(transaction, store)
            planned = {"plan": change.plan, "storage_plan": change.storage_plan}
            await transaction.execute(_PLANNED, {"id": store.id, **planned})
            await _end(transaction, store, OperationStatus.SUCCEEDED, None, now=now)
            await _tell(transaction, store.id, task, OperationStatus.SUCCEEDED, message, now=now)

        await self._write(store.id, work)

    async def suspend(self, store: Store, message: str) -> Store:
        """See ``ports.TaskRecords``."""

        async def work(transaction: Transaction) -> Store:
            now = self._clock.now()
            task = await _lock(transaction, store)
            await _end(transaction, store, OperationStatus.SUCCEEDED, None, now=now)
            await _tell(transaction, store.id, task, OperationStatus.SUCCEEDED, message, now=now)
            return await change_status(
                transaction, await read_store(transaction, store.id), StoreStatus.SUSPENDED,
                message=message, now=now,
            )  # fmt: skip

        return await self._write(store.id, work)

    async def fail(self, store: Store, reason: Reason) -> None:
        """Record that the store's task could not be done."""
        await self._end(store, OperationStatus.FAILED, reason.message, reason, None)

    async def _end(
        self,
        store: Store,
        status: OperationStatus,
        message: str,
        reason: Reason | None,
        backup: Backup | None,
    ) -> None:
        async def work(transaction: Transaction) -> None:
            now = self._clock.now()
            task = await _lock(transaction, store)
            await _end(transaction, store, status, reason, now=now)
            # Only a task that was given up has one: every other records the end of its step.
            told = {"id": store.id, "number": store.operation_number, "message": message}
            await transaction.execute(_STEPS, {**told, "now": to_micros(now)})
            if backup is not None:
                await transaction.execute(_BACKUP, _values_of(backup))
            await _tell(transaction, store.id, task, status, message, now=now)

        await self._write(store.id, work)

    async def _write(self, store_id: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        result = await self._database.transact(work)
        # Only after the commit: a follower that read earlier would not see the change.
        self._announcer.announce(store_id)
        return result


async def _end(
    transaction: Transaction,
    store: Store,
    status: OperationStatus,
    reason: Reason | None,
    *,
    now: datetime,
) -> None:
    """End the operation, and free the store of its task. Raises ConflictError if it is over."""
    ended = {
        "id": store.id,
        "number": store.operation_number,
        "status": status,
        "code": reason.code if reason else None,
        "message": reason.message if reason else None,
        "now": to_micros(now),
    }
    if await transaction.fetch_one(_ENDED, ended) is None:
        raise _over(store)
    await transaction.execute(_FREED, {"id": store.id})


async def _lock(transaction: Transaction, store: Store) -> StoreTask:
    """Lock the store's row; return its task, if that is still the one that the caller works on."""
    await transaction.lock_store(store.id)
    found = await read_store(transaction, store.id)
    if found.task is None or found.operation_number != store.operation_number:
        raise _over(store)
    return found.task


async def _write_upgrade(transaction: Transaction, store: Store, upgrade: Upgrade) -> None:
    values = {"id": store.id, "upgrade": upgrade_detail(upgrade)}
    await transaction.execute(_UPGRADE, values)


def _over(store: Store) -> ConflictError:
    return ConflictError(f"Operation {store.operation_number} of store {store.id} is over.")


async def _tell(
    transaction: Transaction,
    store_id: str,
    task: StoreTask,
    status: OperationStatus,
    message: str,
    *,
    now: datetime,
) -> None:
    await add_event(transaction, store_id, EventKind.TASK, task, status, message, now=now)


def _values_of(backup: Backup) -> Mapping[str, object]:
    return {
        "store_id": backup.store_id,
        "number": backup.number,
        "snapshot": backup.snapshot,
        "size": backup.size,
        "added": backup.added,
        "engine": backup.engine,
        "engine_version": backup.engine_version,
        "counts": msgspec.json.encode(dict(sorted(backup.counts.items()))).decode(),
        "made_at": to_micros(backup.made_at),
    }
