"""Command ``python -m app token link``: prints links that each sign somebody in once."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app.cli.offline import opened_database, record_of
from app.cli.tokens import stop
from app.settings import Settings
from provisioner.domain.clock import SystemClock
from provisioner.storage.audit_log import AuditedAction, AuditLog
from provisioner.storage.sign_in_codes import SignInCodes
from provisioner.storage.token_tree import TokenLine
from provisioner.storage.tokens import TokenRepository


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The links to make: the pages, whose token, how long a link and a session last."""

    pages: Sequence[str]
    token_id: str | None
    lifetime: timedelta
    session: timedelta


def add_link_command(tokens: typer.Typer, read_settings: Callable[[], Settings]) -> None:
    """Add the command ``link`` to those about tokens; it calls ``read_settings`` when it runs."""

    @tokens.command("link")
    def link(
        pages: Annotated[
            list[str],
            typer.Argument(help="The pages to open signed in, such as https://shops.example.com/."),
        ],
        token_id: Annotated[
            str | None,
            typer.Option(
                help="The id of the token to sign in with. Without it, the token itself is read"
                " from standard input."
            ),
        ] = None,
        minutes: Annotated[
            int, typer.Option(min=1, max=1440, help="Minutes until the link expires.")
        ] = 10,
        session_days: Annotated[
            int, typer.Option(min=1, max=365, help="Days until the sign-in ends.")
        ] = 7,
    ) -> None:
        """Print a link to each page, which signs in once as the owner of a token.

        The link contains a code, not the token. The sign-in gets a token of its own, with the same
        role, which ends no later than the token given here.
        """
        for page in pages:
            _check(page)
        lifetime, session = timedelta(minutes=minutes), timedelta(days=session_days)
        wanted = _Wanted(pages, token_id, lifetime, session)
        for line in asyncio.run(_links(read_settings(), wanted)):
            typer.echo(line)


def _check(page: str) -> None:
    parts = urlsplit(page)
    # The code becomes the fragment of the link, so the page may not have one of its own.
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
            stop(f"{problem}: nobody can sign in with this token any more. Use another token.")
        record = record_of("createSignInCode", {"id": f"token_{token.id}"})
        links: list[str] = []
        for page in wanted.pages:
            code = await codes.create(
                token,
                lifetime=wanted.lifetime,
                session=wanted.session,
                audit=AuditedAction(log, record),
            )
            # In the fragment, because browsers do not send that to the server: so no access log
            # has the code.
            links.append(f"{page}#code={code}")
        return links


async def _find(tokens: TokenRepository, token_id: str | None) -> TokenLine:
    if token_id is None:
        found = await tokens.find(_token_given())
    else:
        found = await tokens.line(token_id.removeprefix("token_"))
    if found is None:
        stop("There is no such token. See `token list` for the ids of all tokens.")
    return found


def _token_given() -> str:
    # Never an argument, because other users of the machine can read a command line.
    if sys.stdin.isatty():
        given: str = typer.prompt("Token", hide_input=True, err=True)
        return given.strip()
    return sys.stdin.read().strip()
