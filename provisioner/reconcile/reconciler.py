"""Turns the decision table into work: one worker at a time on a store, and never a lost store.

Whatever goes wrong with a piece of work, the store is looked at again: at once after a lost race,
after a growing wait when the cluster, helm or the database had a problem. An error that nobody
foresaw is tried again a few times, and then recorded as the end of that work. A delete goes on in
any case, at intervals that grow.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from provisioner.domain import unforeseen
from provisioner.domain.backoff import long_pause_seconds, pause_seconds
from provisioner.domain.errors import (
    ConflictError,
    NotFoundError,
    StorePlatformError,
    UnforeseenError,
)
from provisioner.domain.instrumentation import Activity
from provisioner.domain.stores import Store, StoreStatus
from provisioner.domain.transitions import Action, decide
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.deletion import delete
from provisioner.reconcile.drift import inspect
from provisioner.reconcile.giving_up import give_up
from provisioner.reconcile.health import observe
from provisioner.reconcile.provisioning import provision
from provisioner.reconcile.queue import Lane, WorkQueue

_log = structlog.get_logger(__name__)

INSPECT_SOON_SECONDS = 3.0  # after a store has degraded: what heals by itself is no drift

_WORK: dict[Lane, Callable[[ReconcileContext, Store], Awaitable[Store]]] = {
    Lane.PROVISION: provision,
    Lane.DELETE: delete,
    Lane.OBSERVE: observe,
    Lane.INSPECT: inspect,
}
_LANES = {
    Action.PROVISION: (Lane.PROVISION,),
    Action.DELETE: (Lane.DELETE,),
    Action.OBSERVE: (Lane.OBSERVE, Lane.INSPECT),
}
"""Where an action is done: in the first lane, unless it was asked for in another of them."""


class Reconciler:
    """Workers that bring stores to their target."""

    def __init__(self, context: ReconcileContext, queue: WorkQueue) -> None:
        self._context = context
        self._queue = queue
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, int] = {}
        self._unforeseen: dict[tuple[str, Lane], int] = {}
        self._late: dict[str, int] = {}
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._due: set[str] = set()
        self._soon: set[str] = set()

    def wake(self, store: Store) -> None:
        """Have a store looked at, because it or its target changed.

        Work that is under way towards another target is interrupted: a helm that runs is given its
        grace, then the store's new target is worked on.
        """
        action = decide(store.status, store.target)
        if action is Action.NOTHING:
            return
        self._queue.add(store.id, _LANES[action][0], store.owner.key)
        if action is Action.DELETE and (running := self._running.get(store.id)):
            running.cancel()

    def wake_by_id(self, store_id: str) -> None:
        """Have a store looked at, because what is known of its namespace changed."""
        self._queue.add(store_id, Lane.OBSERVE)

    def inspect(self, store_id: str) -> None:
        """Have a ready store looked at for drift, once nothing else is to be done with it."""
        self._due.add(store_id)
        self._queue.add(store_id, Lane.INSPECT)

    async def work(self, lane: Lane) -> NoReturn:
        """Work on the stores of one lane, one after the other, for ever."""
        while True:
            store_id = await self._queue.take(lane)
            try:
                await self._work_on(store_id, lane)
            finally:
                self._queue.done(store_id)

    async def _work_on(self, store_id: str, lane: Lane) -> None:
        task = asyncio.create_task(self._reconcile(store_id, lane), name=f"{lane.name} {store_id}")
        if lane is not Lane.DELETE:
            self._running[store_id] = task
        try:
            await asyncio.wait({task})
        finally:
            # The worker itself is cancelled when the service stops: its work ends with it.
            task.cancel()
            await asyncio.wait({task})
            self._running.pop(store_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            await self._after_failure(store_id, lane, error)

    async def _reconcile(self, store_id: str, lane: Lane) -> None:
        if lane is Lane.INSPECT:
            self._due.discard(store_id)
        try:
            store = await self._context.records.get(store_id)
        except NotFoundError:
            return
        action = decide(store.status, store.target)
        if action is Action.NOTHING:
            return
        if lane not in _LANES[action]:
            # Woken in a lane that is not the work's: only its own lane bounds that kind of work.
            self._queue.add(store_id, _LANES[action][0], store.owner.key)
            return
        if self._is_for_later(store, action):
            return
        with structlog.contextvars.bound_contextvars(store_id=store_id):
            labels = {"action": lane.name, "engine": store.engine, "store_id": store_id}
            with self._context.measurements.measure(Activity.WORK, **labels) as measured:
                after = await _WORK[lane](self._context, store)
                measured.outcome = after.status
            if action is not Action.OBSERVE:
                _log.info("store_worked_on", action=action, status=after.status)
        self._after_success(lane, store, after)

    def _after_success(self, lane: Lane, store: Store, after: Store) -> None:
        self._failures.pop(store.id, None)
        self._unforeseen.pop((store.id, lane), None)
        if lane is Lane.DELETE and after.status is StoreStatus.FAILED:
            self._delete_later(after)
        if after.status is StoreStatus.DEGRADED and after != store:
            self._inspect_soon(store.id)
        if store.id in self._due:
            # It was asked for while the store waited in a lane that comes first.
            self._queue.add(store.id, Lane.INSPECT)

    def _inspect_soon(self, store_id: str) -> None:
        if self._context.settings.drift_interval is None or store_id in self._soon:
            return

        def begin() -> None:
            self._soon.discard(store_id)
            self.inspect(store_id)

        self._soon.add(store_id)
        asyncio.get_running_loop().call_later(INSPECT_SOON_SECONDS, begin)

    def _is_for_later(self, store: Store, action: Action) -> bool:
        """Tell whether a delete that failed has its next try ahead, and is held as it was.

        Who asks for the delete again makes the store QUEUED, and so has it done at once.
        """
        if action is not Action.DELETE or store.status is not StoreStatus.FAILED:
            self._late.pop(store.id, None)
            return False
        is_held = self._context.observer.observe(store.namespace).namespace is not None
        return is_held and store.id in self._late and store.id in self._retries

    def _delete_later(self, store: Store) -> None:
        self._late[store.id] = self._late.get(store.id, 0) + 1
        seconds = long_pause_seconds(self._late[store.id])
        code = store.reason.code if store.reason else ""
        _log.warning("delete_late", store_id=store.id, reason=code, retry_in_seconds=round(seconds))
        self._again(store.id, Lane.DELETE, store.owner.key, seconds)

    async def _after_failure(self, store_id: str, lane: Lane, error: BaseException) -> None:
        owner = self._queue.owner(store_id)
        if isinstance(error, ConflictError):
            self._queue.add(store_id, lane, owner)
            return
        if not isinstance(error, StorePlatformError):
            error = unforeseen.noted(error, store_id=store_id, lane=lane.name)
        self._failures[store_id] = self._failures.get(store_id, 0) + 1
        seconds = pause_seconds(self._failures[store_id])
        if isinstance(error, UnforeseenError):
            tries = self._unforeseen[store_id, lane] = self._unforeseen.get((store_id, lane), 0) + 1
            if tries >= unforeseen.MOST_TRIES:
                if await self._is_given_up(store_id, lane, error, tries) and lane != Lane.DELETE:
                    return
                seconds = long_pause_seconds(tries)
        _log.warning(
            "work_failed",
            store_id=store_id,
            reason=str(error),
            retry_in_seconds=round(seconds, 1),
        )
        self._again(store_id, lane, owner, seconds)

    async def _is_given_up(
        self, store_id: str, lane: Lane, error: UnforeseenError, tries: int
    ) -> bool:
        """Record the end of work that was tried often enough; tell whether that is recorded.

        Upkeep that has been given up is tried at each change, and told once until it has worked.
        """
        if lane in {Lane.OBSERVE, Lane.INSPECT} and tries > unforeseen.MOST_TRIES:
            return True
        try:
            await give_up(self._context, store_id, lane, error)
        except Exception as failure:  # noqa: BLE001 - the log has both, and it is tried again later
            unforeseen.noted(failure, store_id=store_id, giving_up=error.error_id)
            return False
        if lane is Lane.PROVISION:
            self._unforeseen.pop((store_id, lane), None)
        return True

    def _again(self, store_id: str, lane: Lane, owner: str, seconds: float) -> None:
        def begin() -> None:
            self._retries.pop(store_id, None)
            self._queue.add(store_id, lane, owner)

        if (earlier := self._retries.pop(store_id, None)) is not None:
            earlier.cancel()
        self._retries[store_id] = asyncio.get_running_loop().call_later(seconds, begin)
