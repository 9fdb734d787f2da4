"""Brings a store from any status to DELETED.

A store is DELETED only once the API server has said that its namespace does not exist.

If a delete makes no progress, the store becomes FAILED after a while, with the delete's error. Its
target stays DELETED. The delete is then tried again and again, each time for a short while, and
ends like any other as soon as it succeeds. Nobody has to ask for it again. Asking again only has it
tried at once.
"""

import asyncio
from datetime import timedelta

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import TerminalError
from provisioner.domain.operations import Operation, OperationKind, OperationStatus
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Reason, StepName, Store, StoreStatus
from provisioner.domain.transitions import DELETE_STEPS
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.holders import holders, remedy
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.steps import Outcome, StepRunner

_RECHECK = timedelta(seconds=10)
"""How often the API server is asked, in case the event of the watch never comes."""
_STUCK_AFTER = timedelta(seconds=20)
"""How long a namespace may terminate before what blocks it becomes the store's reason."""
_ROUND = timedelta(seconds=30)
"""How long one more try of a delete takes at most, when its time limit is over already."""
_TRIED_ON = (
    "The platform keeps trying, at growing intervals. To have it try at once, delete the store"
    " again."
)


async def delete(context: ReconcileContext, store: Store) -> Store:
    """Remove everything that belongs to the store, then mark it as deleted.

    Return the store FAILED if that did not succeed within the time limit. Raises TerminalError when
    a step fails before; then the store stays DELETING, with that reason.
    """
    asked = _delete_of(await context.records.snapshot(store.id))
    # A FAILED store may also have failed at being built. Then its delete was not begun yet.
    is_begun = asked is not None and asked.status is OperationStatus.RUNNING
    is_late = is_begun and store.status is StoreStatus.FAILED
    if not is_late and store.status is not StoreStatus.DELETING:
        # A replica of an older version records no operation when it is asked to delete a store.
        begins = OperationKind.DELETE if asked is None else None
        store = await context.records.transition(store, StoreStatus.DELETING, begins=begins)
    removal = _Removal(context, store)
    try:
        async with asyncio.timeout(_seconds_left(context, store)) as limit:
            await removal.run()
    except TimeoutError:
        if not limit.expired():  # a time limit of something within the work, not of the delete
            raise
        return await removal.fail(None)
    except TerminalError as error:
        if is_late or _is_over(context, store):
            return await removal.fail(error.reason)
        await removal.tell(error.reason)
        raise
    return await removal.finish()


def _delete_of(snapshot: StoreSnapshot) -> Operation | None:
    operation = snapshot.operation
    is_delete = operation is not None and operation.kind is OperationKind.DELETE
    return operation if is_delete else None


def _seconds_left(context: ReconcileContext, store: Store) -> float:
    limit = context.settings.delete_timeout
    began = store.operation_started_at or context.clock.now()
    left = began + limit - context.clock.now()
    # When the limit is over, each further try still gets a round, or all of a shorter limit.
    return max(left, min(_ROUND, limit)).total_seconds()


def _is_over(context: ReconcileContext, store: Store) -> bool:
    began = store.operation_started_at or context.clock.now()
    return context.clock.now() >= began + context.settings.delete_timeout


