"""Has backups put in the place of their stores' shops, for a known caller."""

from dataclasses import replace
from datetime import datetime

from provisioner.domain.backups import InPlaceRestore, RestoreStage
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.losses import PRECISION, not_accepted
from provisioner.domain.operations import OperationKind, under_way
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store, StoreStatus, StoreTask
from provisioner.domain.transitions import takes_tasks
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.permissions import require_operator
from provisioner.services.restores import Restorable, Restores
from provisioner.services.wanted_store import BackupChoice
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository


class BackupRestorer:
    """Begins the restore of backups in place; ``restores`` says which ones a caller may restore."""

    def __init__(
        self,
        *,
        restores: Restores,
        backups: StoreBackups,
        records: StoreRepository,
        tasks: TaskRepository,
        dispatcher: Dispatcher,
    ) -> None:
        self._restores = restores
        self._backups = backups
        self._records = records
        self._tasks = tasks
        self._dispatcher = dispatcher

    async def restore(
        self,
        caller: Identity,
        choice: BackupChoice,
        *,
        accepts_loss_since: datetime | None,
        is_saved: bool,
        audit: AuditedAction,
    ) -> Store:
        """Have a backup put in the place of the shop that it is of; return the store.

        ``accepts_loss_since`` names the moment of the backup: what came after is lost to the shop.
        ``is_saved``: the shop is saved as it is before. Raises RefusedError: FORBIDDEN,
        BACKUPS_NOT_SET_UP, BACKUP_UNKNOWN, VERSION_UNKNOWN, LOSS_NOT_ACCEPTED, NOT_READY, or
        OPERATION_UNDER_WAY.
        """
        require_operator(caller)
        try:
            found = await self._restores.find(caller, choice, engine=None, version=None)
            await self._refuse_unless_accepted(found, accepts_loss_since, is_saved=is_saved)
            store = await self._begin(caller, found, audit, is_saved=is_saved)
        except RefusedError as error:  # here the backup is no part of what is wanted, but all of it
            raise RefusedError(*(_at_id(refusal) for refusal in error.refusals)) from error
        self._dispatcher.wake(store)
        return store

    async def _refuse_unless_accepted(
        self, found: Restorable, since: datetime | None, *, is_saved: bool
    ) -> None:
        made_at = found.backup.made_at
        if since is not None and abs(since - made_at) < PRECISION:
            return
        newest = (await self._backups.newest([found.store.id])).get(found.store.id)
        raise RefusedError(not_accepted(found.backup, newest, is_saved=is_saved))

    async def _begin(
        self, caller: Identity, found: Restorable, audit: AuditedAction, *, is_saved: bool
    ) -> Store:
        store = found.store
        message = f"{caller.owner.label} asked for backup {found.backup.number} to be restored."
        stage = RestoreStage.SAVING if is_saved else RestoreStage.REMOVING
        restore = InPlaceRestore(found.source, stage)
        try:
            if is_saved:
                return await self._tasks.begin(
                    store.id, StoreTask.RESTORE, message, restore=restore, audit=audit
                )
            return await self._records.transition(
                store, StoreStatus.QUEUED,
                begins=OperationKind.RESTORE, restore=restore, message=message, audit=audit,
            )  # fmt: skip
        except ConflictError as error:
            raise RefusedError(_not_now(await self._records.snapshot(store.id))) from error


def _at_id(refusal: Refusal) -> Refusal:
    return replace(refusal, field="id") if refusal.field == "fromBackup" else refusal


def _not_now(snapshot: StoreSnapshot) -> Refusal:
    store, operation = snapshot.store, snapshot.operation
    if operation is not None and operation.is_under_way:
        return under_way(operation.kind)
    if takes_tasks(store.status, store.target):
        message = "The store has just changed. Ask again."
        return Refusal(RefusalCode.NOT_READY, message, "id")
    message = (
        f"The store is {store.status}, so no backup can be put in its place. Restore the backup"
        " into a new store instead."
    )
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused. Resume it first, then restore the backup."
    if store.status is StoreStatus.FAILED:
        message = (
            "The store is FAILED, so its shop cannot be saved as it is. Retry the store first, or"
            " restore without a backup of the present (`withoutBackup: true`, `storectl restore"
            " --without-backup`): what is in no backup is lost for good then."
        )
    return Refusal(RefusalCode.NOT_READY, message, "id")
