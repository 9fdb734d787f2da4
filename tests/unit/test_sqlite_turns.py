"""How long writers wait for their turn, while another process holds SQLite's lock and after."""

import asyncio
import sqlite3
from typing import cast

import pytest

from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.storage.bounds import Bounds
from provisioner.storage.sqlite import SQLiteTransactions
from provisioner.storage.sqlite_handle import SQLiteHandle
from tests.database_faults import sqlite_error
from tests.simulated_time import in_simulated_time

BOUNDS = Bounds(turn_seconds=60, lock_seconds=0, look_seconds=1)
SOON = 2 * BOUNDS.look_seconds
_busy = sqlite_error(sqlite3.SQLITE_BUSY)


class HandleOfALock:
    """Begins a transaction only while nobody else holds the lock."""

    is_free = False

    async def begin(self, *, is_writing: bool) -> None:  # noqa: ARG002 - of the interface
        if not self.is_free:
            raise _busy()


async def begin(life: SQLiteTransactions, handle: HandleOfALock) -> None:
    await life.begin(cast("SQLiteHandle", handle), is_writing=True)


async def take_turn(life: SQLiteTransactions) -> None:
    async with life.turn():
        pass


@in_simulated_time
async def test_while_the_lock_is_held_the_queue_is_told_soon() -> None:
    life, handle = SQLiteTransactions(BOUNDS), HandleOfALock()
    async with life.turn():
        waiting = asyncio.create_task(take_turn(life))
        await asyncio.sleep(SOON * 2)  # it has a whole turn's time so far
        assert not waiting.done()
        with pytest.raises(sqlite3.OperationalError):
            await begin(life, handle)
        with pytest.raises(DatabaseUnavailableError, match="Another process holds its lock"):
            await waiting


@in_simulated_time
async def test_once_the_lock_is_free_the_queue_has_its_time_again() -> None:
    life, handle = SQLiteTransactions(BOUNDS), HandleOfALock()
    with pytest.raises(sqlite3.OperationalError):
        await begin(life, handle)
    async with life.turn():
        # Given one who begins to wait while the lock seems to be held
        waiting = asyncio.create_task(take_turn(life))
        await asyncio.sleep(0)
        # When it is found free, and then work takes longer than the short time
        handle.is_free = True
        await begin(life, handle)
        await asyncio.sleep(SOON * 2)
    # Then they get their turn
    await waiting
