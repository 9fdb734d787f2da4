"""Closes a shop, so that nothing changes its data any more, and opens it again.

``engine.yaml`` says which components change the data. They are stopped, and visitors get an
error of the ingress controller, since there is nobody behind it. The upkeep of a store leaves that
alone while its task is a RESTORE.
"""

import asyncio

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
    await context.releases.stop(store.namespace, store.release, engine.closed_by)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS) as limit:
            await _until_closed(context, store, engine, steps)
    except TimeoutError:
        if not limit.expired():  # the time limit of the task
            raise
        raise StoreFailedError(_not_closed(steps.progress)) from None
    return Outcome("The shop is closed: nobody changes its data any more.")


async def _until_closed(
    context: ReconcileContext, store: Store, engine: Engine, steps: StepRunner
) -> None:
    observer, namespace = context.observer, store.namespace
    while True:
        revision = observer.revision(namespace)
        left = [
            pod for pod in observer.observe(namespace).pods if pod.component in engine.closed_by
        ]
        if not left:
            return
        await steps.report(StepName.CLOSE, f"Pod {left[0].name} is ending.")
        await observer.changed(namespace, revision)


def _not_closed(seen: str) -> Reason:
    minutes = PATIENCE_SECONDS / 60
    message = (
        f"The shop could not be closed within {minutes:g} minutes. {seen} See whether its node"
        " still answers."
    )
    return Reason(ReasonCode.BACKUP_TIMEOUT, message)


async def reopen(context: ReconcileContext, store: Store) -> None:
    """Start again what was stopped, if helm knows the release.

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
