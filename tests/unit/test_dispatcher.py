"""A store that changed reaches the work where it is done; elsewhere it keeps its place in line."""

from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from provisioner.domain.stores import Store, StoreStatus, StoreTarget, StoreTask
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.reconciler import Reconciler
from provisioner.reconcile.tasks import Tasks
from tests.stores import a_store

S, T = StoreStatus, StoreTarget


class Woken:
    def __init__(self) -> None:
        self.ids: list[str] = []

    def wake(self, store: Store) -> None:
        self.ids.append(store.id)


@dataclass
class Work:
    woken: Woken = field(default_factory=Woken)
    woken_for_tasks: Woken = field(default_factory=Woken)
    queue: WorkQueue = field(default_factory=WorkQueue)

    @property
    def reconciler(self) -> Reconciler:
        return cast("Reconciler", self.woken)

    @property
    def tasks(self) -> Tasks:
        return cast("Tasks", self.woken_for_tasks)


def test_a_task_that_another_replica_was_asked_for_wakes_the_leaders_workers() -> None:
    dispatcher, work = Dispatcher(), Work()
    dispatcher.begin(work)
    idle = replace(a_store(), status=S.READY)
    dispatcher.hear(idle)
    assert (work.woken.ids, work.woken_for_tasks.ids) == ([], [])

    dispatcher.hear(replace(idle, task=StoreTask.BACKUP))

    assert (work.woken.ids, work.woken_for_tasks.ids) == ([], [idle.id])


def test_the_line_where_another_replica_leads() -> None:
    dispatcher = Dispatcher()
    first, second, third = a_store(), a_store(), a_store()
    rivals = a_store(owner="rival")
    for store in (first, second, third, rivals):
        dispatcher.wake(store)
    order = (first, rivals, second, third)  # owners take turns
    assert [dispatcher.position(store) for store in order] == [1, 2, 3, 4]

    dispatcher.hear(replace(first, status=S.PROVISIONING))
    assert [dispatcher.position(store) for store in (rivals, second, third)] == [1, 2, 3]
    dispatcher.hear(replace(second, target=T.DELETED))

    assert [dispatcher.position(store) for store in (rivals, third)] == [1, 2]
    assert dispatcher.position(replace(first, status=S.PROVISIONING)) is None
    assert dispatcher.position(second) is None


def test_what_waits_keeps_its_place_when_the_lead_is_lost() -> None:
    dispatcher, work = Dispatcher(), Work()
    first, second = a_store(), a_store()
    dispatcher.begin(work)
    for store in (first, second):
        work.queue.add(store.id, Lane.PROVISION)
    assert dispatcher.position(second) == 2

    dispatcher.end()

    assert [dispatcher.position(store) for store in (first, second)] == [1, 2]
    dispatcher.wake(first)
    assert work.woken.ids == []


@pytest.mark.parametrize(
    ("status", "target", "is_asked_for"),
    [
        (S.QUEUED, T.READY, True),
        (S.QUEUED, T.DELETED, True),
        (S.PROVISIONING, T.DELETED, True),
        (S.READY, T.DELETED, True),
        (S.FAILED, T.DELETED, True),
        # What the work itself wrote: waking it for that would be a circle
        (S.PROVISIONING, T.READY, False),
        (S.READY, T.READY, False),
        (S.DEGRADED, T.READY, False),
        (S.DELETING, T.DELETED, False),
        (S.DELETED, T.DELETED, False),
    ],
)
def test_the_work_hears_of_what_callers_ask_for(
    status: StoreStatus,
    target: StoreTarget,
    is_asked_for: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    dispatcher, work = Dispatcher(), Work()
    dispatcher.begin(work)
    store = replace(a_store(), status=status, target=target)

    dispatcher.hear(store)
    assert work.woken.ids == [store.id] * is_asked_for

    dispatcher.wake(store)  # a caller of this very replica
    assert work.woken.ids == [store.id] * (is_asked_for + 1)
