"""Retries with exponential backoff: pauses that grow up to a cap, with random jitter."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from provisioner.domain.errors import TransientError

T = TypeVar("T")

FIRST_SECONDS, CAP_SECONDS = 0.5, 15.0
"""The longest first pause, and the longest pause, of retries that may succeed at any moment."""
LONG_FIRST_SECONDS, LONG_CAP_SECONDS = 30.0, 3600.0
"""The same for work that has failed for so long that nobody expects it to recover by itself."""


def backoff_seconds(doublings: int, *, first: float, cap: float, least: float = 1 / 4) -> float:
    """Return a random pause in seconds, below a ceiling that doubles with each failure.

    The ceiling is ``first`` seconds after zero ``doublings`` and never more than ``cap`` seconds.
    The pause is at least the fraction ``least`` of the ceiling, so that no retry comes at once.
    """
    # Without a bound on the exponent the power overflows a float after about a thousand failures.
    ceiling = min(cap, first * 2.0 ** min(doublings, 10))
    # Random, so that clients that failed at the same moment do not all come back together.
    return random.uniform(ceiling * least, ceiling)  # noqa: S311 - spreads load, guards nothing


def pause_seconds(failures: int) -> float:
    """Return how many seconds to wait after the n-th failure in a row (n starts at 1)."""
    return backoff_seconds(failures, first=FIRST_SECONDS, cap=CAP_SECONDS)


def long_pause_seconds(failures: int) -> float:
    """Return how many seconds to wait after the n-th failure of work that is rarely retried."""
    return backoff_seconds(failures, first=LONG_FIRST_SECONDS, cap=LONG_CAP_SECONDS, least=1 / 2)


async def patiently(
    work: Callable[[], Awaitable[T]], on_trouble: Callable[[TransientError], Awaitable[None]]
) -> T:
    """Run ``work`` again after each TransientError, with growing pauses, until it succeeds.

    ``on_trouble`` is awaited with each of these errors. Any other error is raised at once. There is
    no limit on the number of tries: the caller puts a timeout around the call.
    """
    failures = 0
    while True:
        try:
            return await work()
        except TransientError as error:
            failures += 1
            await on_trouble(error)
            # A server that says when to come back (``Retry-After``) must not be asked earlier.
            await asyncio.sleep(max(pause_seconds(failures), error.retry_after_seconds or 0.0))
