"""Keeps the status of ready stores up to date.

A store whose pods break becomes DEGRADED, with the reason, and READY again when they heal.
"""

from provisioner.domain.codes import ReasonCode
from provisioner.domain.stores import REPLACING_PODS, Reason, Store, StoreStatus
from provisioner.reconcile.assessment import look
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import NAMESPACE_LOST, is_namespace_gone


async def observe(context: ReconcileContext, store: Store) -> Store:
    """Compare a finished store with what the watches show, and record a new status.

    Of a shop that is closed on purpose only the namespace is looked at: it is not ill.
    """
    if await _is_namespace_lost(context, store):
        return await context.records.transition(store, StoreStatus.FAILED, reason=NAMESPACE_LOST)
    engine = context.engines.get(store.engine)
    # Of an engine that was removed nobody knows what should run. Some tasks tell of their pods.
    if engine is None or store.is_closed or store.task in REPLACING_PODS:
        return store
    assessment = look(context, store, engine, is_building=False)
    if assessment.are_workloads_ready:
        if store.status is StoreStatus.DEGRADED:
            return await context.records.transition(store, StoreStatus.READY)
        return store
    reason = (
        assessment.fatal.reason
        if assessment.fatal
        else Reason(ReasonCode.NOT_READY, assessment.waiting_for)
    )
    # The same reason again would be an event that says nothing new.
    if store.status is StoreStatus.READY or store.reason != reason:
        return await context.records.transition(store, StoreStatus.DEGRADED, reason=reason)
    return store


async def _is_namespace_lost(context: ReconcileContext, store: Store) -> bool:
    seen = context.observer.observe(store.namespace).namespace
    return (seen is not None and seen.is_terminating) or await is_namespace_gone(context, store)
