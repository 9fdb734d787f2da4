"""Tells this replica of every change of a store, whichever replica made it.

When a change is committed, PostgreSQL sends a notice to every replica that listens. The notice is
only a reason to read: the changed stores are read from the table, above the last number that was
read. So a lost notice does no harm. The next notice, a new connection, or the regular read after
some seconds makes up for it. Behind a pooler no notice ever comes; there the regular reads are more
frequent and do all the work.
"""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from provisioner.domain.backoff import pause_seconds
from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.domain.stores import Store
from provisioner.storage.change_log import CHANNEL, ChangeLog
from provisioner.storage.database import Database

_log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0  # between reads without a notice, in case one was lost
UNTOLD_LOOK_SECONDS = 0.5  # the same where no notice can come: it delays every change for others
_BATCH = 500  # stores in memory at a time


class ChangeListener:
    """Reads changes as they come, and calls ``on_changed`` with each changed store."""

    def __init__(self, database: Database, on_changed: Callable[[Store], None]) -> None:
        self._database = database
        self._log = ChangeLog(database)
        self._on_changed = on_changed
        self._noticed = asyncio.Event()
        self._position = 0

    async def begin(self) -> None:
        """Start after the latest change so far; earlier ones are not reported."""
        self._position = (await self._log.counter()).latest

    async def listen(self) -> NoReturn:
        """Hold a connection that gets notices, and open another when it ends, for ever."""
        failures = 0
        if not self._database.can_notify:
            _log.info("changes_polled", every_seconds=UNTOLD_LOOK_SECONDS)
            await asyncio.Event().wait()  # a root task may not end, even if it has nothing to do
        while True:
            try:
                async with self._database.listening(CHANNEL, self._noticed.set) as ended:
                    failures = 0
                    self._noticed.set()  # read what changed while nobody listened
                    await ended.wait()
            except DatabaseUnavailableError as error:
                _log.warning("not_listening", reason=str(error.__cause__))
            except Exception:  # noqa: BLE001 - a root task that ended would end the service
                _log.exception("not_listening")
            failures += 1
            await asyncio.sleep(pause_seconds(failures))

    async def read(self) -> NoReturn:
        """Read the changes after each notice, and after each interval without one, for ever."""
        seconds = LOOK_SECONDS if self._database.can_notify else UNTOLD_LOOK_SECONDS
        while True:
            try:
                async with asyncio.timeout(seconds):
                    await self._noticed.wait()
            except TimeoutError:
                pass  # no notice came: read all the same
            # Before reading and not after: a notice that comes during the read means another read.
            self._noticed.clear()
            try:
                await self._catch_up()
            except DatabaseUnavailableError as error:
                _log.warning("changes_not_read", reason=str(error.__cause__))
            except Exception:  # noqa: BLE001 - the position is unchanged, so the next read makes up
                _log.exception("changes_not_read")

    async def _catch_up(self) -> None:
        while True:
            position, stores = await self._log.touched(self._position, limit=_BATCH)
            for store in stores:
                self._on_changed(store)
            self._position = position
            if len(stores) < _BATCH:
                return
