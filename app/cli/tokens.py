"""Commands ``python -m app token …``: create, list and revoke access tokens.

They need no sign-in: whoever can read the service's settings can use them. The audit log records
their changes like changes through the API.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, NoReturn, Protocol, TypeVar

import typer

from app.cli.offline import opened_database, record_of
from app.settings import Settings
from app.storectl.printable import one_line
from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import COMMAND_LINE, LOCAL, Owner
from provisioner.services.tokens import TokenService
from provisioner.storage.audit_log import AuditedAction, AuditLog
from provisioner.storage.paging import MAX_PAGE
from provisioner.storage.token_tree import AccessToken
from provisioner.storage.tokens import TokenRepository, encode_cursor

T = TypeVar("T")

_LOCAL_ADMIN = Identity(COMMAND_LINE, Role.ADMIN)
_SOURCE = "The source of the owner's name: `local`, or an issuer's URL."


@dataclass(frozen=True, slots=True)
class _Opened:
    """The services that commands use while the database is open."""

    service: TokenService
    repository: TokenRepository
    audit_log: AuditLog

    def audited(self, action: str, **arguments: str) -> AuditedAction:
        return AuditedAction(self.audit_log, record_of(action, arguments))


class _Run(Protocol):
    """Opens the database, runs ``work`` with it, and returns the result of ``work``."""

    def __call__(self, work: Callable[[_Opened], Awaitable[T]]) -> T: ...


def token_commands(read_settings: Callable[[], Settings]) -> typer.Typer:
    """Return the commands; ``read_settings`` is called when one runs."""
    cli = typer.Typer(no_args_is_help=True, help="Access tokens.")

    def run(work: Callable[[_Opened], Awaitable[T]]) -> T:
        return asyncio.run(_with_tokens(read_settings().database_url, work))

    _add_create(cli, run)
    _add_list(cli, run)
    _add_revoke(cli, run)
    return cli


def _add_create(cli: typer.Typer, run: _Run) -> None:
    @cli.command("create")
    def create(
        owner: Annotated[
            str, typer.Argument(help="The token's owner, who also owns what it creates.")
        ],
        role: Annotated[
            Role, typer.Option(case_sensitive=False, help="What the token allows.")
        ] = Role.OPERATOR,
        description: Annotated[str, typer.Option(help="What the token is for.")] = "",
        expires_in_days: Annotated[
            int | None, typer.Option(help="Days until it expires. Without this it never does.")
        ] = None,
    ) -> None:
        """Create a token and print it. It cannot be shown again: only its digest is stored."""
        recorded = {"owner": owner, "role": role, "description": description}
        issued = run(
            lambda opened: opened.service.create(
                _LOCAL_ADMIN,
                owner=owner,
                role=role,
                description=description,
                expires_in_days=expires_in_days,
                audit=opened.audited("createToken", **recorded),
            )
        )
        typer.echo(issued.secret)


def _add_list(cli: typer.Typer, run: _Run) -> None:
    @cli.command("list")
    def list_tokens(
        owner: Annotated[str | None, typer.Option(help="List only this owner's tokens.")] = None,
        source: Annotated[str, typer.Option(help=_SOURCE)] = LOCAL,
        with_revoked: Annotated[  # noqa: FBT002 - typer makes it a flag
            bool, typer.Option("--revoked", help="List revoked tokens too.")
        ] = False,
    ) -> None:
        """List tokens, newest first. The tokens themselves are never shown."""
        whose = None if owner is None else Owner(source, owner)
        found = run(lambda opened: _all(opened.repository, whose, with_revoked=with_revoked))
        typer.echo("\n".join(_lines(found)))


def _add_revoke(cli: typer.Typer, run: _Run) -> None:
    @cli.command("revoke")
    def revoke(
        token_id: Annotated[str | None, typer.Argument(help="The id of one token.")] = None,
        owner: Annotated[str | None, typer.Option(help="Revoke all tokens of an owner.")] = None,
        source: Annotated[str, typer.Option(help=_SOURCE)] = LOCAL,
    ) -> None:
        """Revoke one token or all tokens of an owner, and every token that was made with them."""
        if (token_id is None) == (owner is None):
            stop("Name either one token's id (see `token list`) or an --owner.")
        if owner is not None:
            revoked = run(
                lambda opened: opened.repository.revoke_all(
                    Owner(source, owner),
                    audit=opened.audited("revokeToken", owner=owner, source=source),
                )
            )
            typer.echo(f"{revoked} revoked.")
        elif token_id is not None:
            run(
                lambda opened: opened.service.revoke(
                    _LOCAL_ADMIN,
                    token_id.removeprefix("token_"),  # ids in the API have this prefix
                    audit=opened.audited("revokeToken", id=token_id),
                )
            )
            typer.echo("1 revoked.")


async def _with_tokens(url: str, work: Callable[[_Opened], Awaitable[T]]) -> T:
    async with opened_database(url) as database:
        clock = SystemClock()
        tokens = TokenRepository(database, clock)
        opened = _Opened(TokenService(tokens, clock), tokens, AuditLog(database, clock))
        try:
            return await work(opened)
        except RefusedError as error:
            stop(str(error))


async def _all(
    tokens: TokenRepository, owner: Owner | None, *, with_revoked: bool
) -> list[AccessToken]:
    found: list[AccessToken] = []
    after, has_next = None, True
    while has_next:
        page = await tokens.page(
            owner=owner, first=MAX_PAGE, after=after, with_revoked=with_revoked
        )
        found += page.items
        has_next, after = page.has_next, encode_cursor(found[-1]) if found else None
    return found


def _lines(tokens: list[AccessToken]) -> list[str]:
    """Return the lines of a table. Ids are not shortened, so that they can be copied."""
    head = ("ID", "OWNER", "ROLE", "CREATED", "EXPIRES", "LAST USED", "REVOKED", "MADE BY", "FOR")
    rows = [head, *([one_line(cell) for cell in _cells(token)] for token in tokens)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _cells(token: AccessToken) -> tuple[str, ...]:
    moments = (token.created_at, token.expires_at, token.last_used_at, token.revoked_at)
    days = ("-" if at is None else at.date().isoformat() for at in moments)
    maker = token.maker.label if token.maker else "-"
    return (token.id, token.owner.label, token.role.lower(), *days, maker, token.description)


def stop(message: str) -> NoReturn:
    """Print the reason on standard error, and end the command with exit code 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)
