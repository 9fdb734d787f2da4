"""Tells the person who waits what is going on."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from app.storectl.printable import printable

_EVERY_SECONDS = 15.0


def say(message: str) -> None:
    """Print a line at once, to stderr: stdout is for results."""
    print(printable(message), file=sys.stderr, flush=True)


@contextmanager
def ticking(what: str) -> Iterator[None]:
    """Say what has begun, that it still goes on every 15 s, and how long it took."""
    began, over = time.monotonic(), Event()

    def tick() -> None:
        while not over.wait(_EVERY_SECONDS):
            say(f"  … {what}: {time.monotonic() - began:.0f} s so far")

    say(f"{what} …")
    ticker = Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        over.set()
        ticker.join()
    say(f"  {what}: done in {time.monotonic() - began:.0f} s")
