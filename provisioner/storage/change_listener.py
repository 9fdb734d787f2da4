"""Tells this replica of every change of a store, whichever replica made it.

PostgreSQL notifies all who listen when a change is committed. That is only a reason to look: what
changed is read from the table, above the last number that was read. So a notice that is lost, or
was never sent, is made up for by the next, by a new connection, or by the look at an interval.
Behind a pooler none ever comes, and the looks, which are more frequent then, are all there is.
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

LOOK_SECONDS = 3.0
UNTOLD_LOOK_SECONDS = 0.5
_BATCH = 500


class ChangeListener:
    """Reads changes as they come, and calls ``on_changed`` with each store that has any."""

    def __init__(self, database: Database, on_changed: Callable[[Store], None]) -> None:
        self._database = database
        self._log = ChangeLog(database)
        self._on_changed = on_changed
        self._noticed = asyncio.Event()
        self._position = 0

    async def begin(self) -> None:
        """Take what is there now as known."""
        self._position = (await self._log.counter()).latest

    async def listen(self) -> NoReturn:
        """Keep a connection that is notified, for ever."""
        failures = 0
        if not self._database.can_notify:
            _log.info("changes_looked_for", every_seconds=UNTOLD_LOOK_SECONDS)
            await asyncio.Event().wait()
        while True:
            try:
                async with self._database.listening(CHANNEL, self._noticed.set) as ended:
                    failures = 0
                    self._noticed.set()  # for what came before
                    await ended.wait()
            except DatabaseUnavailableError as error:
                _log.warning("not_listening", reason=str(error.__cause__))
            except Exception:  # noqa: BLE001 - nor may anything else end the service: it looks too
                _log.exception("not_listening")
            failures += 1
            await asyncio.sleep(pause_seconds(failures))

    async def read(self) -> NoReturn:
        """Read what changed whenever there is a reason to, for ever."""
        seconds = LOOK_SECONDS if self._database.can_notify else UNTOLD_LOOK_SECONDS
        while True:
            try:
                async with asyncio.timeout(seconds):
                    await self._noticed.wait()
            except TimeoutError:
                pass  # nothing was heard: look all the same
            self._noticed.clear()
            try:
                await self._catch_up()
            except DatabaseUnavailableError as error:
                _log.warning("changes_not_read", reason=str(error.__cause__))
            except Exception:  # noqa: BLE001 - what changed is read with the next look
                _log.exception("changes_not_read")

    async def _catch_up(self) -> None:
        while True:
            position, stores = await self._log.touched(self._position, limit=_BATCH)
            for store in stores:
                self._on_changed(store)
            self._position = position
            if len(stores) < _BATCH:
                return
