"""The operator's command line: ``python -m app serve`` and ``python -m app token …``."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import typer
import uvicorn
from pydantic import ValidationError

from app import logging
from app.graphql import build_schema
from app.main import create_app
from app.settings import Settings
from provisioner.clock import SystemClock
from provisioner.database import Database
from provisioner.migrations import migrate
from provisioner.models import Role
from provisioner.tokens import TokenRepository

T = TypeVar("T")

cli = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
token_cli = typer.Typer(no_args_is_help=True, help="Access tokens.")
cli.add_typer(token_cli, name="token")

_PING_SECONDS = 20.0  # idle proxies cut a websocket at 30 s
_GRACE_SECONDS = 30


@cli.command()
def serve() -> None:
    """Serve the API and work on stores, until SIGTERM."""
    settings = _settings()
    logging.configure()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            ws="websockets-sansio",
            # Compressing frames of a few hundred bytes doubles their cost in CPU and memory.
            ws_per_message_deflate=False,
            ws_ping_interval=_PING_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            log_level="warning",
            access_log=False,
            log_config=None,
        )
    )
    server.run()
    if not server.started:
        sys.exit(1)


@cli.command(name="schema")
def print_schema() -> None:
    """Print the GraphQL schema."""
    typer.echo(build_schema().as_str())


@cli.command(name="migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    migrate(_settings().database_url)


@token_cli.command("create")
def create_token(
    owner: Annotated[str, typer.Argument(help="Whose token it is; owns what is created with it.")],
    role: Annotated[
        Role, typer.Option(case_sensitive=False, help="What it allows.")
    ] = Role.OPERATOR,
) -> None:
    """Print a new token. It is shown this once: only its digest is stored."""
    typer.echo(asyncio.run(_with_tokens(lambda tokens: tokens.issue(owner, role))))


@token_cli.command("revoke")
def revoke_tokens(
    owner: Annotated[str, typer.Argument(help="Whose tokens to revoke.")],
) -> None:
    """Revoke every token of an owner."""
    typer.echo(f"{asyncio.run(_with_tokens(lambda tokens: tokens.revoke_all(owner)))} revoked.")


async def _with_tokens(work: Callable[[TokenRepository], Awaitable[T]]) -> T:
    url = _settings().database_url
    migrate(url)
    database = Database(url)
    await database.connect()
    try:
        return await work(TokenRepository(database, SystemClock()))
    finally:
        await database.close()


def _settings() -> Settings:
    try:
        return Settings.read()
    except ValidationError as error:
        wrong = (f"STORE_PLATFORM_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        _stop("; ".join(wrong))


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
