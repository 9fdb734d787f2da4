"""Finds drift in a store's objects, and lets helm repair it.

Drift is what helm installed and somebody else changed or removed. A store is compared with its own
release, and not with the engine's present chart: a newer chart does not change a ready store.
"""

import structlog

from provisioner.domain.cluster import Release
from provisioner.domain.errors import HelmError, PassingError
from provisioner.domain.stores import CLOSING, Store, StoreStatus, StoreTask
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import keep_marks
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.suspending import keep_stopped

_log = structlog.get_logger(__name__)

_TOLD = 5  # differences that a message names


async def inspect(context: ReconcileContext, store: Store) -> Store:
    """Compare a READY or DEGRADED store with its release; repair and record what differs.

    A SUSPENDED one, which differs from its release on purpose, is kept as it is.

    Raises the errors of ``ports.Cluster`` and ``ports.Helm``.
    """
    if store.task in CLOSING or store.task is StoreTask.PLAN:
        return store  # it is closed, or changed right now, which would look like drift
    namespace = context.observer.observe(store.namespace).namespace
    if namespace is not None and namespace.is_terminating:
        return store  # nothing can be put back there, and ``health.observe`` records the loss
    # Labels first: without them the watches do not see the namespace.
    if not await keep_marks(context, store):
        return store  # lost, or not the store's own; ``health.observe`` records that too
    await ensure_rights(context, store.namespace)
    if store.status is StoreStatus.SUSPENDED:
        await keep_stopped(context, store)
        return store
    release = await context.releases.find(store.namespace, store.release)
    if release is None:
        _log.warning("release_missing", namespace=store.namespace)
        return store
    drift = await _drift(context, store, release)
    if drift:
        await _repair(context, store, release, drift)
    return store


async def _drift(context: ReconcileContext, store: Store, release: Release) -> list[str]:
    found = [await context.releases.drift(store.namespace, wanted) for wanted in release.objects]
    drift = [words for words in found if words]
    if not drift and not release.is_in_force:
        # No object differs, but helm was interrupted. A rollback makes the release usable again.
        return ["the last change of the release was interrupted"]
    return drift


async def _repair(
    context: ReconcileContext, store: Store, release: Release, drift: list[str]
) -> None:
    more = len(drift) - _TOLD
    what = "; ".join(drift[:_TOLD]) + (f"; and {more} more" if more > 0 else "")
    _log.info("drift_found", drift=drift)
    try:
        await context.helm.restore(
            release=store.release, namespace=store.namespace, revision=release.revision
        )
    except (HelmError, PassingError) as error:
        # Not raised on: the store itself works, and the next check tries again.
        message = (
            f"Drift was found and could not be put back: {what}. {error} It is tried again at the"
            " next look."
        )
        await context.records.record_repair(store.id, message, is_done=False)
    else:
        message = f"Drift was found and put back: {what}."
        await context.records.record_repair(store.id, message, is_done=True)
