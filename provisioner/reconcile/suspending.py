"""Stops the shop of a store, so that nothing of it runs, and sees to it that it stays so.

All its data stay: volumes, Secrets, helm's release, backups, and the address. The shop is opened
again by provisioning the store, whose steps find all of that (see ``provisioning``).
"""

from dataclasses import replace
from functools import partial

from provisioner.domain.errors import StoreFailedError, TerminalError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import TaskRecords
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.reconcile.closing import reopen, stop
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.known_engines import engine_of
from provisioner.reconcile.namespaces import NAMESPACE_LOST, keep_marks
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.steps import Outcome, StepRunner

_STOPPED = (
    "The shop is paused: nothing of it runs, and its data, its address and its backups are kept."
)


async def suspend(context: ReconcileContext, records: TaskRecords, store: Store) -> OperationStatus:
    """Do the store's task: stop the shop, or leave it as it was. Return which.

    Raises ConflictError when the task is over meanwhile.
    """
    await records.start(store)
    steps = StepRunner(context, store)
    try:
        await steps.run(StepName.STOP, partial(_stop, context, store, steps))
    except TerminalError as error:
        # Before the end is recorded: a service that is ended in between does all of this again.
        await reopen(context, store)
        await keep_marks(context, replace(store, task=None))
        await records.fail(store, _left_open(error.reason))
        return OperationStatus.FAILED
    await records.suspend(store, _STOPPED)
    return OperationStatus.SUCCEEDED


async def _stop(context: ReconcileContext, store: Store, steps: StepRunner) -> Outcome:
    """Do the step STOP."""
    # The namespace says from now on that the shop is paused, for the day when the database is lost.
    if not await keep_marks(context, store):
        raise StoreFailedError(NAMESPACE_LOST)
    await ensure_rights(context, store.namespace)
    engine = engine_of(context, store, then="ask again")
    await stop(context, store, engine, steps, StepName.STOP)
    return Outcome(_STOPPED)


async def keep_stopped(context: ReconcileContext, store: Store) -> None:
    """Stop a suspended shop again if somebody has started it, and record that."""
    engine = context.engines.get(store.engine)
    components = {workload.component for workload in engine.workloads} if engine else set[str]()
    seen = context.observer.observe(store.namespace)
    running = [
        pod.name for pod in seen.pods if pod.component in components and not pod.is_terminating
    ]
    await context.releases.hide(store.namespace, store.release)
    await context.releases.stop(store.namespace, store.release)
    if running:
        message = f"Pod {running[0]} ran although the shop is paused: it is stopped again."
        await context.records.record_repair(store.id, message, is_done=True)


def _left_open(reason: Reason) -> Reason:
    return Reason(reason.code, f"The shop is open as before. {reason.message}")
