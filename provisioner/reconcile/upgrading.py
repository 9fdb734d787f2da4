"""Prepares the upgrade of a store's shop: everything that is done while nothing has changed yet.

Whether the version can be had is found out while the shop is open. Then it is closed and saved;
whatever fails up to there, it is as it was. From then on the store is provisioned with the other
version (see ``provisioning``), and if that fails, what was saved is restored.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import StoreFailedError, TerminalError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import TaskRecords
from provisioner.domain.restore_sources import source_of
from provisioner.domain.stores import Reason, StepName, StepStatus, Store, Upgrade
from provisioner.domain.upgrades import does_not_follow
from provisioner.reconcile.closed_probe import can_be_probed, can_buy
from provisioner.reconcile.closing import reopen
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.pulling import pull
from provisioner.reconcile.saving import Saving
from provisioner.reconcile.steps import Outcome, StepRunner

_TRIES = 10
"""How often a shop is asked whether it answers, before it is taken for one that does not."""
_PAUSE_SECONDS = 1.0


async def upgrade(
    context: ReconcileContext, records: TaskRecords, wake: Callable[[Store], None], store: Store
) -> OperationStatus:
    """Do the store's task: look whether the shop can be upgraded, close it and save it.

    ``wake`` has it upgraded then. Return RUNNING, as the operation goes on, or FAILED. Raises
    ConflictError when the task is over meanwhile.
    """
    began = await records.start(store)
    saving = Saving(context, store, closes=True)
    preflight = _Preflight(context, records, store, saving)
    is_closed = await _is_closed(context, store)
    try:
        # A service that was ended after that goes on: its shop cannot be looked at any more.
        if not is_closed:
            await preflight.run()
            is_closed = True
        backup = await saving.run(began)
        source = source_of(store, backup, preflight.engine)
    except TerminalError as error:
        # Before the end is recorded: a service that is ended in between does all of this again.
        if is_closed:
            await reopen(context, store)
        await records.fail(store, _not_begun(error.reason))
        return OperationStatus.FAILED
    wake(await records.hand_over_upgrade(store, saving.message, backup, source))
    return OperationStatus.RUNNING


async def _is_closed(context: ReconcileContext, store: Store) -> bool:
    steps = (await context.records.snapshot(store.id)).steps
    return any(s.name is StepName.CLOSE and s.status is not StepStatus.PENDING for s in steps)


class _Preflight:
    """The step PREFLIGHT."""

    def __init__(
        self, context: ReconcileContext, records: TaskRecords, store: Store, saving: Saving
    ) -> None:
        self._context = context
        self._records = records
        self._store = store
        self._saving = saving
        self._steps = StepRunner(context, store)

    async def run(self) -> None:
        """Do the step. Raises TerminalError, also when it takes too long."""
        limit = self._context.settings.provision_timeout
        try:
            async with asyncio.timeout(limit.total_seconds()) as timeout:
                await self._steps.run(StepName.PREFLIGHT, self._look)
        except TimeoutError:
            if not timeout.expired():  # a time limit of something within the work
                raise
            seen = f" Last seen: {self._steps.progress}" if self._steps.progress else ""
            message = (
                "Whether the version can be had was not known within"
                f" {limit.total_seconds() / 60:g} minutes.{seen}"
            )
            await self._steps.fail(StepName.PREFLIGHT, message)
            raise StoreFailedError(Reason(ReasonCode.NOT_READY_IN_TIME, message)) from None

    @property
    def engine(self) -> Engine:
        """The engine of the store. Raises StoreFailedError when it is no longer offered."""
        engine = self._context.engines.get(self._store.engine)
        if engine is None:
            raise _missing(f"Engine {self._store.engine}")
        return engine

    async def _look(self) -> Outcome:
        engine, wanted = self.engine, self._upgrade
        version = engine.version(wanted.version)
        if version is None:
            raise _missing(f"Version {wanted.version} of engine {engine.name}")
        if refusal := does_not_follow(self._store, engine, version):
            raise StoreFailedError(Reason(ReasonCode.ENGINE_MISSING, refusal.message))
        if engine.version(self._store.engine_version) is None:
            # It is what the shop is brought back with.
            raise _missing(f"Version {self._store.engine_version} of engine {engine.name}")
        await self._saving.require_place()
        await self._require_answer(engine)
        found_out = replace(
            wanted,
            walks=await can_buy(self._context, self._store, engine),
            probes=await can_be_probed(self._context, self._store, engine),
        )
        await self._records.record_preflight(self._store, found_out)
        pulled = await pull(
            self._context, self._store, engine, version, self._steps, StepName.PREFLIGHT
        )
        return Outcome(f"The shop can be upgraded to version {version.name}. {pulled}")

    async def _require_answer(self, engine: Engine) -> None:
        """Raise StoreFailedError for a shop that is ill: nothing would tell what an upgrade did."""
        if not self._context.settings.is_reachability_checked:
            return
        problem: str | None = ""
        for number in range(_TRIES):
            await asyncio.sleep(_PAUSE_SECONDS if number else 0)
            problem = await self._context.prober.problem(self._store, engine.ready_path)
            if problem is None:
                return
        message = (
            f"The shop does not work as it is: {problem} Mend it first, such as by restoring a"
            " backup; then ask again."
        )
        raise StoreFailedError(Reason(ReasonCode.NOT_READY, message))

    @property
    def _upgrade(self) -> Upgrade:
        if self._store.upgrade is None:
            raise RuntimeError("The task UPGRADE is of a store that is to get no other version.")
        return self._store.upgrade


def _missing(what: str) -> StoreFailedError:
    message = (
        f"{what} is no longer offered here. Add it back to the charts and restart the platform,"
        " then ask again."
    )
    return StoreFailedError(Reason(ReasonCode.ENGINE_MISSING, message))


def _not_begun(reason: Reason) -> Reason:
    message = f"Nothing was upgraded, and the shop is open as before. {reason.message}"
    return Reason(reason.code, message)
