"""Changes the status of a store: the row, its operation and the event, in one transaction."""

from dataclasses import replace
from datetime import datetime

from provisioner.domain.backups import InPlaceRestore
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ConflictError
from provisioner.domain.operations import OperationKind, Request
from provisioner.domain.stores import BUILT, EventKind, Reason, Store, StoreStatus
from provisioner.domain.transitions import is_allowed
from provisioner.storage.backup_removals import hold_source
from provisioner.storage.database import Transaction
from provisioner.storage.operations import begin_operation, follow_status
from provisioner.storage.rows import restore_detail, store_of, to_micros
from provisioner.storage.store_events import insert_event

_NOBODY = Request()
_STARTS = (*BUILT, StoreStatus.DELETING)

# The status in the condition is the guard: if another writer was faster, no row is updated.
_TRANSITION = """
    UPDATE stores
    SET status = :following, reason_code = :code, reason_message = :message,
        version = version + 1, updated_at = :now,
        attempt = attempt + :begins,
        attempt_started_at = CASE WHEN :starts = 1 THEN :now WHEN :begins = 1 THEN NULL
                                  ELSE attempt_started_at END,
        ready_at = CASE WHEN :following = 'READY' THEN :now ELSE ready_at END,
        deleted_at = CASE WHEN :following = 'DELETED' THEN :now ELSE deleted_at END,
        restore = CASE WHEN :following = 'READY' AND task IS NULL THEN NULL ELSE restore END,
        suspended_at = CASE WHEN :following = 'SUSPENDED' THEN :now
                            WHEN :following = 'READY' OR :is_lost = 1 THEN NULL
                            ELSE suspended_at END
    WHERE id = :id AND status = :current
    RETURNING *
"""
_RESTORE = "UPDATE stores SET restore = :restore WHERE id = :id"
_UPGRADED = """
    UPDATE stores SET engine_version = :version, upgrade = NULL WHERE id = :id RETURNING *
"""


async def change_status(
    transaction: Transaction,
    store: Store,
    following: StoreStatus,
    *,
    reason: Reason | None = None,
    begins: OperationKind | None = None,
    request: Request = _NOBODY,
    restore: InPlaceRestore | None = None,
    message: str = "",
    now: datetime,
) -> Store:
    """Move a store to another status, and its operation with it; return the store.

    ``begins`` is the kind of the operation that begins with it, on ``request``, and ``restore``
    what that puts in the place of the shop. Raises ConflictError when the store has another status
    by now, or when that does not lead to the following one, and RefusedError; see
    ``ports.StoreRecords``.
    """
    if (
        not is_allowed(store.status, following)
        or _would_close(store, following, restore)
        or _would_not_resume(store, following, begins)
    ):
        raise ConflictError(f"A store cannot go from {store.status} to {following}.")
    changed = await _update(transaction, store, following, reason, begins=begins, now=now)
    if following is StoreStatus.READY and store.is_updating:
        changed = await _upgraded(transaction, store)
    if restore is not None:
        changed = await write_restore(transaction, changed, restore)
    if begins is not None:
        await begin_operation(transaction, changed, begins, request, now=now)
    await follow_status(transaction, changed, reason, now=now)
    said = message or (reason.message if reason else f"The store is {following}.")
    await insert_event(
        transaction, store.id, EventKind.STATUS, "store", following, said,
        version=changed.version, now=now,
    )  # fmt: skip
    return changed


def _would_close(store: Store, following: StoreStatus, restore: InPlaceRestore | None) -> bool:
    """Whether a shop that is open would be made anew, with nothing to be put in its place."""
    is_open = store.status in (StoreStatus.READY, StoreStatus.DEGRADED)
    return is_open and following is StoreStatus.QUEUED and restore is None


def _would_not_resume(store: Store, following: StoreStatus, begins: OperationKind | None) -> bool:
    """Whether a suspended shop would be built by anything but its being resumed."""
    is_built = store.status is StoreStatus.SUSPENDED and following is StoreStatus.QUEUED
    return is_built and begins is not OperationKind.RESUME


async def write_restore(transaction: Transaction, store: Store, restore: InPlaceRestore) -> Store:
    """Write down what is put in the place of a store's shop; return the store.

    Raises RefusedError (BACKUP_UNKNOWN) when the backup is gone.
    """
    await hold_source(transaction, restore.source)
    values = {"id": store.id, "restore": restore_detail(restore)}
    await transaction.execute(_RESTORE, values)
    return replace(store, restore=restore)


async def _upgraded(transaction: Transaction, store: Store) -> Store:
    """Write down that the shop has its other version now; return the store."""
    values = {"id": store.id, "version": store.installed_version}
    row = await transaction.fetch_one(_UPGRADED, values)
    if row is None:
        raise ConflictError(f"Store {store.id} is gone.")
    return store_of(row)


async def _update(
    transaction: Transaction,
    store: Store,
    following: StoreStatus,
    reason: Reason | None,
    *,
    begins: OperationKind | None,
    now: datetime,
) -> Store:
    """Raise the version and set the status; raise ConflictError if that is another by now."""
    row = await transaction.fetch_one(
        _TRANSITION,
        {
            "id": store.id,
            "current": store.status,
            "following": following,
            "code": reason.code if reason else None,
            "message": reason.message if reason else None,
            "now": to_micros(now),
            "begins": int(begins is not None),
            # What was suspended is gone with its namespace: a retry builds another shop.
            "is_lost": int(reason is not None and reason.code is ReasonCode.NAMESPACE_LOST),
            # A transition of a status to itself only changes the reason: the time limit of the
            # operation goes on from its start.
            "starts": int(following is not store.status and following in _STARTS),
        },
    )
    if row is None:
        raise ConflictError(f"Store {store.id} is no longer {store.status}.")
    return store_of(row)
