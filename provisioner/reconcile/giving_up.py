"""Records that work on a store is given up, because it ended too often in an unforeseen error."""

from provisioner.domain import unforeseen
from provisioner.domain.errors import UnforeseenError
from provisioner.domain.stores import BUILT, Reason, StepStatus, Store, StoreStatus
from provisioner.domain.transitions import Action, decide
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.queue import Lane

_S = StoreStatus
_STAYS_CLOSED = (
    "The shop stays closed, its backups are kept, and nothing more is done by itself: retry the"
    " store to go on, or restore another backup of it."
)


async def give_up(
    context: ReconcileContext, store_id: str, lane: Lane, error: UnforeseenError
) -> Store:
    """Record that the work is given up, with the id under which the log has the error.

    Upkeep of a ready store only leaves an event. Any other work ends badly; see ``end_badly``.
    Return the store. Raises ConflictError, NotFoundError and the errors of the database.
    """
    store = await context.records.get(store_id)
    action = decide(store.status, store.target)
    if action is Action.OBSERVE:
        what = "put the store right" if lane is Lane.INSPECT else "see how the store is"
        message = f"The platform could not {what}. {error} It is tried again at the next change."
        await context.records.record_repair(store_id, message, is_done=False)
        return store
    reason = unforeseen.reason(error, unforeseen.REMEDY)
    # QUEUED does not lead to FAILED.
    if action is Action.PROVISION and store.status is _S.QUEUED:
        store = await context.records.transition(store, store.building_status)
    if store.status in {*BUILT, _S.DELETING}:
        await _end_steps(context, store, reason)
        return await end_badly(context, store, reason)
    return store


async def end_badly(context: ReconcileContext, store: Store, reason: Reason) -> Store:
    """Make a store FAILED, or have its shop as it was where there was one; return the store.

    Raises ConflictError when something else changed the store's status meanwhile.
    """
    if store.restore is not None:
        if store.restore.way_back is not None:
            return await context.records.bring_back(store, reason)
        reason = Reason(reason.code, f"{reason.message} {_STAYS_CLOSED}")
    return await context.records.transition(store, _S.FAILED, reason=reason)


async def _end_steps(context: ReconcileContext, store: Store, reason: Reason) -> None:
    snapshot = await context.records.snapshot(store.id)
    for step in snapshot.steps:
        if step.status is StepStatus.RUNNING:
            await context.records.update_step(
                store, step.name, StepStatus.FAILED, message=reason.message
            )
