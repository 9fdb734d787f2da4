"""Asks the user before something is lost, and lets Ctrl-C end a question at once."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from app.storectl.errors import RefusedError, UsageError
from app.storectl.printable import printable


def confirm(question: str, *, verb: str, refused: str) -> None:
    """Ask a question that is answered with yes or no, and return at a yes.

    ``verb`` says what --yes does without asking. Raises UsageError when there is no terminal, and
    RefusedError with ``refused`` at a no.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"There is no terminal to confirm this. Pass --yes to {verb} without it.")
    with interruptible():
        if not typer.confirm(printable(question), err=True):
            raise RefusedError(refused)


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
