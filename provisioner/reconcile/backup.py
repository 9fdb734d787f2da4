"""Makes a backup of a store by a Job, while the shop serves on.

The Job comes from a template in the store's chart. It dumps the database and saves the dump with
the shop's files, by restic. A backup is recorded only if the Job ended well and reports everything
that should be in it. Every step may be done again: a Job that is there already is waited for.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from provisioner.domain.backups import Backup, BackupSettings, Saved
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import NotFoundError, StoreFailedError, TerminalError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import Jobs
from provisioner.domain.redaction import scrub, tail
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.domain.transitions import BACKUP_STEPS
from provisioner.kubernetes.labels import OPERATION_LABEL, STORE_LABEL
from provisioner.readiness import Assessment, FatalFinding, assess
from provisioner.reconcile.backup_report import DUMP, SAVE, failure_of, saved_of, told
from provisioner.reconcile.chart_inputs import backups_of
from provisioner.reconcile.context import ReconcileContext, TaskTools
from provisioner.reconcile.namespaces import NAMESPACE_LOST, is_namespace_gone
from provisioner.reconcile.repositories import ensure_repository
from provisioner.reconcile.steps import Outcome, StepRunner

_COMPONENT = "backup"
"""The label of the Job and its pods, and the end of the names of template and Job."""
_LOG_LINES = 20


async def back_up(context: ReconcileContext, tools: TaskTools, store: Store) -> OperationStatus:
    """Do the store's task: make a backup, and record it or why there is none. Return which.

    Raises ConflictError when the task is over meanwhile.
    """
    began = await tools.records.start(store)
    saving = _Saving(context, tools.jobs, store)
    try:
        async with asyncio.timeout(_seconds_left(context, began)) as limit:
            saved = await saving.run()
    except TimeoutError:
        if not limit.expired():  # a time limit of something within the work, not of the task
            raise
        reason = _timed_out(context, saving.steps.progress)
        await saving.steps.fail(saving.current, reason.message)
        await tools.records.fail(store, reason)
    except TerminalError as error:
        await tools.records.fail(store, error.reason)
    else:
        backup = _backup_of(store, saved, context.clock.now())
        await tools.records.succeed(store, told(saved), backup=backup)
        await saving.remove_jobs()
        return OperationStatus.SUCCEEDED
    return OperationStatus.FAILED


def _seconds_left(context: ReconcileContext, began: datetime) -> float:
    settings = context.settings.backups
    if settings is None:  # the first step says so
        return 60.0
    return max((began + settings.timeout - context.clock.now()).total_seconds(), 0.0)


def _timed_out(context: ReconcileContext, progress: str) -> Reason:
    settings = context.settings.backups
    minutes = settings.timeout.total_seconds() / 60 if settings else 0
    waited = f" Last seen: {progress}" if progress else ""
    message = (
        f"The backup was not made within {minutes:g} minutes.{waited} Look at the Job's pod for"
        " what is slow, then ask for a backup again."
    )
    return Reason(ReasonCode.BACKUP_TIMEOUT, message)


class _Saving:
    """The making of a backup, step by step; ``current`` is the step that is being done."""

    def __init__(self, context: ReconcileContext, jobs: Jobs, store: Store) -> None:
        self._context = context
        self._jobs = jobs
        self._store = store
        self._secrets: Sequence[str] = ()
        self._saved: Saved | None = None
        self._job = f"{store.release}-{_COMPONENT}-{store.operation_number}"
        self.steps = StepRunner(context, store)
        self.current = BACKUP_STEPS[0]

    async def run(self) -> Saved:
        work = {
            StepName.REPOSITORY: self._prepare,
            StepName.SAVE: self._save,
            StepName.CHECK: self._check,
        }
        for self.current in BACKUP_STEPS:
            await self.steps.run(self.current, work[self.current])
        if self._saved is None:
            raise RuntimeError("The step CHECK has ended without a result.")
        return self._saved

    async def remove_jobs(self) -> None:
        """Remove the Jobs of this backup and of earlier ones, which have nothing more to say."""
        seen = self._context.observer.observe(self._store.namespace)
        for job in seen.jobs:
            if job.component == _COMPONENT:
                await self._context.cluster.delete_job(self._store.namespace, job.name, job.uid)

    async def _prepare(self) -> Outcome:
        try:
            self._secrets = await ensure_repository(self._context, self._store, self._settings)
        except NotFoundError as error:
            if await is_namespace_gone(self._context, self._store):
                raise StoreFailedError(NAMESPACE_LOST) from error
            raise _not_set_up(
                f"The Secret with the accounts for backups is not there ({error}). Upgrade the"
                " platform's release with `backups.enabled`, then ask for a backup again."
            ) from error
        return Outcome(f"Backups are kept at {self._settings.repository}.")

    async def _save(self) -> Outcome:
        labels = {STORE_LABEL: self._store.id, OPERATION_LABEL: str(self._store.operation_number)}
        template = f"{self._store.release}-{_COMPONENT}"
        try:
            await self._jobs.run(self._store.namespace, template, self._job, labels)
        except NotFoundError as error:
            if await is_namespace_gone(self._context, self._store):
                raise StoreFailedError(NAMESPACE_LOST) from error
            raise _not_set_up(
                f"The shop has no template for backups (CronJob {template}), since it was created"
                " before the platform was set up for them."
            ) from error
        await self._until_done()
        return Outcome(f"Job {self._job} has saved the shop.")

    async def _until_done(self) -> None:
        """Wait for the Job. Raises StoreFailedError as soon as it can no longer end well."""
        observer, namespace = self._context.observer, self._store.namespace
        while True:
            # Read before the assessment: a change that comes after it is then not missed.
            revision = observer.revision(namespace)
            is_seen = any(job.name == self._job for job in observer.observe(namespace).jobs)
            assessment = self._assess()
            if is_seen and assessment.fatal is not None:
                raise await self._failure(assessment.fatal)
            if await is_namespace_gone(self._context, self._store):
                raise StoreFailedError(NAMESPACE_LOST)
            if is_seen and assessment.is_setup_done:
                return
            await self.steps.report(self.current, self._progress(assessment))
            try:
                grace = assessment.recheck_after
                async with asyncio.timeout(grace.total_seconds() if grace else None):
                    await observer.changed(namespace, revision)
            except TimeoutError:
                continue  # a grace period has ended, so the same facts may now be fatal

    def _assess(self) -> Assessment:
        """Judge the Job by the rules that hold for a setup Job; the newest one is looked at."""
        return assess(
            workloads=(),
            setup_job=_COMPONENT,
            observation=self._context.observer.observe(self._store.namespace),
            now=self._context.cluster.now(),
            grace_periods=self._context.settings.grace_periods,
        )

    def _progress(self, assessment: Assessment) -> str:
        pods = self._context.observer.observe(self._store.namespace).pods
        running = {
            container.name
            for pod in pods
            if pod.component == _COMPONENT
            for container in pod.containers
            if container.state == "running"
        }
        if DUMP in running:
            return "Dumping the database."
        if SAVE in running:
            return "Saving the dump and the shop's files."
        return assessment.waiting_for

    async def _failure(self, fatal: FatalFinding) -> StoreFailedError:
        ended = await self._jobs.ends(self._store.namespace, self._job)
        reason = failure_of(fatal.reason, ended)
        output = ""
        if fatal.pod and fatal.container:
            output = await self._context.cluster.log_tail(
                self._store.namespace, fatal.pod, fatal.container,
                lines=_LOG_LINES, previous=fatal.previous,
            )  # fmt: skip
        message = scrub(reason.message, self._secrets)
        output = tail(scrub(output, self._secrets))
        return StoreFailedError(Reason(reason.code, message), output=output)

    async def _check(self) -> Outcome:
        ended = await self._jobs.ends(self._store.namespace, self._job)
        self._saved = saved_of(ended, self._engine.backup_counts or ())
        return Outcome(told(self._saved))

    @property
    def _settings(self) -> BackupSettings:
        if self._context.settings.backups is None:
            raise _not_set_up("The platform is not set up to keep backups; ask its operator.")
        settings = backups_of(self._context, self._engine)
        if settings is None:
            raise _not_set_up(f"The engine {self._engine.display_name} has no backups.")
        return settings

    @property
    def _engine(self) -> Engine:
        engine = self._context.engines.get(self._store.engine)
        if engine is None:
            message = (
                f"Engine {self._store.engine} is no longer offered here. Add it back to the charts"
                " and restart the platform, then ask for a backup again."
            )
            raise StoreFailedError(Reason(ReasonCode.ENGINE_MISSING, message))
        return engine


def _not_set_up(message: str) -> StoreFailedError:
    return StoreFailedError(Reason(ReasonCode.BACKUP_NOT_SET_UP, message))


def _backup_of(store: Store, saved: Saved, now: datetime) -> Backup:
    return Backup(
        store_id=store.id,
        number=store.operation_number,
        snapshot=saved.snapshot,
        size=saved.size,
        added=saved.added,
        engine=store.engine,
        engine_version=store.engine_version,
        counts=saved.counts,
        made_at=now,
    )
