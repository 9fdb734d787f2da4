"""Records that work on a store is given up, because it ended too often in an unforeseen error."""

from provisioner.domain import unforeseen
from provisioner.domain.errors import UnforeseenError
from provisioner.domain.stores import Reason, StepStatus, Store, StoreStatus
from provisioner.domain.transitions import Action, decide
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.queue import Lane

_S = StoreStatus


async def give_up(
    context: ReconcileContext, store_id: str, lane: Lane, error: UnforeseenError
) -> None:
    """Record that the work is given up, with the id under which the log has the error.

    Upkeep of a ready store only leaves an event. Any other work makes the store FAILED. Raises
    ConflictError, NotFoundError and the errors of the database.
    """
    store = await context.records.get(store_id)
    action = decide(store.status, store.target)
    if action is Action.OBSERVE:
        what = "put the store right" if lane is Lane.INSPECT else "see how the store is"
        message = f"The platform could not {what}. {error} It is tried again at the next change."
        await context.records.record_repair(store_id, message, is_done=False)
        return
    reason = unforeseen.reason(error, unforeseen.REMEDY)
    # Only PROVISIONING leads to FAILED, not QUEUED.
    if action is Action.PROVISION and store.status is _S.QUEUED:
        store = await context.records.transition(store, _S.PROVISIONING)
    if store.status in {_S.PROVISIONING, _S.DELETING}:
        await _end_steps(context, store, reason)
        await context.records.transition(store, _S.FAILED, reason=reason)


async def _end_steps(context: ReconcileContext, store: Store, reason: Reason) -> None:
    snapshot = await context.records.snapshot(store.id)
    for step in snapshot.steps:
        if step.status is StepStatus.RUNNING:
            await context.records.update_step(
                store, step.name, StepStatus.FAILED, message=reason.message
            )
