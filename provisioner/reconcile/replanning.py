"""Gives the shop of a store another plan, while it is open.

First helm installs the release with the plan's CPU and memory, and with volumes as they are: so
whether the shop runs with the plan is known before anything is done that cannot be undone. Then
its volumes grow, if the plan has larger ones. A StatefulSet's claims cannot be changed in place, so
it is deleted without its pods, and helm makes it anew, which takes the pods over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from provisioner.domain.cluster import PodPhase
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, EngineVersion
from provisioner.domain.errors import HelmError, StoreFailedError, TerminalError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import TaskRecords
from provisioner.domain.quantities import amount_of
from provisioner.domain.stores import PlanChange, Reason, StepName, Store
from provisioner.reconcile.assessment import look
from provisioner.reconcile.chart_inputs import ensure_secrets, store_values
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import NAMESPACE_LOST, is_namespace_gone, keep_marks
from provisioner.reconcile.rendered import RenderedVolumes, rendered_volumes
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.steps import Outcome, StepRunner

_PAUSE = timedelta(seconds=1)
_BLUR = timedelta(seconds=2)
"""How much earlier than it was an event may seem to be; see ``provisioning``."""


async def change_plan(
    context: ReconcileContext, records: TaskRecords, wake: Callable[[Store], None], store: Store
) -> OperationStatus:
    """Do the store's task: give its shop the plan, or its former one back.

    ``wake`` has the store looked at afterwards. Raises ConflictError when the task is over
    meanwhile.
    """
    if store.plan_change is None:
        raise RuntimeError("The task PLAN is of a store that is to get no other plan.")
    began = await records.start(store)
    work = _Replanning(context, records, store, store.plan_change)
    try:
        await work.within_limit(began)
    except TerminalError as error:
        outcome = OperationStatus.FAILED
        reason = await work.brought_back(error.reason)
        await keep_marks(context, await context.records.get(store.id))
        await records.fail(store, reason)
    else:
        outcome = OperationStatus.SUCCEEDED
        # The namespace says it first: a service that is ended in between does all of this again.
        change = store.plan_change
        planned = replace(store, plan=change.plan, storage_plan=change.storage_plan)
        await keep_marks(context, planned)
        await records.succeed_plan(store, f"The shop has the plan {store.plan_change.plan}.")
    wake(await context.records.get(store.id))
    return outcome


class _Replanning:
    """The change of one shop's plan. ``_current`` is the step that is being done."""

    def __init__(
        self, context: ReconcileContext, records: TaskRecords, store: Store, change: PlanChange
    ) -> None:
        self._context = context
        self._records = records
        self._former = store
        self._change = change
        self._steps = StepRunner(context, store)
        self._current = StepName.HELM_INSTALL
        self._since: datetime | None = None

    async def within_limit(self, began: datetime) -> None:
        """Do all steps. Raises TerminalError, also when they take too long."""
        limit = self._context.settings.provision_timeout
        left = began + limit - self._context.clock.now()
        work = {
            StepName.HELM_INSTALL: self._install,
            StepName.WORKLOADS_READY: self._await_workloads,
            StepName.EXPAND: self._expand,
        }
        try:
            async with asyncio.timeout(max(left.total_seconds(), 0.0)) as timer:
                for self._current, step in work.items():
                    await self._steps.run(self._current, step)
        except TimeoutError:
            if not timer.expired():  # a time limit of something within the work
                raise
            seen = f" Last seen: {self._steps.progress}" if self._steps.progress else ""
            minutes = limit.total_seconds() / 60
            message = f"The shop did not run with its new plan within {minutes:g} minutes.{seen}"
            await self._steps.fail(self._current, message)
            raise StoreFailedError(Reason(ReasonCode.NOT_READY_IN_TIME, message)) from None

    async def brought_back(self, reason: Reason) -> Reason:
        """Give the shop its former plan back; return why the other one could not be had."""
        limit = self._context.settings.provision_timeout.total_seconds()
        # Its volumes may have begun to grow, and do not shrink again.
        former = await self._context.records.get(self._former.id)
        try:
            async with asyncio.timeout(limit):
                await self._helm(former)
                await self._until_running(_untold)
        except (TerminalError, TimeoutError) as error:
            message = (
                f"The shop could not get the plan {self._change.plan}: {reason.message} Nor does it"
                f" run with its former one as yet: {error} Look at its pods."
            )
            return Reason(reason.code, message)
        message = (
            f"The shop could not get the plan {self._change.plan}, and has its former one again."
            f" {reason.message}"
        )
        return Reason(reason.code, message)

    async def _install(self) -> Outcome:
        await ensure_rights(self._context, self._former.namespace)
        room = self._engine.storage_plan_of(self._former)
        kept = room.name if room and room.name != self._change.plan else None
        output = await self._helm(replace(self._former, plan=self._change.plan, storage_plan=kept))
        return Outcome(f"helm installed the plan {self._change.plan}.", output)

    async def _await_workloads(self) -> Outcome:
        await self._until_running(partial(self._steps.report, StepName.WORKLOADS_READY))
        return Outcome(f"All pods are ready with the plan {self._change.plan}.")

    async def _expand(self) -> Outcome:
        if not self._change.grows:
            return Outcome("The volumes stay as large as they are.", is_skipped=True)
        store = replace(self._former, plan=self._change.plan, storage_plan=None)
        wanted = await self._wanted(store)
        growing = await self._growing(wanted)
        for is_trial in (True, False):
            # What cannot be done is found out for all of them before the first one grows.
            if not is_trial:
                await self._records.record_growth(self._former, self._change.plan)
            for name, size in growing.items():
                await self._context.cluster.grow_volume(
                    store.namespace, name, size, is_trial=is_trial
                )
        for name in wanted.stateful_sets:
            await self._context.cluster.release_pods(store.namespace, name)
        output = await self._helm(store)
        await self._until_running(partial(self._steps.report, StepName.EXPAND))
        sizes = ", ".join(f"{name} to {size}" for name, size in sorted(growing.items()))
        return Outcome(f"The volumes are made larger: {sizes or 'as large already'}.", output)

    async def _growing(self, wanted: RenderedVolumes) -> dict[str, str]:
        """Return the new size of each volume that has to grow, by the name of its claim."""
        growing = {}
        for volume in await self._context.cluster.volumes(self._former.namespace):
            size = wanted.size_of(volume.name)
            if size is None or (amount_of(size) or 0) <= (amount_of(volume.size) or 0):
                continue
            if not volume.can_grow:
                message = (
                    f"The volume {volume.name} cannot be made larger: its storage class"
                    f" {volume.storage_class or '(none)'} does not allow that. Restore a backup"
                    " into a new shop with this plan instead."
                )
                raise StoreFailedError(Reason(ReasonCode.CANNOT_BE_CHANGED, message))
            growing[volume.name] = size
        return growing

    async def _wanted(self, store: Store) -> RenderedVolumes:
        manifest = await self._context.helm.render(
            release=store.release,
            chart=Path(self._engine.chart),
            values=self._values(store),
            values_files=self._context.settings.values_files.get(store.engine, ()),
        )
        return await asyncio.to_thread(rendered_volumes, manifest)

    async def _helm(self, store: Store) -> str:
        _, secrets = await ensure_secrets(self._context, store, self._engine)
        seen = self._context.observer.observe(store.namespace).pods
        # Denials before this moment were of pods as they were before, and say nothing.
        self._since = self._context.cluster.now() - _BLUR
        install = partial(
            self._context.helm.install,
            release=store.release,
            namespace=store.namespace,
            chart=Path(self._engine.chart),
            values=self._values(store),
            values_files=self._context.settings.values_files.get(store.engine, ()),
            secrets=secrets,
        )
        try:
            output = await install()
        except HelmError as error:
            # A service that was ended, or failed, while volumes grew has left a StatefulSet behind
            # whose claims are as they were.
            await self._release_unchangeable(error)
            output = await install()
        # A StatefulSet does not replace a pod that is not ready (kubernetes/kubernetes#67250), such
        # as one that a larger plan is to heal, or the former one.
        for pod in seen:
            if not (pod.is_ready or pod.phase is PodPhase.SUCCEEDED):
                await self._context.cluster.delete_pod(store.namespace, pod.name, pod.uid)
        return output

    async def _release_unchangeable(self, error: HelmError) -> None:
        """Delete the StatefulSets that helm could not change; raise the error if there are none."""
        store = self._former
        found = await self._context.releases.unchangeable(store.namespace, store.release)
        names = [item.name for item in found if item.kind == "StatefulSet"]
        if not names:
            raise error
        for name in names:
            await self._context.cluster.release_pods(store.namespace, name)

    def _values(self, store: Store) -> dict[str, object]:
        values = store_values(self._context, store, self._engine)
        return {**self._version.values, **values}

    async def _until_running(self, report: Callable[[str], Awaitable[None]]) -> None:
        """Wait until every pod is one of what helm installed last, and ready.

        Raises StoreFailedError as soon as that cannot be any more.
        """
        context, store = self._context, self._former
        while True:
            revision = context.observer.revision(store.namespace)
            now = look(context, store, self._engine, is_building=False, since=self._since)
            if now.fatal is not None:
                raise StoreFailedError(now.fatal.reason)
            waiting_for = await context.releases.rollout(store.namespace, store.release)
            if not waiting_for and now.are_workloads_ready:
                return
            if await is_namespace_gone(context, store):
                raise StoreFailedError(NAMESPACE_LOST)
            await report(waiting_for or now.waiting_for)
            # No watch tells how far a rollout is, so it is asked for again after a moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE.total_seconds()):
                    await context.observer.changed(store.namespace, revision)

    @property
    def _engine(self) -> Engine:
        engine = self._context.engines.get(self._former.engine)
        if engine is None:
            raise _missing(f"Engine {self._former.engine}")
        return engine

    @property
    def _version(self) -> EngineVersion:
        version = self._engine.version(self._former.engine_version)
        if version is None:
            raise _missing(f"Version {self._former.engine_version} of {self._former.engine}")
        return version


async def _untold(_: str) -> None:
    """Report nothing: the step that failed has its reason."""


def _missing(what: str) -> StoreFailedError:
    message = (
        f"{what} is no longer offered here. Add it back to the charts and restart the platform,"
        " then ask again."
    )
    return StoreFailedError(Reason(ReasonCode.ENGINE_MISSING, message))
