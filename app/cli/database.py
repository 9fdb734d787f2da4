"""Commands ``python -m app database …``: copy the whole database."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer

from app.settings import Settings


def database_commands(read_settings: Callable[[], Settings]) -> typer.Typer:
    """Return the commands; ``read_settings`` is called when one runs."""
    cli = typer.Typer(no_args_is_help=True, help="The database as a whole.")

    @cli.callback()
    def about() -> None:
        """Keep ``copy`` a subcommand: typer would make an only command the whole program."""

    @cli.command("copy")
    def copy(
        to: Annotated[
            str,
            typer.Option(
                envvar="STORE_PLATFORM_COPY_TO",
                show_envvar=True,
                help="The URL of an empty database. Others on the machine see a command line:"
                " a URL with a password belongs in the environment variable.",
            ),
        ],
    ) -> None:
        """Copy everything into another database, or nothing if it fails. Stop the service first."""
        # Imported here, because it loads 6 MB of libraries that the service never uses.
        from provisioner.storage.copying import copy_database  # noqa: PLC0415

        copied = asyncio.run(copy_database(read_settings().database_url, to))
        for table, rows in copied.items():
            typer.echo(f"{table}: {rows} rows")
        typer.echo("Copied. Set STORE_PLATFORM_DATABASE_URL to the new database, then start.")

    return cli
