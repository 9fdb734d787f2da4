"""Command ``python -m app adopt``: records stores again that only the cluster still knows."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from app.cli.offline import opened_database, record_of
from app.settings import Settings
from app.storectl.printable import one_line
from app.telemetry import logging
from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import ConflictError, RefusedError
from provisioner.domain.ports import Cluster, Releases
from provisioner.domain.stores import Store
from provisioner.kubernetes.api import KubeApi, Recognise
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.releases import ReleaseReader
from provisioner.services.adoption import Adoption, Finding
from provisioner.storage.adoption import AdoptionRecords
from provisioner.storage.audit_log import AuditedAction, AuditLog
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.database import Database

Connect = Callable[[Settings, Recognise], AbstractAsyncContextManager[tuple[Cluster, Releases]]]
"""Opens the cluster. Nothing is sent to it before ``Recognise`` has accepted it."""


@asynccontextmanager
async def connected_cluster(
    settings: Settings, recognise: Recognise
) -> AsyncIterator[tuple[Cluster, Releases]]:
    """Open the cluster that the settings name; see ``Connect``."""
    api = await KubeApi.connect(settings.kubeconfig, settings.kube_context, recognise=recognise)
    try:
        yield KubeCluster(api), ReleaseReader(api)
    finally:
        await api.close()


def add_adopt_command(
    cli: typer.Typer, read_settings: Callable[[], Settings], connect: Connect = connected_cluster
) -> None:
    """Add the command; ``read_settings`` is called when it runs."""

    @cli.command("adopt")
    def adopt(
        *,
        is_confirmed: Annotated[
            bool, typer.Option("--yes", help="Record the stores, instead of only listing them.")
        ] = False,
    ) -> None:
        """Find stores in the cluster that the database does not know, and record them again.

        For the day after the database was lost, or restored from an older backup. Without --yes
        the stores are only listed. The service may run meanwhile; restart it afterwards, for it
        takes up such stores at its start.

        The exit code is 1 if a store could not be recorded that the list has as one to record.
        """
        settings = read_settings()
        # What libraries have to say goes to stderr; stdout is the list's alone.
        logging.configure(logging.LogLevel.WARNING, settings.log_format)
        if not asyncio.run(_run(settings, connect, is_confirmed=is_confirmed)):
            raise typer.Exit(1)


@dataclass(slots=True)
class _Acquaintance:
    """Lets the remembered cluster pass, or any if none is remembered, and keeps its uid."""

    memory: ClusterMemory
    uid: str = ""

    async def recognise(self, uid: str) -> None:
        await self.memory.check(uid)
        self.uid = uid


async def _run(settings: Settings, connect: Connect, *, is_confirmed: bool) -> bool:
    """Return whether everything was recorded that was to be."""
    async with opened_database(settings.database_url) as database:
        met = _Acquaintance(ClusterMemory(database, SystemClock()))
        async with connect(settings, met.recognise) as (cluster, releases):
            adoption = Adoption(cluster, releases, AdoptionRecords(database, SystemClock()))
            findings = await adoption.find()
        adoptable = [found.store for found in findings if found.store and not found.problem]
        _list(findings)
        if not is_confirmed or not adoptable:
            _tell_outlook(len(adoptable))
            return True
        # The service remembers its cluster before it works on stores in it; so does this.
        await met.memory.recognise(met.uid)
        return await _adopt(database, adoption, adoptable)


def _list(findings: Sequence[Finding]) -> None:
    for found in findings:
        typer.echo(one_line(_sentence(found)))


def _sentence(found: Finding) -> str:
    what = f"{found.namespace}: {_described(found.store)}" if found.store else found.namespace
    if found.problem:
        return f"{what}: cannot be recorded. {found.problem}"
    state = "helm's release is there" if found.has_release else "helm has no finished release there"
    return f"{what}: {state}."


def _described(store: Store) -> str:
    owner = store.owner
    shown = f" called {owner.display_name}" if owner.display_name else ""
    return (
        f"{store.name}, of {owner.subject} ({owner.source}){shown},"
        f" {store.engine} {store.engine_version}, {store.url},"
        f" {store.contact_email or 'no e-mail address'}, created {store.created_at.isoformat()}"
    )


def _tell_outlook(adoptable: int) -> None:
    if adoptable == 0:
        typer.echo("Nothing was changed. There is no store to record.")
    else:
        what = "this store" if adoptable == 1 else f"these {adoptable} stores"
        typer.echo(f"Nothing was changed. Run again with --yes to record {what}.")


async def _adopt(database: Database, adoption: Adoption, stores: Sequence[Store]) -> bool:
    recorded = 0
    for store in stores:
        try:
            await adoption.adopt(store, _audited(database, store))
        # Somebody else has written to the database since the look at it.
        except ConflictError as error:
            typer.echo(f"{store.namespace} was not recorded. {error}")
        except RefusedError:
            typer.echo(
                f"{store.namespace} was not recorded. Another store has got the name"
                f" {store.name!r} meanwhile: run again to see which."
            )
        else:
            recorded += 1
    count = "1 store" if recorded == 1 else f"{recorded} stores"
    typer.echo(f"Recorded {count}. Restart the service, so that it takes up what was recorded.")
    return recorded == len(stores)


def _audited(database: Database, store: Store) -> AuditedAction:
    record = record_of(
        "adoptStore",
        {"name": store.name, "owner": store.owner.values, "namespace": store.namespace},
    )
    return AuditedAction(AuditLog(database, SystemClock()), record)
