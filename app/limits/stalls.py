"""Notices a peer that does not read, with one timer now and then instead of one a message."""

import asyncio
from collections.abc import Callable


class StallMonitor:
    """A context for each thing that is sent; ``on_stall`` is called when one takes too long.

    Between ``seconds`` and twice that may pass. The timer goes on by itself while things are sent.
    """

    def __init__(self, seconds: float, on_stall: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_stall = on_stall
        self._number = 0
        self._done = 0
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._number += 1
        if self._timer is None:
            self._arm()

    def __exit__(self, *_: object) -> None:
        self._done += 1

    def end(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds, self._look, self._done)

    def _look(self, done_before: int) -> None:
        self._timer = None
        if self._done == self._number:
            return  # nothing is being sent: the next that is begins anew
        if self._done == done_before:
            self._on_stall()
        else:
            self._arm()
