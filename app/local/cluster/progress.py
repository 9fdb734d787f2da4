"""Tells the person who waits what is going on."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from app.storectl.printable import printable

_LINE_SECONDS = 15.0
_REDRAW_SECONDS = 0.5
_BAR_WIDTH = 20
_CLEAR_LINE = "\r\x1b[2K"


@dataclass(slots=True)
class Progress:
    """How much of something is done, as far as that is known."""

    unit: str = ""
    """What is counted, in the plural."""
    done: int = 0
    total: int = 0
    """0: not known."""

    def __str__(self) -> str:
        if not self.total:
            return f"{self.done:,} {self.unit}"
        filled = "#" * (_BAR_WIDTH * self.done // self.total)
        return f"[{filled:-<{_BAR_WIDTH}}] {self.done:,} of {self.total:,} {self.unit}"


def say(message: str) -> None:
    """Print a line at once, to stderr: stdout is for results."""
    print(printable(message), file=sys.stderr, flush=True)


@contextmanager
def ticking(what: str) -> Iterator[Progress]:
    """Say what has begun, how far it has come, and how long it took.

    How far is what the block counts, or else the seconds so far: on a terminal kept up to date in
    place, elsewhere a line every 15 s.
    """
    began, over, progress = time.monotonic(), Event(), Progress()
    is_terminal = sys.stderr.isatty()

    def tick() -> None:
        while not over.wait(_REDRAW_SECONDS if is_terminal else _LINE_SECONDS):
            far = str(progress) if progress.done else f"{time.monotonic() - began:.0f} s so far"
            if is_terminal:
                _write(f"{_CLEAR_LINE}  {far}")
            else:
                say(f"  … {what}: {far}")

    say(f"{what} …")
    ticker = Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield progress
    finally:
        over.set()
        ticker.join()
        if is_terminal:
            _write(_CLEAR_LINE)
    say(f"  {what}: done in {time.monotonic() - began:.0f} s")


def _write(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
