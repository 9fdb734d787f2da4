"""Lets only a few requests of one address use the database at a time, so that others get a turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Lets at most ``at_a_time`` tasks of each key go on; the others wait in order."""

    def __init__(self, at_a_time: int) -> None:
        self._at_a_time = at_a_time
        # Weak, so that a semaphore goes when no task of its key holds it or waits for it.
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn, and keep it for as long as the context is open."""
        turns = self._turns.get(key)  # this reference keeps the semaphore alive
        if turns is None:
            turns = self._turns[key] = asyncio.Semaphore(self._at_a_time)
        async with turns:
            yield
