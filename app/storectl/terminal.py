"""Contains what all commands share: output, the signed-in API, and how they run."""

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
    """Passes the error of a closed pipe on to ``ending``.

    rich's own Console exits with code 1 instead.
    """

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


out = _Console(highlight=False)
errors = _Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's answer as JSON.")]


def text(content: str, *, style: str = "", is_right: bool = False) -> Text:
    """Return text that is safe for the terminal; all output for people is made here."""
    return Text(printable(content), style=style, justify="right" if is_right else None)


def table_width() -> int | None:
    """Return the terminal's width in characters, or None if the output is no terminal."""
    return out.width if out.is_terminal else None


def say(*lines: str) -> None:
    """Print lines for people, without cutting them or reading markup in them."""
    for line in lines:
        out.print(text(line), soft_wrap=True)


def warn(message: str) -> None:
    """Print a line on stderr."""
    errors.print(text(message), soft_wrap=True)


def say_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON."""
    typer.echo(printable_json(value, indent=indent))


def say_either(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Print a value as JSON, or print the lines for people."""
    if as_json:
        say_json(value)
    else:
        say(*lines)


def connected(chosen: account.Account | None = None) -> "Api":
    """Return the API of the platform that the user is signed in to. Raises NotSignedInError."""
    # Imported here, because it takes half a second that ``--help`` does not need.
    from app.storectl.api import Api  # noqa: PLC0415

    return Api(chosen or account.current())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; ``ending`` handles the errors that it raises."""
    try:
        return asyncio.run(work)
    # typer would end the program itself for both errors, for a closed pipe with exit code 1.
    except BrokenPipeError as error:
        raise ClosedError from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
