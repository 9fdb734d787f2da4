"""Commands ``python -m app owner …``: list owners of stores and tokens, and move what they own.

A move is needed when somebody's name comes from a new source, for example when an issuer replaces
our own tokens.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Annotated

import typer

from app.cli.offline import opened_database, record_of
from app.cli.tokens import stop
from app.settings import Settings
from provisioner.domain.clock import SystemClock
from provisioner.domain.owners import LOCAL, MAX_NAME, Owner, normal_name
from provisioner.storage.audit_log import AuditedAction, AuditLog
from provisioner.storage.owner_moves import Holdings, holdings, move

_SOURCE = re.compile(rf"{LOCAL}|https?://\S+")


def owner_commands(read_settings: Callable[[], Settings]) -> typer.Typer:
    """Return the commands; ``read_settings`` is called when one runs."""
    cli = typer.Typer(no_args_is_help=True, help="Owners of stores and tokens.")

    @cli.command("list")
    def list_owners() -> None:
        """List everybody who has stores or tokens, with the source of their name."""
        for found in asyncio.run(_holdings(read_settings().database_url)):
            typer.echo(f"{found.owner.source}  {found.owner.subject}  {_count(found)}")

    @cli.command("move")
    def move_owner(
        giver: Annotated[str, typer.Argument(metavar="OWNER", help="The present owner.")],
        taker: Annotated[str, typer.Argument(metavar="NEW-OWNER", help="The new owner.")],
        source: Annotated[
            str, typer.Option(help="The source of the owner's name: see `owner list`.")
        ] = LOCAL,
        new_source: Annotated[
            str,
            typer.Option(help="The source of the new owner's name: `local`, or an issuer's URL."),
        ] = LOCAL,
    ) -> None:
        """Give all stores and tokens of one owner to another. Stop the service first."""
        given, taken = Owner(source, giver), Owner(new_source, taker)
        # A name with a wrong source belongs to nobody: what is moved to it would be lost to its
        # owner, because source and name are compared exactly.
        if not _SOURCE.fullmatch(new_source):
            stop(f"--new-source must be `{LOCAL}` or the URL that the issuer calls itself by.")
        if normal_name(taker) != taker or given == taken:
            stop(f"NEW-OWNER must be another owner, of 1 to {MAX_NAME} printable characters.")
        done = asyncio.run(_move(read_settings().database_url, given, taken))
        typer.echo(f"Moved: {_count(done)}.")

    return cli


async def _holdings(url: str) -> list[Holdings]:
    async with opened_database(url) as database:
        return await holdings(database)


async def _move(url: str, giver: Owner, taker: Owner) -> Holdings:
    record = record_of("moveOwner", {"from": giver.values, "to": taker.values})
    async with opened_database(url) as database:
        # A misspelt name would otherwise look like a successful move of nothing.
        if giver not in [found.owner for found in await holdings(database)]:
            stop(f"{giver.subject} ({giver.source}) owns nothing: see `owner list`.")
        audit = AuditedAction(AuditLog(database, SystemClock()), record)
        return await move(database, giver, taker, audit=audit)


def _count(found: Holdings) -> str:
    return f"{found.stores} stores, {found.tokens} tokens"
