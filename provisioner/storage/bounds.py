"""How long anything about the database is waited for: nothing is waited for without end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from provisioner.domain.errors import DatabaseUnavailableError


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits in seconds. Those of waiting are below an operation's time, so that callers hear why.

    ``turn_seconds``: for others of this process, until a connection or the turn to write is free.
    ``lock_seconds``: for another process that holds SQLite's lock; it is looked for again every
    ``look_seconds``. ``finish_seconds``: for a write that nobody waits for any more, and
    ``close_seconds``: for all work that is under way when the database is closed.
    ``stuck_seconds``: longer than a connection is ever in use, all other limits considered; one
    that is will not come back by itself.
    """

    turn_seconds: float = 8.0
    lock_seconds: float = 5.0
    look_seconds: float = 0.1
    finish_seconds: float = 30.0
    close_seconds: float = 10.0
    stuck_seconds: float = 120.0


async def in_turn(
    acquire: Callable[[], Awaitable[object]], seconds: float, said_when_late: str
) -> None:
    """Acquire something that is shared. Raises DatabaseUnavailableError after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            await acquire()
    except TimeoutError as error:
        raise DatabaseUnavailableError(said_when_late) from error
