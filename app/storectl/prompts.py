"""Lets Ctrl-C end a question to the user at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt blocking code inside ``asyncio.run``. Raises KeyboardInterrupt."""
    # ``asyncio.run`` installs a handler that only cancels the main task at the first Ctrl-C. Code
    # that blocks the event loop, such as a prompt, would not notice it.
    noted = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except typer.Abort as error:  # typer's prompts raise it in the place of KeyboardInterrupt
        raise KeyboardInterrupt from error
    finally:
        signal.signal(signal.SIGINT, noted)
