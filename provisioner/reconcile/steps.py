"""Runs the steps of the work on a store, and records their progress while they run."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from provisioner.domain import unforeseen
from provisioner.domain.backoff import patiently
from provisioner.domain.errors import (
    PassingError,
    StoreFailedError,
    StorePlatformError,
    TerminalError,
    TransientError,
    UnforeseenError,
)
from provisioner.domain.instrumentation import Activity
from provisioner.domain.stores import StepName, StepStatus, Store
from provisioner.reconcile.context import ReconcileContext


@dataclass(frozen=True, slots=True)
class Outcome:
    """The good end of a step: a sentence for people, and the output of the tool that was used."""

    message: str
    output: str = ""
    is_skipped: bool = False


_BEGINS = {
    StepName.NAMESPACE: "Making the namespace.",
    StepName.CREDENTIALS: "Making the passwords.",
    StepName.HELM_INSTALL: "helm installs the chart.",
    StepName.WORKLOADS_READY: "Waiting for the pods.",
    StepName.SETUP_JOB: "Waiting for the setup job.",
    StepName.REACHABLE: "Looking whether the shop answers.",
    StepName.HELM_UNINSTALL: "helm uninstalls the chart.",
    StepName.NAMESPACE_GONE: "Removing the namespace.",
    StepName.RESTORE: "Starting the job that loads the backup.",
    StepName.REPOSITORY: "Preparing the place where backups are kept.",
    StepName.SAVE: "Starting the job that saves the shop.",
    StepName.CHECK: "Looking whether everything is in the backup.",
    StepName.CLOSE: "Closing the shop.",
    StepName.REMOVE: "Removing the shop as it was.",
    StepName.STOP: "Stopping the shop.",
    StepName.OPEN: "Opening the shop to visitors.",
    StepName.EXPAND: "Making the volumes larger.",
    StepName.RESTART: "Replacing the shop's pods.",
    StepName.PREFLIGHT: "Looking whether the version can be had.",
    StepName.PASSWORD: "Starting the job that sets the password.",
    StepName.PROBE: "Walking through the shop, which is still closed.",
}


class StepRunner:
    """Runs the steps of one store's latest operation."""

    def __init__(self, context: ReconcileContext, store: Store) -> None:
        self._records = context.records
        self._measurements = context.measurements
        self.webhook_grace = context.settings.grace_periods.webhook_grace
        self._store = store
        self.progress = ""

    async def run(self, name: StepName, work: Callable[[], Awaitable[Outcome]]) -> None:
        """Do ``work`` as the step ``name``, and repeat it after errors that may pass.

        Raises TerminalError, which is first recorded as the step's failure.
        """
        labels = {"engine": self._store.engine, "store_id": self._store.id}
        with self._measurements.measure(Activity.STEP, step=name, **labels) as measured:
            measured.outcome = await self._run(name, work)

    async def _run(self, name: StepName, work: Callable[[], Awaitable[Outcome]]) -> StepStatus:
        tries = _Tries(self, name, work)
        try:
            outcome = await patiently(tries.begin, tries.on_trouble)
        except TerminalError as error:
            await self._record(name, StepStatus.FAILED, str(error), error.output)
            raise
        ended = StepStatus.SKIPPED if outcome.is_skipped else StepStatus.SUCCEEDED
        await self._record(name, ended, outcome.message, outcome.output)
        return ended

    async def begin(self, name: StepName) -> None:
        """Record that the step begins, for the first time or after it failed."""
        await self._record(name, StepStatus.RUNNING, _BEGINS[name])

    async def fail(self, name: StepName, message: str) -> None:
        """Record that the step failed for a reason from outside its work, such as a time limit."""
        await self._record(name, StepStatus.FAILED, message)

    async def report(self, name: StepName, message: str) -> None:
        """Record what the running step is waiting for, unless that was recorded last."""
        # Each record is an event, which every follower of the store is sent.
        if message != self.progress:
            await self._record(name, StepStatus.RUNNING, message)

    async def _record(
        self, name: StepName, status: StepStatus, message: str = "", output: str = ""
    ) -> None:
        self.progress = message
        await self._records.update_step(self._store, name, status, message=message, output=output)


class _Tries:
    """The tries of one step: decides what to do after each kind of trouble."""

    def __init__(
        self, steps: StepRunner, name: StepName, work: Callable[[], Awaitable[Outcome]]
    ) -> None:
        self._steps = steps
        self._name = name
        self._work = work
        self._is_begun = False
        self._unforeseen = 0
        self._lasts_since: float | None = None

    async def begin(self) -> Outcome:
        """Do the work once. An unforeseen error is logged, and raised as UnforeseenError."""
        if not self._is_begun:
            await self._steps.begin(self._name)
            self._is_begun = True
        try:
            return await self._work()
        except StorePlatformError:
            raise
        except Exception as error:
            # Wrapped, because UnforeseenError is transient: the step is tried again.
            raise unforeseen.noted(error, step=self._name) from error

    async def on_trouble(self, error: TransientError) -> None:
        """Record the trouble, and return to have the step tried again.

        Raises StoreFailedError when it was tried often or long enough.
        """
        if isinstance(error, PassingError) and self._has_lasted():
            raise StoreFailedError(error.reason, output=error.output) from error
        if not isinstance(error, UnforeseenError):
            await self._steps.report(self._name, f"{error} Trying again.")
            return
        self._unforeseen += 1
        if self._unforeseen >= unforeseen.MOST_TRIES:
            following = f"It was tried {self._unforeseen} times. {unforeseen.REMEDY}"
            raise StoreFailedError(unforeseen.reason(error, following)) from error
        await self._steps.fail(self._name, f"{error} It is tried again in a moment.")
        self._is_begun = False  # the step was recorded as failed, so it has to begin again

    def _has_lasted(self) -> bool:
        """Return whether trouble that mostly passes has lasted for longer than its grace period."""
        # Counted from the first such trouble of the step, by our own clock.
        now = asyncio.get_running_loop().time()
        if self._lasts_since is None:
            self._lasts_since = now
        return now - self._lasts_since >= self._steps.webhook_grace.total_seconds()
