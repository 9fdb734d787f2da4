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
from provisioner.domain.ports import TaskRecords
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.domain.transitions import BACKUP_STEPS
from provisioner.reconcile.backup_report import DUMP, SAVE, saved_of, told
from provisioner.reconcile.chart_inputs import backups_of
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import NAMESPACE_LOST, is_namespace_gone
from provisioner.reconcile.repositories import ensure_repository
from provisioner.reconcile.steps import Outcome, StepRunner
from provisioner.reconcile.store_job import StoreJob

_WORDS = {DUMP: "Dumping the database.", SAVE: "Saving the dump and the shop's files."}


async def back_up(context: ReconcileContext, records: TaskRecords, store: Store) -> OperationStatus:
    """Do the store's task: make a backup, and record it or why there is none. Return which.

    Raises ConflictError when the task is over meanwhile.
    """
    began = await records.start(store)
    saving = _Saving(context, store)
    try:
        async with asyncio.timeout(_seconds_left(context, began)) as limit:
            saved = await saving.run()
    except TimeoutError:
        if not limit.expired():  # a time limit of something within the work, not of the task
            raise
        reason = _timed_out(context, saving.steps.progress)
        await saving.steps.fail(saving.current, reason.message)
        await records.fail(store, reason)
    except TerminalError as error:
        await records.fail(store, error.reason)
    else:
        backup = _backup_of(store, saved, context.clock.now())
        await records.succeed(store, told(saved), backup=backup)
        await saving.job.remove()
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

    def __init__(self, context: ReconcileContext, store: Store) -> None:
        self._context = context
        self._store = store
        self._secrets: Sequence[str] = ()
        self._saved: Saved | None = None
        self.steps = StepRunner(context, store)
        self.job = StoreJob(context, self.steps, store, component="backup", words=_WORDS)
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
        try:
            await self.job.start(f"-{self._store.operation_number}")
        except NotFoundError as error:
            raise _not_set_up(
                f"The shop has no template for backups (CronJob {self.job.template}), since it was"
                " created before the platform was set up for them."
            ) from error
        await self.job.until_done(StepName.SAVE, self._secrets, _failure_of)
        return Outcome(f"Job {self.job.name} has saved the shop.")

    async def _check(self) -> Outcome:
        self._saved = saved_of(await self.job.ends(), self._engine.backup_counts or ())
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


def _failure_of(said: str) -> Reason:
    return Reason(ReasonCode.BACKUP_FAILED, f"The backup could not be made. {said}")


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
