"""Asks for a backup of every store at intervals, spread so that not all are due at once."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from provisioner.domain.errors import ConflictError, RefusedError
from provisioner.domain.ports import Clock
from provisioner.domain.stores import Store, StoreTask
from provisioner.reconcile.tasks import Tasks
from provisioner.storage.store_backups import BackupTimes
from provisioner.storage.store_tasks import TaskRepository

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 60.0
_SPREAD = 0.1
"""How much earlier or later than the interval a store's backup is due, as a part of it."""
_FIRST = timedelta(minutes=30)
"""Within this time after a store is ready its first backup is made, or within the interval."""
_AFTER_FAILURE = timedelta(hours=1)
"""How long after a backup that failed the next one is made, at first."""


class BackupSchedule:
    """Asks for backups. ``times`` returns when each store that takes backups had one.

    ``interval`` is the mean time between two backups of a store.
    """

    def __init__(
        self,
        times: Callable[[], Awaitable[Sequence[BackupTimes]]],
        records: TaskRepository,
        tasks: Tasks,
        clock: Clock,
        interval: timedelta,
    ) -> None:
        self._times = times
        self._records = records
        self._tasks = tasks
        self._clock = clock
        self._interval = interval

    async def run(self) -> NoReturn:
        """Ask for what is due, every minute, for ever. A failure is only logged.

        The next round tries again, and this root task must not end.
        """
        while True:
            try:
                await self.go_round()
            except Exception:  # noqa: BLE001 - see the docstring
                _log.exception("backup_schedule_failed")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def go_round(self) -> None:
        """Ask once for a backup of each store that is due."""
        now = self._clock.now()
        for times in await self._times():
            if due_at(times, self._interval) <= now:
                await self._ask(times.store)

    async def _ask(self, store: Store) -> None:
        try:
            begun = await self._records.begin(
                store.id, StoreTask.BACKUP, "A backup is due by the schedule."
            )
        except (ConflictError, RefusedError):
            return  # something else is done with the store: the next round looks again
        self._tasks.wake(begun)


def due_at(times: BackupTimes, interval: timedelta) -> datetime:
    """Return when a store's next backup is due.

    A store's place within the spread is always the same, so that stores stay apart. After one that
    failed the next comes the later the longer there has been none, up to the interval: what is
    wrong may be nothing that passes, and each try stands in the store's history.
    """
    place = zlib.crc32(times.store.id.encode()) / 2**32
    made, tried = times.made_at, times.tried_at
    if made is None:
        opened = times.store.ready_at or times.store.created_at
        due = opened + min(_FIRST, interval) * place
    else:
        due = made + interval * (1 - _SPREAD + 2 * _SPREAD * place)
    if tried is None or (made is not None and made >= tried):
        return due
    # The last one has failed, or is still under way.
    return tried + min(max(tried - due, _AFTER_FAILURE), interval)
