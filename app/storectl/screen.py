"""Holds the two consoles, and makes all text that people are shown."""

from rich.console import Console
from rich.text import Text

from app.storectl.printable import printable


class _Console(Console):
    """Passes the error of a closed pipe on to ``ending``.

    rich's own Console exits with code 1 instead.
    """

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


out = _Console(highlight=False)
errors = _Console(stderr=True, highlight=False)


def text(content: str, *, style: str = "", is_right: bool = False) -> Text:
    """Return text that is safe for the terminal; all output for people is made here."""
    return Text(printable(content), style=style, justify="right" if is_right else None)
