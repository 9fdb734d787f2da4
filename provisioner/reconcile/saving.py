"""Saves a shop by a Job: what a backup is made by, and what a restore in its place begins with.

The Job comes from a template in the store's chart. It dumps the database and saves the dump with
the shop's files, by restic. A shop is saved only if the Job ended well and reports everything that
should be in a backup. Every step may be done again: a Job that is there already is waited for.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from provisioner.domain.backups import Backup, BackupSettings, Saved
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import NotFoundError, StoreFailedError
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.domain.transitions import BACKUP_STEPS, SAVING_STEPS
from provisioner.reconcile.backup_report import DUMP, SAVE, saved_of, told
from provisioner.reconcile.chart_inputs import backups_of
from provisioner.reconcile.closing import close
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.known_engines import engine_of
from provisioner.reconcile.namespaces import NAMESPACE_LOST, is_namespace_gone
from provisioner.reconcile.repositories import ensure_repository
from provisioner.reconcile.steps import Outcome, StepRunner
from provisioner.reconcile.store_job import StoreJob

_WORDS = {DUMP: "Dumping the database.", SAVE: "Saving the dump and the shop's files."}


class Saving:
    """The saving of a shop for its task, step by step; ``message`` says then what was saved.

    ``closes``: the shop is closed before, and stays so.
    """

    def __init__(self, context: ReconcileContext, store: Store, *, closes: bool = False) -> None:
        self._context = context
        self._store = store
        self._names = SAVING_STEPS if closes else BACKUP_STEPS
        self._current = self._names[0]
        self._secrets: Sequence[str] = ()
        self._saved: Saved | None = None
        self._steps = StepRunner(context, store)
        self._job = StoreJob(context, self._steps, store, component="backup", words=_WORDS)

    async def run(self, began: datetime) -> Backup:
        """Save the shop, and return what is to be recorded of it.

        ``began`` is when the task has begun. Raises TerminalError, also when it takes too long.
        """
        try:
            async with asyncio.timeout(self._seconds_left(began)) as limit:
                return await self._run()
        except TimeoutError:
            if not limit.expired():  # a time limit of something within the work, not of the task
                raise
            reason = self._timed_out()
            await self._steps.fail(self._current, reason.message)
            raise StoreFailedError(reason) from None

    async def require_place(self) -> None:
        """Find out what stands in the way of a backup, while nothing is closed yet.

        Raises StoreFailedError, and the errors of ``ports.Cluster``.
        """
        await self._prepare()
        try:
            await self._context.jobs.runs(self._store.namespace, self._job.template)
        except NotFoundError as error:
            raise self._no_template() from error

    async def clean_up(self) -> None:
        """Remove the Job, once what it has saved is recorded."""
        await self._job.remove()

    @property
    def message(self) -> str:
        return told(self._saved) if self._saved else ""

    async def _run(self) -> Backup:
        work = {
            StepName.CLOSE: self._close,
            StepName.REPOSITORY: self._prepare,
            StepName.SAVE: self._save,
            StepName.CHECK: self._check,
        }
        for name in self._names:
            self._current = name
            await self._steps.run(name, work[name])
        if self._saved is None:
            raise RuntimeError("The step CHECK has ended without a result.")
        return _backup_of(self._store, self._saved, self._context.clock.now())

    def _seconds_left(self, began: datetime) -> float:
        left = began + self._limit - self._context.clock.now()
        return max(left.total_seconds(), 0.0)

    @property
    def _limit(self) -> timedelta:
        settings = self._context.settings.backups
        return settings.timeout if settings else timedelta(minutes=1)  # the first step says so

    def _timed_out(self) -> Reason:
        waited = f" Last seen: {self._steps.progress}" if self._steps.progress else ""
        message = (
            f"The backup was not made within {self._limit.total_seconds() / 60:g} minutes.{waited}"
            " Look at the Job's pod for what is slow, then ask again."
        )
        return Reason(ReasonCode.BACKUP_TIMEOUT, message)

    async def _close(self) -> Outcome:
        return await close(self._context, self._store, self._engine, self._steps)

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
            await self._job.start(f"-{self._store.operation_number}")
        except NotFoundError as error:
            raise self._no_template() from error
        await self._job.until_done(StepName.SAVE, self._secrets, _failure_of)
        return Outcome(f"Job {self._job.name} has saved the shop.")

    async def _check(self) -> Outcome:
        self._saved = saved_of(await self._job.ends(), self._engine.backup_counts or ())
        return Outcome(told(self._saved))

    def _no_template(self) -> StoreFailedError:
        return _not_set_up(
            f"The shop has no template for backups (CronJob {self._job.template}), since it was"
            " created before the platform was set up for them."
        )

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
        return engine_of(self._context, self._store, then="ask for a backup again")


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
