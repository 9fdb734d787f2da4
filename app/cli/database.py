"""Commands ``python -m app database …``: copy the whole database, back it up, restore it."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.offline import opened_database, record_of
from app.settings import Settings
from provisioner.domain.clock import SystemClock
from provisioner.storage.audit_log import AuditLog

_KEEP = 14  # two weeks of daily backups


def database_commands(read_settings: Callable[[], Settings]) -> typer.Typer:
    """Return the commands; ``read_settings`` is called when one runs."""
    cli = typer.Typer(no_args_is_help=True, help="The database as a whole.")
    _add_copy(cli, read_settings)
    _add_backup(cli, read_settings)
    _add_restore(cli, read_settings)
    return cli


def _add_copy(cli: typer.Typer, read_settings: Callable[[], Settings]) -> None:
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


def _add_backup(cli: typer.Typer, read_settings: Callable[[], Settings]) -> None:
    @cli.command("backup")
    def backup(
        to: Annotated[Path, typer.Option(help="The folder that backups are kept in.")],
        keep: Annotated[
            int,
            typer.Option(
                min=1, help="How many good backups to keep there; older ones are removed."
            ),
        ] = _KEEP,
    ) -> None:
        """Make a backup, while the service runs: one file, which either kind of database takes."""
        from provisioner.storage.backup import back_up  # noqa: PLC0415 - as above

        began = time.monotonic()
        url, now = read_settings().database_url, SystemClock().now()
        made = asyncio.run(back_up(url, to, keep=keep, now=now))
        seconds = time.monotonic() - began
        megabytes = made.size_bytes / 1e6
        typer.echo(f"{made.file}: {megabytes:.1f} MB, {made.stores} stores, in {seconds:.1f} s")
        kept = "1 newer backup is" if keep == 1 else f"{keep} newer backups are"
        for name in made.removed:
            typer.echo(f"Removed {name}: {kept} kept.")
        for name in made.damaged:
            typer.echo(f"{name} is damaged, and is not counted: remove it.", err=True)


def _add_restore(cli: typer.Typer, read_settings: Callable[[], Settings]) -> None:
    @cli.command("restore")
    def restore_command(
        file: Annotated[Path, typer.Argument(help="The backup; it is not changed.")],
    ) -> None:
        """Restore a backup into an empty database, or nothing if it fails. Stop the service first.

        The database is that of STORE_PLATFORM_DATABASE_URL; a SQLite file need not exist.
        """
        from provisioner.storage.restoring import Restored, restore  # noqa: PLC0415 - as above

        async def work(url: str) -> Restored:
            restored = await restore(file, url)
            async with opened_database(url) as database:
                record = record_of("restoreDatabase", {"backup": file.name})
                await AuditLog(database, SystemClock()).record(record)
            return restored

        restored = asyncio.run(work(read_settings().database_url))
        for table, rows in restored.rows.items():
            typer.echo(f"{table}: {rows} rows")
        typer.echo(
            f"Restored. Start the service. Stores that were created after {_said(restored.made_at)}"
            " are in the cluster but not here: `python -m app adopt` lists them."
        )


def _said(made_at: datetime | None) -> str:
    return "the backup" if made_at is None else f"{made_at:%Y-%m-%d %H:%M:%S} UTC"
