"""What commands have in common: output, the signed-in API, and how they end."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from app.storectl import account
from app.storectl.errors import INTERRUPTED, ClosedError
from app.storectl.printable import printable, printable_json

if TYPE_CHECKING:
    from app.storectl.api import Api

T = TypeVar("T")


class _Console(Console):
    """Leaves it to ``ending`` what becomes of a closed pipe."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


out = _Console(highlight=False)
errors = _Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's own words as JSON.")]


def text(content: str, *, style: str = "", is_right: bool = False) -> Text:
    """Return text for the terminal. Everything that is printed for people comes through here."""
    return Text(printable(content), style=style, justify="right" if is_right else None)


def table_width() -> int | None:
    """Return how wide tables may be: the terminal's width, or None where there is no terminal."""
    return out.width if out.is_terminal else None


def say(*lines: str) -> None:
    """Print lines for people: never cut, never taken for markup."""
    for line in lines:
        out.print(text(line), soft_wrap=True)


def warn(message: str) -> None:
    """Print a line on stderr."""
    errors.print(text(message), soft_wrap=True)


def say_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON."""
    typer.echo(printable_json(value, indent=indent))


def say_either(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Print a value as JSON, or as its lines for people."""
    if as_json:
        say_json(value)
    else:
        say(*lines)


def connected(chosen: account.Account | None = None) -> "Api":
    """Return the API of the platform that the user is signed in to. Raises NotSignedInError."""
    from app.storectl.api import Api  # noqa: PLC0415 - half a second that --help need not wait

    return Api(chosen or account.current())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work. How it ends is told by ``ending``."""
    try:
        return asyncio.run(work)
    except BrokenPipeError as error:  # typer has endings of its own for this, and the next
        raise ClosedError from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
