"""Starts the pods of a shop anew, as a computer is turned off and on again.

Pods are deleted, and their controllers make new ones, so neither the release nor any data changes.
One workload comes after the other, in the order of ``engine.yaml``: the database is back before
what asks it is replaced.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from provisioner.domain.cluster import Pod
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import StoreFailedError, TerminalError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import TaskRecords
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.reconcile.assessment import look
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.known_engines import engine_of
from provisioner.reconcile.namespaces import NAMESPACE_LOST, is_namespace_gone
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.steps import Outcome, StepRunner

_DONE = "Every part of the shop has started anew."


async def restart(
    context: ReconcileContext, records: TaskRecords, wake: Callable[[Store], None], store: Store
) -> OperationStatus:
    """Do the store's task: have every pod replaced, or say why that did not end well.

    ``wake`` has the store looked at afterwards, whose status was left as it was meanwhile. Raises
    ConflictError when the task is over meanwhile.
    """
    began = await records.start(store)
    steps = StepRunner(context, store)
    try:
        await _within_limit(context, store, steps, began)
    except TerminalError as error:
        outcome = OperationStatus.FAILED
        await records.fail(store, error.reason)
    else:
        outcome = OperationStatus.SUCCEEDED
        await records.succeed(store, _DONE)
    wake(await context.records.get(store.id))
    return outcome


async def _within_limit(
    context: ReconcileContext, store: Store, steps: StepRunner, began: datetime
) -> None:
    limit = context.settings.provision_timeout
    left = began + limit - context.clock.now()
    try:
        async with asyncio.timeout(max(left.total_seconds(), 0.0)) as timer:
            await steps.run(StepName.RESTART, partial(_replace, context, store, steps, began))
    except TimeoutError:
        if not timer.expired():  # a time limit of something within the work, not of the task
            raise
        seen = f" Last seen: {steps.progress}" if steps.progress else ""
        message = (
            f"The shop was not running again within {limit.total_seconds() / 60:g} minutes.{seen}"
            " Look at its pods for what is slow."
        )
        await steps.fail(StepName.RESTART, message)
        raise StoreFailedError(Reason(ReasonCode.NOT_READY_IN_TIME, message)) from None


async def _replace(
    context: ReconcileContext, store: Store, steps: StepRunner, began: datetime
) -> Outcome:
    """Do the step RESTART."""
    engine = engine_of(context, store, then="ask again")
    await ensure_rights(context, store.namespace)
    # By the cluster's clock, which dates pods by whole seconds. So a service that was killed knows
    # which of them it has replaced already.
    since = context.cluster.now() - (context.clock.now() - began)
    for workload in engine.workloads:
        is_old = partial(_is_old, component=workload.component, since=since.replace(microsecond=0))
        await _until_replaced(context, store, engine, steps, is_old)
    return Outcome(_DONE)


def _is_old(pod: Pod, *, component: str, since: datetime) -> bool:
    return pod.component == component and pod.created_at < since


async def _until_replaced(
    context: ReconcileContext,
    store: Store,
    engine: Engine,
    steps: StepRunner,
    is_old: Callable[[Pod], bool],
) -> None:
    observer, namespace = context.observer, store.namespace
    asked: set[str] = set()
    while True:
        revision = observer.revision(namespace)
        old = [pod for pod in observer.observe(namespace).pods if is_old(pod)]
        for pod in old:
            if pod.uid not in asked:
                await context.cluster.delete_pod(namespace, pod.name, pod.uid)
                asked.add(pod.uid)
        assessment = look(context, store, engine, is_building=False)
        if not old and assessment.fatal is not None:
            raise StoreFailedError(assessment.fatal.reason)
        if not old and assessment.are_workloads_ready:
            return
        if await is_namespace_gone(context, store):
            raise StoreFailedError(NAMESPACE_LOST)
        waiting_for = f"Pod {old[0].name} is ending." if old else assessment.waiting_for
        await steps.report(StepName.RESTART, waiting_for)
        grace = assessment.recheck_after
        with suppress(TimeoutError):  # a grace period has ended, so the same may be fatal now
            async with asyncio.timeout(grace.total_seconds() if grace else None):
                await observer.changed(namespace, revision)
