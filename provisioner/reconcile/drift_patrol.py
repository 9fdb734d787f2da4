"""Asks for a check for drift of every ready store: at the start, then at intervals with jitter."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NoReturn

import structlog

from provisioner.domain.stores import Store
from provisioner.domain.transitions import Action, decide
from provisioner.reconcile.reconciler import Reconciler

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = (0.5, 1.5)  # between two stores: a check costs the API server about 0.1 s
_JITTER = (0.75, 1.25)  # factors of the interval


class Patrol:
    """Asks for the checks, one after the other. ``stores`` returns all that are not deleted.

    ``interval`` is the mean time between the starts of two rounds.
    """

    def __init__(
        self,
        stores: Callable[[], Awaitable[Sequence[Store]]],
        reconciler: Reconciler,
        interval: timedelta,
    ) -> None:
        self._stores = stores
        self._reconciler = reconciler
        self._interval = interval

    async def run(self) -> NoReturn:
        """Go through all stores again and again, for ever. A failure is only logged.

        The next round tries again, and this root task must not end.
        """
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.go_round()
            except Exception:  # noqa: BLE001 - see the docstring
                _log.exception("patrol_failed")
            pause = self._interval.total_seconds() * random.uniform(*_JITTER)  # noqa: S311
            await asyncio.sleep(max(began + pause - loop.time(), _PAUSE_SECONDS[0]))

    async def go_round(self) -> None:
        """Ask for one check of each ready store, with a pause after each."""
        for store in await self._stores():
            if decide(store.status, store.target) is Action.OBSERVE:
                self._reconciler.inspect(store.id)
                await asyncio.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311
