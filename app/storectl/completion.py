"""Completes the names of stores in the shell, if the platform answers quickly enough."""

import asyncio
from typing import Annotated

import typer

_SECONDS = 5.0  # the shell waits for the answer while the user does
_MOST = 100  # the most stores that the API returns in one page


def store_names(incomplete: str) -> list[str]:
    """Return the names of the user's stores that begin with a text; never raise an exception."""
    try:
        return asyncio.run(_names(incomplete))
    except Exception:  # noqa: BLE001 - a message would be written into the user's command line
        return []


async def _names(incomplete: str) -> list[str]:
    from app.storectl import documents  # noqa: PLC0415 - only when the user presses tab
    from app.storectl.terminal import connected  # noqa: PLC0415

    async with asyncio.timeout(_SECONDS):
        data = await connected().execute(
            documents.STORES, first=_MOST, filter={"nameContains": incomplete}
        )
    names = [edge["node"]["name"] for edge in data["stores"]["edges"]]
    # The API's filter finds the text anywhere in a name.
    return [name for name in names if name.startswith(incomplete)]


Key = Annotated[
    str,
    typer.Argument(metavar="NAME_OR_ID", help="The store.", autocompletion=store_names),
]
"""The argument of a command on one store."""
