"""``python -m app token link``: links that sign somebody in to the pages, each of them once."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app.cli.offline import opened_database
from app.cli.tokens import record_of, stop
from app.settings import Settings
from provisioner.domain.clock import SystemClock
from provisioner.storage.audit_log import AuditedAction, AuditLog
from provisioner.storage.sign_in_codes import SignInCodes
from provisioner.storage.token_tree import TokenLine
from provisioner.storage.tokens import TokenRepository


@dataclass(frozen=True, slots=True)
class _Wanted:
    pages: Sequence[str]
    token_id: str | None
    lifetime: timedelta
    session: timedelta


def add_link_command(tokens: typer.Typer, read_settings: Callable[[], Settings]) -> None:
    """Add ``link`` to the commands about tokens; ``read_settings`` is called when it runs."""

    @tokens.command("link")
    def link(
        pages: Annotated[
            list[str],
            typer.Argument(help="The pages to open signed in, such as https://shops.example.com/."),
        ],
        token_id: Annotated[
            str | None,
            typer.Option(
                help="Whom it signs in, by a token's id; else the token is read on stdin."
            ),
        ] = None,
        minutes: Annotated[int, typer.Option(min=1, max=1440, help="Until the link expires.")] = 10,
        session_days: Annotated[
            int, typer.Option(min=1, max=365, help="Until whoever has signed in is signed out.")
        ] = 7,
    ) -> None:
        """Print a link to each page. It signs in as a token's owner, once, and has no token in it.

        What it signs in with has that token's role, and ends with it at the latest.
        """
        for page in pages:
            _check(page)
        lifetime, session = timedelta(minutes=minutes), timedelta(days=session_days)
        wanted = _Wanted(pages, token_id, lifetime, session)
        for line in asyncio.run(_links(read_settings(), wanted)):
            typer.echo(line)


def _check(page: str) -> None:
    parts = urlsplit(page)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        stop(f"{page!r} is no page to link to: give its address with http:// or https://.")


async def _links(settings: Settings, wanted: _Wanted) -> list[str]:
    async with opened_database(settings.database_url) as database:
        clock = SystemClock()
        tokens = TokenRepository(database, clock, settings.issuer_trust())
        log = AuditLog(database, clock)
        codes = SignInCodes(database, tokens, clock)
        line = await _find(tokens, wanted.token_id)
        token = line.token
        if (problem := line.problem(clock.now())) is not None:
            stop(f"{problem}: this token signs nobody in any more, so nor would a link.")
        record = record_of("createSignInCode", id=f"token_{token.id}")
        links: list[str] = []
        for page in wanted.pages:
            code = await codes.create(
                token,
                lifetime=wanted.lifetime,
                session=wanted.session,
                audit=AuditedAction(log, record),
            )
            links.append(f"{page}#code={code}")
        return links


async def _find(tokens: TokenRepository, token_id: str | None) -> TokenLine:
    if token_id is None:
        found = await tokens.find(_token_given())
    else:
        found = await tokens.line(token_id.removeprefix("token_"))
    if found is None:
        stop("There is no such token; `token list` has the ids of those that are there.")
    return found


def _token_given() -> str:
    if sys.stdin.isatty():
        given: str = typer.prompt("Token", hide_input=True, err=True)
        return given.strip()
    return sys.stdin.read().strip()
