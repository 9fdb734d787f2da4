"""Timeouts for everything that is done with the database: no wait lasts for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from provisioner.domain.errors import DatabaseUnavailableError


@dataclass(frozen=True, slots=True)
class Bounds:
    """Timeouts in seconds.

    ``turn_seconds``: how long to wait until a connection, or the turn to write, is free.
    ``lock_seconds``: how long to wait for another process that holds SQLite's lock, which is tried
    again every ``look_seconds``. ``finish_seconds``: how long a cancelled caller waits for its
    write to end. ``close_seconds``: how long closing the database waits for work under way.
    ``stuck_seconds``: after this time in use a connection counts as stuck. It is longer than all
    other timeouts together let a connection be in use.
    """

    # The first two are shorter than an operation of a caller may take: so the caller is told what
    # was waited for, and not only that time is over.
    turn_seconds: float = 8.0
    lock_seconds: float = 5.0
    look_seconds: float = 0.1
    finish_seconds: float = 30.0
    close_seconds: float = 10.0
    stuck_seconds: float = 120.0


async def in_turn(
    acquire: Callable[[], Awaitable[object]], seconds: float, said_when_late: str
) -> None:
    """Await ``acquire``; raise DatabaseUnavailableError(said_when_late) after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            await acquire()
    except TimeoutError as error:
        raise DatabaseUnavailableError(said_when_late) from error
