"""Keeps READY true: a store whose pods break is DEGRADED, with the reason, until they heal."""

from provisioner.models import Reason, Store, StoreStatus
from provisioner.parts import Parts
from provisioner.readiness import judge

_NAMESPACE_LOST = Reason(
    "NAMESPACE_LOST",
    "The store's namespace was deleted from outside the platform. Nothing of the store is left in"
    " the cluster: delete the store, or retry to build it anew without its data.",
)


async def observe(parts: Parts, store: Store) -> Store:
    """Compare a READY or DEGRADED store with what the watches say, and record the difference."""
    if await _is_namespace_lost(parts, store):
        return await parts.records.transition(store, StoreStatus.FAILED, reason=_NAMESPACE_LOST)
    engine = parts.engines.get(store.engine)
    if engine is None:
        return store  # nothing is known of what should run there
    verdict = judge(
        workloads=engine.workloads,
        setup_job=None,  # it has done its work, and may have been cleaned up since
        observation=parts.observer.observe(store.namespace),
        now=parts.clock.now(),
        limits=parts.settings.limits,
    )
    if verdict.are_workloads_ready:
        if store.status is StoreStatus.DEGRADED:
            return await parts.records.transition(store, StoreStatus.READY)
        return store
    reason = verdict.doom.reason if verdict.doom else Reason("NOT_READY", verdict.waiting_for)
    if store.status is StoreStatus.READY or store.reason != reason:
        return await parts.records.transition(store, StoreStatus.DEGRADED, reason=reason)
    return store


async def _is_namespace_lost(parts: Parts, store: Store) -> bool:
    seen = parts.observer.observe(store.namespace).namespace
    if seen is not None:
        return seen.is_terminating
    return not await parts.cluster.namespace_exists(store.namespace)
