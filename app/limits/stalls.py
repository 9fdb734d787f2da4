"""Notices a peer that does not read, with one timer for many messages."""

import asyncio
from collections.abc import Callable


class StallMonitor:
    """Context manager for each send, which calls ``on_stall`` when one takes too long.

    A stall is noticed after ``seconds`` at the earliest, and after twice as many at the latest. The
    timer is set by the first send, and again by itself for as long as something is being sent.
    """

    def __init__(self, seconds: float, on_stall: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_stall = on_stall
        self._number = 0  # sends that have begun
        self._done = 0  # sends that have ended
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._number += 1
        if self._timer is None:
            self._arm()

    def __exit__(self, *_: object) -> None:
        self._done += 1

    def end(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds, self._look, self._done)

    def _look(self, done_before: int) -> None:
        self._timer = None
        if self._done == self._number:
            return  # nothing is being sent; the next send sets the timer again
        # None has ended since the timer was set, so what is being sent has taken all that time.
        if self._done == done_before:
            self._on_stall()
        else:
            self._arm()
