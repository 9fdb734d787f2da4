"""A few at a time: whatever one address asks of the database, others' requests come in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Lets so many of each key go on at a time; the others wait for their turn, in order."""

    def __init__(self, at_a_time: int) -> None:
        self._at_a_time = at_a_time
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn, and keep it for as long as the context is open."""
        turns = self._turns.get(key)
        if turns is None:
            turns = self._turns[key] = asyncio.Semaphore(self._at_a_time)
        async with turns:
            yield
