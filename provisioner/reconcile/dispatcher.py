"""Passes on each store whose target or status changed to the work on stores, if it is done here.

If another replica leads, this one only keeps the line of waiting stores, in the leader's order. So
any replica can tell a store's place in the line.
"""

from typing import Protocol

from provisioner.domain.stores import Store, StoreStatus, StoreTarget
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.reconciler import Reconciler
from provisioner.reconcile.tasks import Tasks


class Work(Protocol):
    """The work on stores, while this replica does it."""

    @property
    def queue(self) -> WorkQueue:
        """What waits for work."""
        ...

    @property
    def reconciler(self) -> Reconciler:
        """The workers, which are woken for a store."""
        ...

    @property
    def tasks(self) -> Tasks:
        """The workers for tasks, which are woken for a store too."""
        ...


class Dispatcher:
    """Wakes the work on a store if this replica leads, and knows each store's place in the line."""

    def __init__(self) -> None:
        self._work: Work | None = None
        self._line = WorkQueue()

    def begin(self, work: Work) -> None:
        """Pass stores on to this work from now on: the replica has become the leader."""
        self._work = work

    def end(self) -> None:
        """Pass stores on no longer. Those that wait keep their places. May be called again."""
        if self._work is not None:
            self._line = WorkQueue()
            for store_id, owner in self._work.queue.keys(Lane.PROVISION):
                self._line.add(store_id, Lane.PROVISION, owner)
        self._work = None

    def wake(self, store: Store) -> None:
        """Wake the work on a store whose status or target was changed, or update the line."""
        if self._work is not None:
            self._work.reconciler.wake(store)
            self._work.tasks.wake(store)
        elif _is_waiting(store):
            self._line.add(store.id, Lane.PROVISION, store.owner.key)
        else:
            self._line.drop(store.id, is_begun=store.status is store.building_status)

    def hear(self, store: Store) -> None:
        """Take note of a store that changed here or at another replica.

        Most changes come from the work itself, and need not wake it. It must be told only of what
        callers ask for. The first thing that the work does then is to change the store's status, so
        the same request does not wake it twice.
        """
        if self._work is None or _is_asked_for(store):
            self.wake(store)
        elif store.task is not None:
            self._work.tasks.wake(store)

    def position(self, store: Store) -> int | None:
        """Return a queued store's place in the line, from 1; None if it is not in the line."""
        if store.status is not StoreStatus.QUEUED:
            return None
        queue = self._line if self._work is None else self._work.queue
        return queue.position(store.id)


def _is_waiting(store: Store) -> bool:
    return (store.status, store.target) == (StoreStatus.QUEUED, StoreTarget.READY)


def _is_asked_for(store: Store) -> bool:
    is_to_go = store.target is StoreTarget.DELETED
    is_going = store.status in {StoreStatus.DELETING, StoreStatus.DELETED}
    return _is_waiting(store) or (is_to_go and not is_going)
