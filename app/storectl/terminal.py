"""Contains what all commands share: output, the signed-in API, and how they run."""

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.storectl import account
from app.storectl.errors import INTERRUPTED, ClosedError
from app.storectl.printable import printable_json

if TYPE_CHECKING:
    from app.storectl.api import Api

T = TypeVar("T")


AsJson = Annotated[bool, typer.Option("--json", help="Print the API's answer as JSON.")]


def table_width() -> int | None:
    """Return the terminal's width in characters, or None if the output is no terminal."""
    from app.storectl.screen import out  # noqa: PLC0415 - as below

    return out.width if out.is_terminal else None


def say(*lines: str) -> None:
    """Print lines for people, without cutting them or reading markup in them."""
    # Imported here, because it takes a tenth of a second that ``--help`` does not need.
    from app.storectl.screen import out, text  # noqa: PLC0415

    for line in lines:
        out.print(text(line), soft_wrap=True)


def warn(message: str) -> None:
    """Print a line on stderr."""
    from app.storectl.screen import errors, text  # noqa: PLC0415 - as above

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
    import asyncio  # noqa: PLC0415 - as above

    try:
        return asyncio.run(work)
    # typer would end the program itself for both errors, for a closed pipe with exit code 1.
    except BrokenPipeError as error:
        raise ClosedError from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
