"""Does something for all stores again and again: a root task, which must not end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 3600.0


async def for_ever(
    work: Callable[[], Awaitable[None]],
    *,
    failure: str,
    soon_seconds: float,
    pause_seconds: float = _PAUSE_SECONDS,
) -> NoReturn:
    """Do the work at once and then every hour. A failure is only logged, as the event ``failure``.

    It is tried again after ``soon_seconds``; use this for work of which nothing is lost until then.
    """
    while True:
        pause = pause_seconds
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - see the docstring
            _log.warning(failure, reason=str(error))
            pause = soon_seconds
        await asyncio.sleep(pause)
