"""Questions to the user, which Ctrl-C ends at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def interruptible() -> Iterator[None]:
    """Have Ctrl-C end what blocks: under asyncio the first one is only noted, and has no effect.

    Raises KeyboardInterrupt, also where typer makes an error of its own of it.
    """
    noted = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    finally:
        signal.signal(signal.SIGINT, noted)
