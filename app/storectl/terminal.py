"""What commands have in common: output, the signed-in API, and how they end."""

import asyncio
import json
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from app.storectl import account
from app.storectl.errors import INTERRUPTED, StorectlError

if TYPE_CHECKING:
    from app.storectl.api import Api

T = TypeVar("T")

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's own words as JSON.")]


def say(*lines: str) -> None:
    """Print lines for people, as they are: never cut, never taken for markup."""
    for line in lines:
        out.print(Text(line), soft_wrap=True)


def warn(message: str) -> None:
    """Print a line on stderr."""
    errors.print(Text(message), soft_wrap=True)


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


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
    """Run a command's work. An error of ours ends the process with its message and exit code."""
    try:
        return asyncio.run(work)
    except StorectlError as error:
        warn(str(error))
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
