"""Turns the decision table into work: only one worker works on a store, and no store is forgotten.

Whatever goes wrong, the store is looked at again. After a lost race that happens at once. After a
problem of the cluster, helm or the database it happens after a pause, which grows. After an
unforeseen error the work is tried a few times, and then given up and recorded as such. A delete is
never given up, but tried at growing intervals.
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
from provisioner.reconcile.interruptible import InterruptibleWork
from provisioner.reconcile.provisioning import provision
from provisioner.reconcile.queue import Lane, WorkQueue

_log = structlog.get_logger(__name__)

# How long after a store became DEGRADED it is checked for drift, which may be the cause. Not at
# once: what heals by itself within that time is not drift.
INSPECT_SOON_SECONDS = 3.0

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
"""The lanes in which an action is done: the first, unless another one of these was asked for."""


class Reconciler:
    """Brings stores to their targets, by workers that take them from the queue."""

    def __init__(self, context: ReconcileContext, queue: WorkQueue) -> None:
        self._context = context
        self._queue = queue
        # All by store id. Nothing here has to survive a restart: the database says what is to do.
        self._running = InterruptibleWork()
        self._failures: dict[str, int] = {}  # in a row
        self._unforeseen: dict[tuple[str, Lane], int] = {}  # in a row, by lane too
        self._late: dict[str, int] = {}  # how often a late delete has failed
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._due: set[str] = set()  # a check for drift was asked for, and not done yet
        self._soon: set[str] = set()  # a check for drift will be asked for in a moment

    def wake(self, store: Store) -> None:
        """Queue a store, because its status or target changed.

        If its new target is DELETED, other work on it that is under way is interrupted. A helm that
        runs gets its grace, and then the delete begins.
        """
        action = decide(store.status, store.target)
        if action is Action.NOTHING:
            return
        self._queue.add(store.id, _LANES[action][0], store.owner.key)
        if action is Action.DELETE:
            self._running.interrupt(store.id)

    def wake_by_id(self, store_id: str) -> None:
        """Queue a store, because what the watches show of its namespace changed."""
        # Its status is not known here. ``_reconcile`` reads it, and moves the key to another lane
        # if it is not for upkeep.
        self._queue.add(store_id, Lane.OBSERVE)

    def inspect(self, store_id: str) -> None:
        """Queue a ready store for a check for drift, when no other work on it waits."""
        # The queue keeps only the highest lane of a key. ``_due`` keeps the wish for a check.
        self._due.add(store_id)
        self._queue.add(store_id, Lane.INSPECT)

    async def work(self, lane: Lane) -> NoReturn:
        """Work on the stores of one lane, one after the other, for ever. One worker runs this."""
        while True:
            store_id = await self._queue.take(lane)
            try:
                await self._work_on(store_id, lane)
            finally:
                self._queue.done(store_id)

    async def _work_on(self, store_id: str, lane: Lane) -> None:
        error = await self._running.run(
            store_id,
            self._reconcile(store_id, lane),
            name=f"{lane.name} {store_id}",
            may_be_interrupted=lane is not Lane.DELETE,
        )
        if error is not None:
            await self._after_failure(store_id, lane, error)

    async def _reconcile(self, store_id: str, lane: Lane) -> None:
        if lane is Lane.INSPECT:
            self._due.discard(store_id)
        try:
            store = await self._context.records.get(store_id)
        except NotFoundError:
            return  # purged by retention
        action = decide(store.status, store.target)
        if action is Action.NOTHING:
            return
        if lane not in _LANES[action]:
            # Queued in a lane of another kind of work. It must move, because the number of workers
            # of its own lane limits how many stores are built or deleted at a time.
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
        if after.status is StoreStatus.QUEUED:  # its shop is brought back as it was
            self._queue.add(store.id, Lane.PROVISION, store.owner.key)
        if lane is Lane.DELETE and after.status is StoreStatus.FAILED:
            self._delete_later(after)
        if after.status is StoreStatus.DEGRADED and after != store:
            self._inspect_soon(store.id)
        if store.id in self._due:
            # A check for drift was asked for while the store waited in a higher lane.
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
        """Return whether a late delete waits for its next try, and is still blocked.

        Otherwise every event of a namespace that cannot be removed would start another try. If the
        delete is asked for again, the store becomes QUEUED, and so it is tried at once.
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
        # The key is still held by this worker, so ``add`` only marks it to come back.
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
                # A delete goes on, for its target stays. Work whose end could not be recorded goes
                # on too: else the store would seem to be worked on for ever.
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
        """Give up work that was tried often enough; return whether that is recorded.

        Upkeep that was given up is still tried at each change of the store. Its end is recorded
        once, and again only after it has worked in between.
        """
        if lane in {Lane.OBSERVE, Lane.INSPECT} and tries > unforeseen.MOST_TRIES:
            return True
        try:
            after = await give_up(self._context, store_id, lane, error)
        except Exception as failure:  # noqa: BLE001 - both errors are logged, and work tried again
            unforeseen.noted(failure, store_id=store_id, giving_up=error.error_id)
            return False
        if after.status is StoreStatus.QUEUED:  # its shop is brought back as it was
            self._queue.add(store_id, Lane.PROVISION, after.owner.key)
        if lane is Lane.PROVISION:  # the store is FAILED; a retry begins with all its tries
            self._unforeseen.pop((store_id, lane), None)
        return True

    def _again(self, store_id: str, lane: Lane, owner: str, seconds: float) -> None:
        def begin() -> None:
            self._retries.pop(store_id, None)
            self._queue.add(store_id, lane, owner)

        # Only the latest failure decides when a store is tried again.
        if (earlier := self._retries.pop(store_id, None)) is not None:
            earlier.cancel()
        self._retries[store_id] = asyncio.get_running_loop().call_later(seconds, begin)