class _Removal:
    """One try to remove a store.

    ``_current`` is the step that is being done. ``_held`` is the latest reason that was told for
    the delay.
    """

    def __init__(self, context: ReconcileContext, store: Store) -> None:
        self._context = context
        self._store = store
        self._steps = StepRunner(context, store)
        self._current = DELETE_STEPS[0]
        self._held: Reason | None = None

    async def run(self) -> None:
        work = {
            StepName.HELM_UNINSTALL: self._uninstall,
            StepName.NAMESPACE_GONE: self._remove_namespace,
        }
        for self._current in DELETE_STEPS:
            await self._steps.run(self._current, work[self._current])

    async def finish(self) -> Store:
        """Mark the store as deleted, now that nothing of it is left."""
        records = self._context.records
        # The observer may forget the namespace before it sees the last pods go.
        await records.record_pods(self._store.id, ())
        # A late delete ends a FAILED store, and only DELETING leads to DELETED.
        if self._store.status is not StoreStatus.DELETING:
            self._store = await records.transition(
                self._store, StoreStatus.DELETING, message="What held the deletion is gone."
            )
        store = await records.transition(self._store, StoreStatus.DELETED)
        self._context.observer.forget(store.namespace)
        return store

    async def tell(self, reason: Reason) -> None:
        """Make this the store's reason, unless it is so already."""
        self._held = reason
        if self._is_late:
            reason = _tried_on(reason)
        if self._store.reason != reason:
            self._store = await self._context.records.transition(
                self._store, self._store.status, reason=reason
            )

    async def fail(self, reason: Reason | None) -> Store:
        """Make the store FAILED with this reason, unless it is so already; return the store.

        Without a reason the time limit is over: then the best explanation that is known is told.
        """
        if reason is None:
            seen = self._steps.progress
            await self._steps.fail(self._current, seen)
            reason = self._held or self._stuck() or self._too_slow(seen)
        reason = _tried_on(reason)
        if not self._is_late or self._store.reason != reason:
            self._store = await self._context.records.transition(
                self._store, StoreStatus.FAILED, reason=reason
            )
        return self._store

    @property
    def _is_late(self) -> bool:
        return self._store.status is StoreStatus.FAILED

    def _stuck(self) -> Reason | None:
        """Return what blocks the namespace's deletion in the cluster's words, or None."""
        namespace = self._store.namespace
        seen = self._context.observer.observe(namespace)
        if not (held := holders(seen)):
            return None
        message = f"Namespace {namespace} cannot be removed. {held} {remedy(seen)}"
        return Reason(ReasonCode.NAMESPACE_STUCK, message)

    def _too_slow(self, seen: str) -> Reason:
        minutes = self._context.settings.delete_timeout.total_seconds() / 60
        message = f"The store was not gone within {minutes:g} minutes. Last seen: {seen}"
        return Reason(ReasonCode.NOT_DELETED_IN_TIME, message)

    async def _uninstall(self) -> Outcome:
        if not await self._context.cluster.namespace_exists(self._store.namespace):
            return Outcome("There is no namespace, so no release either.", is_skipped=True)
        seen = self._context.observer.observe(self._store.namespace).namespace
        if seen is not None and seen.is_terminating:
            # The platform's RoleBinding is deleted with everything else in the namespace, and a new
            # one cannot be created there: helm might lose its rights in the middle.
            return Outcome(
                "The namespace is being deleted already, and the release with it.", is_skipped=True
            )
        await ensure_rights(self._context, self._store.namespace)
        output = await self._context.helm.uninstall(
            release=self._store.release, namespace=self._store.namespace
        )
        return Outcome(f"helm uninstalled release {self._store.release}.", output)

    async def _remove_namespace(self) -> Outcome:
        namespace = self._store.namespace
        if await self._context.cluster.delete_namespace(namespace):
            await self._until_gone()
        return Outcome(f"Namespace {namespace} is gone, with everything in it.")

    async def _until_gone(self) -> None:
        observer, namespace = self._context.observer, self._store.namespace
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            # Read before the look: a change after it then ends the wait below at once.
            revision = observer.revision(namespace)
            seen = observer.observe(namespace)
            # A watch may also lose a namespace whose label was removed, so the API server is asked.
            if seen.namespace is None and not await self._context.cluster.namespace_exists(
                namespace
            ):
                return
            is_told = seen.namespace is not None and seen.namespace.blockers
            held = f" {holders(seen)}" if is_told else ""
            await self._steps.report(
                StepName.NAMESPACE_GONE, f"Namespace {namespace} is terminating.{held}"
            )
            is_long = self._is_late or loop.time() >= began + _STUCK_AFTER.total_seconds()
            if is_long and (stuck := self._stuck()) is not None:
                await self.tell(stuck)
            try:
                async with asyncio.timeout(_RECHECK.total_seconds()):
                    await observer.changed(namespace, revision)
            except TimeoutError:
                if not await self._context.cluster.namespace_exists(namespace):
                    return


def _tried_on(reason: Reason) -> Reason:
    return Reason(reason.code, f"{reason.message} {_TRIED_ON}")
