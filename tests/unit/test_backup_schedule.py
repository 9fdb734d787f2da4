"""When a store's next backup is due, and what a round of the schedule asks for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.stores import Store, StoreTask
from provisioner.reconcile.backup_schedule import BackupSchedule, due_at
from provisioner.reconcile.tasks import Tasks
from provisioner.storage.store_backups import BackupTimes
from provisioner.storage.store_tasks import TaskRepository
from provisioner.testing import HandClock
from tests.stores import a_store

NOW = datetime(2026, 6, 2, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def a_ready_store() -> Store:
    return replace(a_store(now=NOW - 9 * DAY), ready_at=NOW - 8 * DAY)


class Begun:
    """Remembers what was asked for and woken; refuses the stores in ``refusing``."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.woken: list[str] = []
        self.refusing: dict[str, Exception] = {}

    async def begin(self, store_id: str, task: StoreTask, message: str) -> Store:
        assert (task, message) == (StoreTask.BACKUP, "A backup is due by the schedule.")
        if store_id in self.refusing:
            raise self.refusing[store_id]
        self.asked.append(store_id)
        return replace(a_ready_store(), id=store_id, task=task)

    def wake(self, store: Store) -> None:
        self.woken.append(store.id)


def a_schedule(begun: Begun, *times: BackupTimes) -> BackupSchedule:
    async def read() -> list[BackupTimes]:
        return list(times)

    return BackupSchedule(
        read, cast("TaskRepository", begun), cast("Tasks", begun), HandClock(NOW), DAY
    )


def test_the_first_backup_comes_within_half_an_hour() -> None:
    stores = [a_ready_store() for _ in range(200)]
    waits = [due_at(BackupTimes(s, None, None), DAY) - (NOW - 8 * DAY) for s in stores]
    assert all(timedelta() <= wait < timedelta(minutes=30) for wait in waits)
    assert max(waits) - min(waits) > timedelta(minutes=20)  # spread


def test_the_next_ones_come_at_the_interval_give_or_take_a_tenth() -> None:
    stores = [a_ready_store() for _ in range(200)]
    waits = [due_at(BackupTimes(s, NOW, NOW - HOUR), DAY) - NOW for s in stores]
    assert all(0.9 * DAY <= wait < 1.1 * DAY for wait in waits)
    assert max(waits) - min(waits) > 0.15 * DAY
    again = [due_at(BackupTimes(s, NOW, NOW - HOUR), DAY) - NOW for s in stores]
    assert again == waits  # each keeps its place


def test_after_one_that_failed_the_next_comes_in_an_hour() -> None:
    times = BackupTimes(a_ready_store(), NOW - DAY, NOW)
    assert NOW + HOUR <= due_at(times, DAY) < NOW + 3 * HOUR
    assert due_at(times, HOUR / 2) == NOW + HOUR / 2


@pytest.mark.parametrize("made", [None, NOW - 3 * DAY])
def test_what_fails_for_long_is_tried_once_in_an_interval(made: datetime | None) -> None:
    assert due_at(BackupTimes(a_ready_store(), made, NOW), DAY) == NOW + DAY


def test_the_pauses_grow_from_an_hour_to_the_interval() -> None:
    store, pauses = a_ready_store(), []
    now = due_at(BackupTimes(store, NOW, NOW), DAY)
    for _ in range(9):
        following = due_at(BackupTimes(store, NOW, now), DAY)
        pauses.append(following - now)
        now = following
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (HOUR, DAY)


async def test_a_round_asks_for_what_is_due_and_for_nothing_else() -> None:
    due, fresh, busy, gone = (a_ready_store() for _ in range(4))
    begun = Begun()
    begun.refusing = {
        busy.id: RefusedError(Refusal(RefusalCode.OPERATION_UNDER_WAY, "Busy.")),
        gone.id: ConflictError("Deleted."),
    }
    old = NOW - 2 * DAY

    await a_schedule(
        begun,
        BackupTimes(busy, old, old), BackupTimes(gone, old, old), BackupTimes(due, old, old),
        BackupTimes(fresh, NOW - HOUR, NOW - HOUR),
    ).go_round()  # fmt: skip

    assert begun.asked == begun.woken == [due.id]
