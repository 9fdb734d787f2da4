"""Commands ``python -m app cluster …``: show or forget the cluster that the stores live in."""

import asyncio
from collections.abc import Callable

import typer

from app.cli.offline import opened_database, record_of
from app.settings import Settings
from provisioner.domain.clock import SystemClock
from provisioner.storage.audit_log import AuditLog
from provisioner.storage.cluster_memory import ClusterMemory


def cluster_commands(read_settings: Callable[[], Settings]) -> typer.Typer:
    """Return the commands; ``read_settings`` is called when one runs."""
    cli = typer.Typer(no_args_is_help=True, help="The cluster that the stores live in.")

    @cli.command("show")
    def show() -> None:
        """Print the uid of the cluster's namespace kube-system, which identifies the cluster."""
        typer.echo(asyncio.run(_remembered(read_settings().database_url)) or "none yet")

    @cli.command("forget")
    def forget() -> None:
        """Forget the cluster: the one that the service connects to next becomes the right one.

        Use this only when the old cluster is gone for good. Its stores are then reported as lost.
        They can be built again, without their data.
        """
        uid = asyncio.run(_forget(read_settings().database_url))
        typer.echo(f"Forgot {uid}." if uid else "There was none to forget.")

    return cli


async def _remembered(url: str) -> str | None:
    async with opened_database(url) as database:
        return await ClusterMemory(database, SystemClock()).remembered()


async def _forget(url: str) -> str | None:
    async with opened_database(url) as database:
        clock = SystemClock()
        uid = await ClusterMemory(database, clock).forget()
        # Without a remembered cluster nothing has changed, so there is nothing to record.
        if uid is not None:
            await AuditLog(database, clock).record(record_of("forgetCluster", {"uid": uid}))
        return uid
