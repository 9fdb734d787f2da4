"""Trying again: waits that grow, capped, with full jitter."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from provisioner.domain.errors import TransientError

T = TypeVar("T")

FIRST_SECONDS, CAP_SECONDS = 0.5, 15.0
LONG_FIRST_SECONDS, LONG_CAP_SECONDS = 30.0, 3600.0
"""For what has failed for so long that nobody waits for it to pass by itself."""


def pause_seconds(failures: int) -> float:
    """Return how long to wait after the n-th failure in a row (n from 1)."""
    ceiling = min(CAP_SECONDS, FIRST_SECONDS * 2.0 ** min(failures, 10))
    return random.uniform(ceiling / 4, ceiling)  # noqa: S311 - spreads load, guards nothing


def long_pause_seconds(failures: int) -> float:
    """Return how long to wait after the n-th failure of what is tried on only now and then."""
    ceiling = min(LONG_CAP_SECONDS, LONG_FIRST_SECONDS * 2.0 ** min(failures, 10))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads load, guards nothing


async def patiently(
    work: Callable[[], Awaitable[T]], on_trouble: Callable[[TransientError], Awaitable[None]]
) -> T:
    """Do ``work`` until it raises no TransientError; tell ``on_trouble`` about each that it does.

    There is no limit here: the caller's timeout ends it.
    """
    failures = 0
    while True:
        try:
            return await work()
        except TransientError as error:
            failures += 1
            await on_trouble(error)
            await asyncio.sleep(max(pause_seconds(failures), error.retry_after_seconds or 0.0))
