"""Brings a store from QUEUED to READY, or to FAILED with the reason.

Every step may be done again. After a restart all steps are simply repeated: they find what exists
already, and keep it. The time limit counts from the start of the operation, including restarts.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from provisioner.domain.cluster import Observation, PodPhase, Unchangeable
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import (
    ClusterRejectedError,
    HelmError,
    NotFoundError,
    StoreFailedError,
    TerminalError,
)
from provisioner.domain.redaction import scrub, tail
from provisioner.domain.stores import Reason, StepName, Store, StoreStatus
from provisioner.domain.transitions import provision_steps
from provisioner.readiness import Assessment, FatalFinding
from provisioner.reconcile.assessment import look
from provisioner.reconcile.chart_inputs import ensure_secrets
from provisioner.reconcile.closed_probe import probe_closed
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.giving_up import end_badly
from provisioner.reconcile.installing import install, missing
from provisioner.reconcile.namespaces import (
    NAMESPACE_LOST,
    is_namespace_gone,
    keep_marks,
    namespace_annotations,
    namespace_labels,
)
from provisioner.reconcile.replacement import replace
from provisioner.reconcile.replacing import remove
from provisioner.reconcile.restoring import restore
from provisioner.reconcile.rights import Settling, ensure_rights
from provisioner.reconcile.steps import Outcome, StepRunner

_LOG_LINES = 20  # of a container's log, kept with a failure
_PROBE_PAUSE_SECONDS = 1.0
_BLUR = timedelta(seconds=2)
"""How much earlier than it was an event may seem to be. Kubernetes dates events by whole seconds,
and the Date of an answer, from which the cluster's clock is known, has whole seconds too."""


async def provision(context: ReconcileContext, store: Store) -> Store:
    """Bring a queued or half-provisioned store to READY or FAILED, and return it.

    Raises ConflictError when something else changed the store's status meanwhile.
    """
    if store.status is StoreStatus.QUEUED:
        store = await context.records.transition(store, store.building_status)
    building = _Building(context, store)
    try:
        async with asyncio.timeout(_seconds_left(context, store)) as limit:
            await building.run()
    except TimeoutError:
        if not limit.expired():  # a time limit of something within the work, not of the operation
            raise
        reason = _timed_out(time_limit(context, store), building.steps.progress)
        await building.steps.fail(building.current, reason.message)
    except TerminalError as error:
        reason = error.reason
    else:
        return await context.records.transition(store, StoreStatus.READY)
    return await end_badly(context, building.store, reason)


def _seconds_left(context: ReconcileContext, store: Store) -> float:
    began = store.operation_started_at or context.clock.now()
    left = began + time_limit(context, store) - context.clock.now()
    return max(left.total_seconds(), 0.0)


def time_limit(context: ReconcileContext, store: Store) -> timedelta:
    """Return how long building may take: as the operator says, or longer for a slow engine.

    Loading a backup may take as long as making one, besides.
    """
    engine, backups = context.engines.get(store.engine), context.settings.backups
    own = engine.provision_timeout if engine else None
    limit = max(own or timedelta(), context.settings.provision_timeout)
    is_replaced = store.restore is not None and not store.is_updating
    is_loaded = store.from_backup is not None or is_replaced
    return limit + backups.timeout if backups and is_loaded else limit


def _timed_out(limit: timedelta, progress: str) -> Reason:
    waited = f" Last seen: {progress}" if progress else ""
    return Reason(
        ReasonCode.NOT_READY_IN_TIME,
        f"The store was not ready within {limit.total_seconds() / 60:g} minutes.{waited}"
        " Look at its pods and steps for what is slow, then retry.",
    )


