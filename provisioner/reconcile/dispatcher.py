"""Where a store goes whose target or status changed: to the work on stores, if it is done here.

Where another replica leads, only the line of the stores that wait is kept, in the leader's order:
so any replica can tell a store's place in it.
"""

from typing import Protocol

from provisioner.domain.stores import Store, StoreStatus, StoreTarget
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.reconciler import Reconciler


class Work(Protocol):
    """The work on stores, while this replica does it."""

    @property
    def queue(self) -> WorkQueue:
        """What waits for work."""
        ...

    @property
    def reconciler(self) -> Reconciler:
        """Who does it."""
        ...


class Dispatcher:
    """Knows whether this replica works on stores."""

    def __init__(self) -> None:
        self._work: Work | None = None
        self._line = WorkQueue()

    def begin(self, work: Work) -> None:
        """Have stores worked on from now on."""
        self._work = work

    def end(self) -> None:
        """Have them no longer worked on; who waited keeps their place."""
        if self._work is not None:
            self._line = WorkQueue()
            for store_id, owner in self._work.queue.keys(Lane.PROVISION):
                self._line.add(store_id, Lane.PROVISION, owner)
        self._work = None

    def wake(self, store: Store) -> None:
        """Have a store looked at, because it or its target was changed."""
        if self._work is not None:
            self._work.reconciler.wake(store)
        elif _is_waiting(store):
            self._line.add(store.id, Lane.PROVISION, store.owner.key)
        else:
            self._line.drop(store.id, is_begun=store.status is StoreStatus.PROVISIONING)

    def hear(self, store: Store) -> None:
        """Take note of a store that changed, be it by another replica.

        Most changes are the work's own. What it has to be told of is what callers ask for: its
        first act on that is to move the store on, so that it is not asked for twice.
        """
        if self._work is None or _is_asked_for(store):
            self.wake(store)

    def position(self, store: Store) -> int | None:
        """Return a queued store's place among those that wait to be provisioned, from 1."""
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
