"""Closes a shop, and opens it again.

Visitors are led away first: what leads them to a shop, its Ingress or HTTPRoute, is removed, and
the platform answers at the shop's address meanwhile (see ``app.http.closed_shops``). Then pods are
stopped: those that change the data, as ``engine.yaml`` says, or all of them; and what is done by
the clock. The upkeep of a store
leaves a shop alone that is closed (``Store.is_closed``). helm's own record of the release says how
it is opened again, so nothing else has to be remembered.
"""

import asyncio
from collections.abc import Collection

import structlog

from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import HelmError, StoreFailedError
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.steps import Outcome, StepRunner

_log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 300.0
"""How long pods may take to end. One on a node that is lost never does, and the shop stays closed
until then."""


async def close(
    context: ReconcileContext, store: Store, engine: Engine, steps: StepRunner
) -> Outcome:
    """Do the step CLOSE: stop what changes the shop's data, and wait until it has ended."""
    if not engine.closed_by:
        return Outcome(f"Shops of {engine.display_name} are not closed.", is_skipped=True)
    await ensure_rights(context, store.namespace)
    await stop(context, store, engine, steps, StepName.CLOSE, only=engine.closed_by)
    return Outcome("The shop is closed: nobody changes its data any more.")


async def stop(
    context: ReconcileContext,
    store: Store,
    engine: Engine,
    steps: StepRunner,
    step: StepName,
    *,
    only: Collection[str] | None = None,
) -> None:
    """Lead visitors away, stop all components or ``only`` some, and wait until that has ended.

    Raises StoreFailedError after a while.
    """
    components = only or {workload.component for workload in engine.workloads}
    await context.releases.hide(store.namespace, store.release)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS) as limit:
            await context.releases.stop(store.namespace, store.release, only)
            await _until_ended(context, store, components, steps, step)
    except TimeoutError:
        if not limit.expired():  # the time limit of the task
            raise
        raise StoreFailedError(_not_closed(steps.progress)) from None


async def _until_ended(
    context: ReconcileContext,
    store: Store,
    components: Collection[str],
    steps: StepRunner,
    step: StepName,
) -> None:
    observer, namespace = context.observer, store.namespace
    while True:
        revision = observer.revision(namespace)
        left = [pod for pod in observer.observe(namespace).pods if pod.component in components]
        if not left:
            return
        await steps.report(step, f"Pod {left[0].name} is ending.")
        await observer.changed(namespace, revision)


def _not_closed(seen: str) -> Reason:
    minutes = PATIENCE_SECONDS / 60
    message = (
        f"The shop could not be closed within {minutes:g} minutes. {seen} See whether its node"
        " still answers."
    )
    return Reason(ReasonCode.NOT_CLOSED_IN_TIME, message)


async def reopen(context: ReconcileContext, store: Store) -> None:
    """Start and open again what was closed, if helm knows the release.

    If that fails, the next check for drift tries it again.
    """
    release = await context.releases.find(store.namespace, store.release)
    if release is None:
        return
    try:
        await context.helm.restore(
            release=store.release, namespace=store.namespace, revision=release.revision
        )
    except HelmError as error:
        _log.warning("not_reopened", namespace=store.namespace, reason=str(error))
