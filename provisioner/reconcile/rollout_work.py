"""Gives the stores of rollouts their turns, as ``domain.rollouts`` says."""

from collections.abc import Mapping
from typing import NoReturn

import structlog

from provisioner.domain.engines import Engine
from provisioner.domain.errors import ConflictError, NotFoundError, RefusedError
from provisioner.domain.ports import StoreRecords
from provisioner.domain.rollouts import Rollout, RolloutStatus, Turn, next_moves
from provisioner.domain.stores import StoreTask, Upgrade
from provisioner.domain.transitions import takes_tasks
from provisioner.domain.upgrades import does_not_follow, not_upgradable_now
from provisioner.reconcile.rounds import for_ever
from provisioner.reconcile.tasks import Tasks
from provisioner.storage.rollouts import Rollouts, TurnAction
from provisioner.storage.store_tasks import TaskRepository

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0


class RolloutWork:
    """Begins the upgrades of rollouts; ``tasks`` does them as any other."""

    def __init__(
        self,
        rollouts: Rollouts,
        records: StoreRecords,
        task_records: TaskRepository,
        tasks: Tasks,
        engines: Mapping[str, Engine],
    ) -> None:
        self._rollouts = rollouts
        self._records = records
        self._task_records = task_records
        self._tasks = tasks
        self._engines = engines

    async def run(self) -> NoReturn:
        """Go round every second, for ever. A failure is only logged."""
        await for_ever(
            self.go_round,
            failure="rollouts_failed",
            soon_seconds=_PAUSE_SECONDS,
            pause_seconds=_PAUSE_SECONDS,
        )

    async def go_round(self) -> None:
        """Do once what is to be done for each rollout that is RUNNING."""
        for rollout in await self._rollouts.running():
            try:
                await self._go_on(rollout)
            except ConflictError as error:  # it was stopped meanwhile
                _log.info("rollout_left", rollout=rollout.id, reason=str(error))

    async def _go_on(self, rollout: Rollout) -> None:
        moves = next_moves(rollout.terms, await self._rollouts.turns(rollout.id))
        if moves.status is not RolloutStatus.RUNNING:
            await self._rollouts.end(rollout.id, moves.status, moves.reason)
            _log.info("rollout_ended", rollout=rollout.id, status=moves.status)
            return
        room = moves.room
        for turn in moves.candidates:
            if room == 0:
                return
            room -= await self._is_begun(rollout, turn)

    async def _is_begun(self, rollout: Rollout, turn: Turn) -> bool:
        """Begin a turn, or record why it is passed over; return whether it has begun."""
        if why := await self._why_passed_over(rollout, turn):
            await self._rollouts.skip(rollout.id, turn.store_id, why)
            return False
        version = rollout.terms.version
        try:
            begun = await self._task_records.begin(
                turn.store_id,
                StoreTask.UPGRADE,
                f"The shop is upgraded to {version} with others, by a rollout.",
                upgrade=Upgrade(version),
                audit=TurnAction(rollout, turn.store_id),
            )
        except (ConflictError, RefusedError):
            return False  # something else is done with the store: the next round looks again
        self._tasks.wake(begun)
        return True

    async def _why_passed_over(self, rollout: Rollout, turn: Turn) -> str:
        """Return why a store cannot be upgraded, which will not pass by itself, or ""."""
        try:
            store = await self._records.get(turn.store_id)
        except NotFoundError:
            return "The store is deleted, and its record was removed."
        engine = self._engines.get(rollout.terms.engine)
        version = engine.version(rollout.terms.version) if engine else None
        if engine is None or version is None:
            return f"Version {rollout.terms.version} is no longer offered here."
        if refusal := does_not_follow(store, engine, version):
            return refusal.message
        if takes_tasks(store.status, store.target):
            return ""
        operation = (await self._records.snapshot(store.id)).operation
        is_worked_on = operation is not None and operation.is_under_way
        return "" if is_worked_on else not_upgradable_now(store).message