class _Building:
    """The building of a store, step by step. ``current`` is the step that is being done.

    ``store`` is the record, which changes once a shop that was there before is removed.

    ``_secrets`` are the passwords, which must not get into any output. ``_mended_at`` is the time,
    by the cluster's clock, before which events say nothing about what a retry has installed.
    ``_is_closed``: no visitors are led to the shop before the step OPEN.
    """

    def __init__(self, context: ReconcileContext, store: Store) -> None:
        self._context = context
        self.store = store
        self._secrets: Sequence[str] = ()
        self._settling = Settling()
        self._mended_at: datetime | None = None
        self._is_closed = False
        self.steps = StepRunner(context, store)
        self.current = StepName.NAMESPACE

    async def run(self) -> None:
        work = {
            StepName.REMOVE: self._remove,
            StepName.NAMESPACE: self._create_namespace,
            StepName.CREDENTIALS: self._create_secret,
            StepName.HELM_INSTALL: self._install,
            StepName.RESTORE: self._restore,
            StepName.WORKLOADS_READY: self._await_workloads,
            StepName.SETUP_JOB: self._await_setup,
            StepName.PROBE: self._probe,
            StepName.OPEN: self._open,
            StepName.REACHABLE: self._await_answer,
        }
        names = await self._names()
        for self.current in names:
            step = partial(self._settling.of, work[self.current])
            await self.steps.run(self.current, step)
            if self.current is StepName.REMOVE:
                # After the step's end is recorded: this takes the step out of what is to be done.
                self.store = await self._context.records.record_removed(self.store)

    async def _names(self) -> tuple[StepName, ...]:
        """Return the steps to be done."""
        names = provision_steps(self.store)
        if StepName.OPEN not in names:
            return names
        # An older version of the platform may have begun the operation, which did not know OPEN.
        recorded = (await self._context.records.snapshot(self.store.id)).steps
        self._is_closed = any(step.name is StepName.OPEN for step in recorded)
        return tuple(name for name in names if name is not StepName.OPEN or self._is_closed)

    async def _remove(self) -> Outcome:
        is_there = await self._context.cluster.namespace_exists(self.store.namespace)
        if is_there and await ensure_rights(self._context, self.store.namespace):
            self._settling.begin()
        return await remove(self._context, self.store, self.steps)

    async def _create_namespace(self) -> Outcome:
        name = self.store.namespace
        # An empty shop is not what was suspended, or is to be upgraded.
        is_kept = self.store.suspended_at is not None or self.store.is_updating
        if is_kept and not await self._context.cluster.namespace_exists(name):
            raise StoreFailedError(NAMESPACE_LOST)
        created = await self._context.cluster.ensure_namespace(
            name, namespace_labels(self.store), namespace_annotations(self.store)
        )
        if await ensure_rights(self._context, name):
            self._settling.begin()
        return Outcome(f"Namespace {name} was {'created' if created else 'there already'}.")

    async def _create_secret(self) -> Outcome:
        message, self._secrets = await ensure_secrets(self._context, self.store, self._engine)
        return Outcome(message)

    async def _install(self) -> Outcome:
        store = self.store
        # Taken before helm runs, so that only pods of an earlier operation are in it.
        before = {pod.uid for pod in self._context.observer.observe(store.namespace).pods}
        await self._discard_old_jobs()
        run_helm = partial(self._run_helm, is_closed=self._is_closed)
        message = f"helm installed release {store.release}."
        try:
            output = await run_helm()
        except HelmError as error:
            message += await self._make_way(error)
            output = await run_helm()
        if store.operation_number > 1:
            await self._replace_stuck_pods(before)
            # Denials before this moment were of pods as they were before this helm run, and must
            # not fail the store. Without the blur, a denial just after it could seem to be older,
            # and would be ignored.
            self._mended_at = self._context.cluster.now() - _BLUR
            await self._context.releases.nudge(
                store.namespace, store.release, str(store.operation_number)
            )
        return Outcome(message, output)

    async def _run_helm(self, *, is_closed: bool) -> str:
        return await install(
            self._context, self.store, self._engine, secrets=self._secrets, is_closed=is_closed
        )

    async def _make_way(self, error: HelmError) -> str:
        """Remove the objects that helm could not change; return a sentence about them.

        Raises the given error again when there are no such objects, and StoreFailedError when one
        of them holds data.
        """
        store, found = self.store, list[Unchangeable]()
        # If the API server rejects the question, helm's own error is the better explanation.
        with suppress(ClusterRejectedError, NotFoundError):
            found = await self._context.releases.unchangeable(store.namespace, store.release)
        if not found:
            raise error
        replaced = await replace(self._context, self.store, found)
        return f" These could not be changed in place, and were created again: {replaced}."

    async def _discard_old_jobs(self) -> None:
        """Remove unfinished Jobs of an earlier operation, and what set up a former version.

        A Job that failed never runs again, and Kubernetes does not let anybody change a Job's pods.
        The set-up of a former version would pass for that of the one that is installed now.
        """
        if self.store.operation_number == 1:
            return
        seen = self._context.observer.observe(self.store.namespace)
        former = self._engine.setup_job if self.store.is_updating else None
        old = {
            job.uid: job.name
            for job in seen.jobs
            if not job.is_complete or (former is not None and job.component == former)
        }
        for uid, name in old.items():
            await self._context.cluster.delete_job(self.store.namespace, name, uid)
        await self._until_seen(lambda now: not any(job.uid in old for job in now.jobs))

    async def _replace_stuck_pods(self, before: Collection[str]) -> None:
        """Delete pods of an earlier operation that are not ready, so that new ones start at once.

        ``before`` are the uids of the pods that existed before helm ran. Without this they would
        wait for the kubelet's back-off of up to 5 minutes. A StatefulSet does not even replace a
        broken pod after its template was corrected (kubernetes/kubernetes#67250).
        """
        seen = self._context.observer.observe(self.store.namespace)
        stuck = {
            pod.uid: pod.name
            for pod in seen.pods
            if pod.uid in before and not (pod.is_ready or pod.phase is PodPhase.SUCCEEDED)
        }
        for uid, name in stuck.items():
            await self._context.cluster.delete_pod(self.store.namespace, name, uid)
        await self._until_seen(
            lambda now: not any(p.uid in stuck and not p.is_terminating for p in now.pods)
        )

    async def _until_seen(self, is_seen: Callable[[Observation], bool]) -> None:
        """Wait until the watches show a change that was just made.

        The next assessment would otherwise be of the state before it.
        """
        observer, namespace = self._context.observer, self.store.namespace
        while True:
            revision = observer.revision(namespace)
            if is_seen(observer.observe(namespace)):
                return
            await observer.changed(namespace, revision)

    async def _restore(self) -> Outcome:
        return await restore(
            self._context, self.store, self.steps, secrets=self._secrets, check=self._assess
        )

    async def _await_workloads(self) -> Outcome:
        await self._until(lambda assessment: assessment.are_workloads_ready)
        names = ", ".join(workload.component for workload in self._engine.workloads)
        return Outcome(f"All pods are ready: {names}.")

    async def _await_setup(self) -> Outcome:
        if self._engine.setup_job is None:
            return Outcome("This engine has no setup job.", is_skipped=True)
        await self._until(lambda assessment: assessment.is_setup_done)
        return Outcome("The setup job is complete.")

    async def _probe(self) -> Outcome:
        upgrade = self.store.upgrade
        if upgrade is None or not upgrade.probes:
            return Outcome("The shop is asked once it is open.", is_skipped=True)
        return await probe_closed(
            self._context,
            self.store,
            self._engine,
            walks=upgrade.walks,
            check=self._assess,
            report=partial(self.steps.report, StepName.PROBE),
        )

    async def _open(self) -> Outcome:
        output = await self._run_helm(is_closed=False)
        # The namespace says no more that the shop is closed.
        await keep_marks(self._context, dataclasses.replace(self.store, status=StoreStatus.READY))
        return Outcome("Visitors get to the shop again.", output)

    async def _await_answer(self) -> Outcome:
        if not self._context.settings.is_reachability_checked:
            return Outcome(
                "Not checked: the check of the shop's address is switched off here.",
                is_skipped=True,
            )
        while True:
            await self._assess()  # raises, with the reason, if the pods break meanwhile
            waiting_for = await self._problem_of_shoppers()
            if waiting_for is None:
                return Outcome(f"The shop answers at {self.store.url}")
            await self.steps.report(self.current, waiting_for)
            await asyncio.sleep(_PROBE_PAUSE_SECONDS)

    async def _problem_of_shoppers(self) -> str | None:
        """Return why no shopper can buy, as a sentence, or None."""
        prober = self._context.prober
        if problem := await prober.problem(self.store, self._engine.ready_path):
            return f"The shop does not answer yet: {problem}"
        # A shop that was open belongs to its merchant, who may sell nothing just now, or otherwise.
        is_sold_in = self.store.upgrade.walks if self.store.upgrade else False
        if (self.store.ready_at is None or is_sold_in) and self._engine.walk:
            problem = await prober.walk_problem(self.store, self._engine.walk)
            if problem is not None:
                return f"The shop answers, but a shopper cannot buy yet: {problem}"
        return None

    async def _until(self, is_reached: Callable[[Assessment], bool]) -> None:
        """Wait until an assessment satisfies ``is_reached``.

        Raises StoreFailedError as soon as the store can no longer become ready.
        """
        observer, namespace = self._context.observer, self.store.namespace
        while True:
            # Read before the assessment: a change that comes after it is then not missed.
            revision = observer.revision(namespace)
            assessment = await self._assess()
            if is_reached(assessment):
                return
            await self.steps.report(self.current, assessment.waiting_for)
            try:
                grace = assessment.recheck_after
                async with asyncio.timeout(grace.total_seconds() if grace else None):
                    await observer.changed(namespace, revision)
            except TimeoutError:
                continue  # a grace period has ended, so the same facts may now be fatal

    async def _assess(self) -> Assessment:
        """Return an assessment by the watches; raise StoreFailedError if it is fatal.

        Also raises StoreFailedError when the namespace is lost.
        """
        assessment = look(
            self._context, self.store, self._engine, is_building=True, since=self._mended_at
        )
        if assessment.fatal is not None:
            raise await self._failure(assessment.fatal)
        if await is_namespace_gone(self._context, self.store):
            raise StoreFailedError(NAMESPACE_LOST)
        return assessment

    async def _failure(self, fatal: FatalFinding) -> StoreFailedError:
        output = ""
        if fatal.pod and fatal.container:
            output = await self._context.cluster.log_tail(
                self.store.namespace,
                fatal.pod,
                fatal.container,
                lines=_LOG_LINES,
                previous=fatal.previous,
            )
        # A shop may print its own passwords into its log.
        return StoreFailedError(fatal.reason, output=tail(scrub(output, self._secrets)))

    @property
    def _engine(self) -> Engine:
        engine = self._context.engines.get(self.store.engine)
        if engine is None:
            raise missing(f"Engine {self.store.engine}")
        return engine
