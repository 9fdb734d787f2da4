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


def backoff_seconds(doublings: int, *, first: float, cap: float, least: float = 1 / 4) -> float:
    """Return a random wait of at most ``first`` seconds, doubled so many times, up to ``cap``.

    It is at least the ``least`` part of that: whoever has failed does not come back at once.
    """
    ceiling = min(cap, first * 2.0 ** min(doublings, 10))
    return random.uniform(ceiling * least, ceiling)  # noqa: S311 - spreads load, guards nothing


def pause_seconds(failures: int) -> float:
    """Return how long to wait after the n-th failure in a row (n from 1)."""
    return backoff_seconds(failures, first=FIRST_SECONDS, cap=CAP_SECONDS)


def long_pause_seconds(failures: int) -> float:
    """Return how long to wait after the n-th failure of what is tried on only now and then."""
    return backoff_seconds(failures, first=LONG_FIRST_SECONDS, cap=LONG_CAP_SECONDS, least=1 / 2)


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
