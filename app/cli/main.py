"""The operator's command line: ``python -m app serve``, ``python -m app token …`` and others."""

import asyncio
import socket
import sys
from typing import NoReturn

import typer
import uvicorn
from pydantic import ValidationError

from app.cli.adoption import add_adopt_command
from app.cli.cluster import cluster_commands
from app.cli.database import database_commands
from app.cli.doctor import add_doctor_command
from app.cli.links import add_link_command
from app.cli.owners import owner_commands
from app.cli.settings_table import settings_table
from app.cli.tokens import token_commands
from app.graphql.app import build_schema
from app.http.listening import listen
from app.http.server import Server
from app.limits.connections import RequestTimeoutProtocol
from app.main import create_app
from app.settings import Settings
from app.storectl.printable import printable
from app.telemetry import logging
from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    ConfigurationError,
    DatabaseUnavailableError,
    OtherClusterError,
)
from provisioner.storage.migrations import migrate

cli = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
_PING_SECONDS = 20.0  # idle proxies cut a websocket at 30 s
_GRACE_SECONDS = 30
_TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: the same command may well succeed later


def main() -> None:
    """Run a command; print errors that an operator can fix without a traceback.

    The exit code is 2 for a wrong configuration, and 75 when the database or the cluster cannot be
    used now.
    """
    try:
        cli()
    except (ConfigurationError, ClusterRejectedError, OtherClusterError) as error:
        typer.echo(printable(str(error)), err=True)
        sys.exit(2)
    except ClusterUnreachableError as error:
        typer.echo(printable(f"{error} Try again later."), err=True)
        sys.exit(_TRY_AGAIN)
    except DatabaseUnavailableError as error:
        # Without an answer to the commit the change may have been made. To repeat it blindly could
        # make it twice.
        then = (
            "Check first whether the change was made."
            if error.is_outcome_unknown
            else "Try again later."
        )
        typer.echo(f"{error} {then}", err=True)
        sys.exit(_TRY_AGAIN)


@cli.command()
def serve() -> None:
    """Serve the API and work on stores until SIGTERM."""
    settings = _settings()
    logging.configure(settings.log_level, settings.log_format)
    server = Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            # ``app.http.addresses`` reads the headers of proxies instead, and explains why.
            proxy_headers=False,
            http=RequestTimeoutProtocol,
            ws="websockets-sansio",
            ws_max_size=settings.max_request_bytes,
            # Compressing frames of a few hundred bytes doubles their cost in CPU and memory.
            ws_per_message_deflate=False,
            ws_ping_interval=_PING_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            # Requests have a log of their own, and ``logging.configure`` sets the format of all
            # lines.
            log_level="warning",
            access_log=False,
            log_config=None,
        )
    )
    server.run(_sockets(settings))
    # uvicorn's Server returns without an exception when the application cannot start.
    if not server.started:
        sys.exit(1)


@cli.command(name="schema")
def print_schema() -> None:
    """Print the GraphQL schema."""
    typer.echo(build_schema().as_str())


@cli.command(name="settings")
def print_settings() -> None:
    """Print the table of all settings, in Markdown."""
    typer.echo(settings_table(), nl=False)


@cli.command(name="migrate")
def migrate_command() -> None:
    """Update the database to the newest schema."""
    asyncio.run(migrate(_settings().database_url))


def _sockets(settings: Settings) -> list[socket.socket] | None:
    """Return the sockets to serve at, or None where uvicorn can open what it serves at."""
    if settings.host != "::" and not settings.closed_shops_port:
        return None
    found = listen(settings.host, settings.port)
    if settings.closed_shops_port:
        host = settings.closed_shops_host or settings.host
        port, setting = settings.closed_shops_port, "STORE_PLATFORM_CLOSED_SHOPS_PORT"
        found += listen(host, port, setting)
    return found


def _settings() -> Settings:
    try:
        return Settings.read()
    except ValidationError as error:
        _stop("; ".join(_wrong(found["loc"], found["msg"]) for found in error.errors()))


def _wrong(place: tuple[int | str, ...], message: str) -> str:
    # Operators set environment variables and do not know the names of our fields. What is wrong
    # about several of them together is at no place, and its message names them.
    return f"STORE_PLATFORM_{str(place[0]).upper()}: {message}" if place else message


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


add_doctor_command(cli, _settings)
add_adopt_command(cli, _settings)
_tokens = token_commands(_settings)
add_link_command(_tokens, _settings)
cli.add_typer(_tokens, name="token")
cli.add_typer(owner_commands(_settings), name="owner")
cli.add_typer(database_commands(_settings), name="database")
cli.add_typer(cluster_commands(_settings), name="cluster")
