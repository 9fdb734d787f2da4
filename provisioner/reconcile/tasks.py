"""Works on the tasks of stores, beside the work that brings them to their targets.

A task, such as a backup, leaves the store's status as it is. So it has workers of its own, and a
store is looked after while its task is done. A store has at most one task, and one worker
at a time works on it. As with all work, nothing here has to survive a restart: the store's row says
which task is under way, and its steps find what is done already.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NoReturn

import structlog

from provisioner.domain import unforeseen
from provisioner.domain.backoff import pause_seconds
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import (
    ConflictError,
    NotFoundError,
    StorePlatformError,
    UnforeseenError,
)
from provisioner.domain.instrumentation import Activity
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import TaskRecords
from provisioner.domain.stores import Reason, Store, StoreTarget, StoreTask
from provisioner.domain.transitions import takes_tasks
from provisioner.reconcile.backup import back_up
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.interruptible import InterruptibleWork
from provisioner.reconcile.passwords import reset_password
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.replacing import save_and_hand_over
from provisioner.reconcile.replanning import change_plan
from provisioner.reconcile.restarting import restart
from provisioner.reconcile.suspending import suspend
from provisioner.reconcile.upgrading import upgrade

_log = structlog.get_logger(__name__)


class Tasks:
    """Does the tasks of stores, by workers that take them from a queue of their own.

    ``wake`` is told of a store whose task is over, where its operation goes on from there or it has
    to be looked at.
    """

    def __init__(
        self, context: ReconcileContext, records: TaskRecords, wake: Callable[[Store], None]
    ) -> None:
        self._context = context
        self._records = records
        self._wake = wake
        self._work: Mapping[StoreTask, Callable[[Store], Awaitable[OperationStatus]]] = {
            StoreTask.BACKUP: partial(back_up, context, records),
            StoreTask.RESTORE: partial(save_and_hand_over, context, records, wake),
            StoreTask.SUSPEND: partial(suspend, context, records),
            StoreTask.RESTART: partial(restart, context, records, wake),
            StoreTask.PLAN: partial(change_plan, context, records, wake),
            StoreTask.UPGRADE: partial(upgrade, context, records, wake),
            StoreTask.RESET_PASSWORD: partial(reset_password, context, records),
        }
        self._queue = WorkQueue()
        self._running = InterruptibleWork()
        self._failures: dict[str, int] = {}  # in a row, by store id
        self._retries: dict[str, asyncio.TimerHandle] = {}

    @property
    def waiting(self) -> int:
        """How many tasks wait for a worker."""
        return self._queue.waiting(Lane.TASK)

    @property
    def running(self) -> int:
        """How many tasks are being done."""
        return self._queue.active(Lane.TASK)

    def wake(self, store: Store) -> None:
        """Queue a store that has a task; interrupt the task of one that is to be deleted."""
        if store.target is StoreTarget.DELETED:
            self._running.interrupt(store.id)
        elif store.task is not None:
            self._queue.add(store.id, Lane.TASK, store.owner.key)

    async def work(self) -> NoReturn:
        """Do one task after the other, for ever. One worker runs this."""
        while True:
            store_id = await self._queue.take(Lane.TASK)
            try:
                await self._work_on(store_id)
            finally:
                self._queue.done(store_id)

    async def _work_on(self, store_id: str) -> None:
        error = await self._running.run(store_id, self._do(store_id), name=f"task {store_id}")
        if error is not None:
            await self._after_failure(store_id, error)

    async def _do(self, store_id: str) -> None:
        try:
            store = await self._context.records.get(store_id)
        except NotFoundError:
            return  # purged by retention
        if store.task is None or store.target is StoreTarget.DELETED:
            return
        with structlog.contextvars.bound_contextvars(store_id=store_id):
            labels = {"action": store.task, "engine": store.engine, "store_id": store_id}
            with self._context.measurements.measure(Activity.WORK, **labels) as measured:
                measured.outcome = await self._outcome_of(store, store.task)
            _log.info("task_done", task=store.task, outcome=measured.outcome)
        self._failures.pop(store_id, None)

    async def _outcome_of(self, store: Store, task: StoreTask) -> OperationStatus:
        if takes_tasks(store.status, store.target):
            return await self._work[task](store)
        await self._records.fail(store, _failed_meanwhile(store))
        return OperationStatus.FAILED

    async def _after_failure(self, store_id: str, error: BaseException) -> None:
        owner = self._queue.owner(store_id)
        # The key is still held by this worker, so ``add`` only marks it to come back.
        if isinstance(error, ConflictError):
            self._queue.add(store_id, Lane.TASK, owner)
            return
        if not isinstance(error, StorePlatformError):
            error = unforeseen.noted(error, store_id=store_id)
        failures = self._failures[store_id] = self._failures.get(store_id, 0) + 1
        is_hopeless = isinstance(error, UnforeseenError) and failures >= unforeseen.MOST_TRIES
        if is_hopeless and await self._is_given_up(store_id, error):
            return
        seconds = pause_seconds(failures)
        _log.warning(
            "task_failed", store_id=store_id, reason=str(error), retry_in_seconds=round(seconds, 1)
        )
        self._again(store_id, owner, seconds)

    async def _is_given_up(self, store_id: str, error: StorePlatformError) -> bool:
        """Record the task as failed; return whether that could be done."""
        noted = unforeseen.noted(error)
        try:
            store = await self._context.records.get(store_id)
            await self._records.fail(store, unforeseen.reason(noted, unforeseen.REMEDY))
            # It may have been closed already: whoever looks after it finds that, and opens it.
            self._wake(await self._context.records.get(store_id))
        except (ConflictError, NotFoundError):
            pass  # over already
        except Exception as failure:  # noqa: BLE001 - both errors are logged, and work tried again
            unforeseen.noted(failure, store_id=store_id, giving_up=noted.error_id)
            return False
        self._failures.pop(store_id, None)
        return True

    def _again(self, store_id: str, owner: str, seconds: float) -> None:
        def begin() -> None:
            self._retries.pop(store_id, None)
            self._queue.add(store_id, Lane.TASK, owner)

        if (earlier := self._retries.pop(store_id, None)) is not None:
            earlier.cancel()
        self._retries[store_id] = asyncio.get_running_loop().call_later(seconds, begin)


def _failed_meanwhile(store: Store) -> Reason:
    code = store.reason.code if store.reason else ReasonCode.NOT_READY
    why = store.reason.message if store.reason else f"It is {store.status}."
    return Reason(code, f"The store has failed meanwhile. {why}")
