"""Puts the domain together and keeps its root tasks running: none may end before the service does.

The API answers as soon as the database is there, on every replica. Stores are worked on by one of
them at a time (``leadership``), once its first look at the cluster is over; until then ``problem``
says why.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from provisioner.access import TokenService
from provisioner.admin_login import AdminLogins
from provisioner.audit import AuditLog
from provisioner.broadcast import AnnounceToAll, Broadcaster
from provisioner.capped_audit import CappedAudit
from provisioner.change_feed import ChangeFeed
from provisioner.change_listener import ChangeListener
from provisioner.changes import ChangeLog
from provisioner.clock import SystemClock
from provisioner.cluster_memory import ClusterMemory
from provisioner.database import Database
from provisioner.database_url import DatabaseUrl
from provisioner.dispatcher import Dispatcher
from provisioner.doctor import ClusterDoctor
from provisioner.engines import EngineCatalogue
from provisioner.helm import HelmSettings
from provisioner.kept_names import NameRules
from provisioner.kube import KubeCluster
from provisioner.kube_api import KubeApi
from provisioner.leadership import Leadership
from provisioner.lease import Lease
from provisioner.listing import StoreListing
from provisioner.measuring import Unmeasured
from provisioner.migrations import migrate
from provisioner.models import Retention, Store, StoreSnapshot
from provisioner.owner_moves import claim
from provisioner.parts import WorkSettings
from provisioner.ports import Measurements
from provisioner.prober import HttpProber
from provisioner.quota import Quota
from provisioner.releases import ReleaseReader
from provisioner.repository import StoreRepository
from provisioner.self_check import SelfCheck
from provisioner.service import StoreService
from provisioner.sign_in_codes import SignInCodes
from provisioner.sole_process import sole_process
from provisioner.term import Tools, running_term
from provisioner.token_tree import IssuerTrust
from provisioner.tokens import TokenRepository


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """What the domain is told by the operator.

    ``database_connections`` are kept open at most. ``shop_url`` is a pattern such as
    ``http://{name}.store.localhost``; ``ingress`` the base URL at which the API reaches the ingress
    controller, or None where shop host names resolve.
    """

    database_url: str
    database_connections: int
    engine_folders: tuple[Path, ...]
    kubeconfig: Path | None
    kube_context: str | None
    helm: HelmSettings
    work: WorkSettings
    shop_url: str
    ingress: str | None
    max_concurrent_provisions: int
    max_concurrent_deletes: int
    lease_seconds: float
    retention: Retention
    quota: Quota
    names: NameRules
    issuer: IssuerTrust | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """The running domain, as the service above it sees it."""

    stores: StoreService
    tokens: TokenRepository
    access: TokenService
    sign_in_codes: SignInCodes
    audit: AuditLog
    capped_audit: CappedAudit
    broadcaster: Broadcaster
    changes: ChangeFeed
    leadership: Leadership
    check: SelfCheck

    def problem(self) -> str | None:
        """Return what keeps the platform from working on stores just now, or None."""
        return self.check.cluster_problem()


@asynccontextmanager
async def running_platform(
    settings: PlatformSettings, measurements: Measurements | None = None
) -> AsyncIterator[Platform]:
    """Run the domain for as long as the context is open.

    Raises ConfigurationError when a setting, an engine or the kubeconfig is wrong, or the database
    is another process' alone. On leaving, work that is under way gets helm's grace; what is not
    done goes on at the next start, or at another replica.
    """
    engines = EngineCatalogue.load(settings.engine_folders)
    measurements = measurements or Unmeasured()
    async with AsyncExitStack() as stack:
        url = DatabaseUrl.parse(settings.database_url)
        if url.file is not None:
            with url.opening():
                url.make_folder()
                stack.enter_context(sole_process(url.file))
        await migrate(settings.database_url)
        database = await _connected(stack, settings.database_url, settings.database_connections)
        if settings.issuer is not None:
            await claim(database, settings.issuer.source)
        clock = SystemClock()
        api, helm = await _cluster_of(settings, ClusterMemory(database, clock))
        databases = [database]
        stack.push_async_callback(api.close)
        cluster, releases = KubeCluster(api), ReleaseReader(api)
        prober = await stack.enter_async_context(HttpProber(settings.ingress))

        async def read_snapshot(store_id: str) -> StoreSnapshot:
            return await records.snapshot(store_id)

        dispatcher = Dispatcher()
        broadcaster = Broadcaster(read_snapshot)
        changes = ChangeFeed(ChangeLog(database))
        followers = AnnounceToAll(broadcaster, changes)
        # What several replicas share tells them all of a change, the one that made it included.
        announcer = followers if database.is_sqlite else AnnounceToAll()
        records = StoreRepository(database, clock, announcer)
        tools = Tools(
            cluster=cluster,
            helm=helm,
            doctor=ClusterDoctor(api, releases),
            releases=releases,
            prober=prober,
            engines=engines,
            clock=clock,
            announcer=announcer,
            measurements=measurements,
            settings=settings.work,
            retention=settings.retention,
            max_concurrent_provisions=settings.max_concurrent_provisions,
            max_concurrent_deletes=settings.max_concurrent_deletes,
        )
        leadership = Leadership(
            database,
            await _lease(stack, settings, databases),
            seconds=settings.lease_seconds,
            dispatcher=dispatcher,
            begin=partial(running_term, tools),
        )
        roots = {"leadership": leadership.run}
        if not database.is_sqlite:

            def on_changed(store: Store) -> None:
                followers.announce(store.id)
                dispatcher.hear(store)

            listener = ChangeListener(database, on_changed)
            await listener.begin()
            for store in await records.undeleted():
                dispatcher.wake(store)
            roots |= {"listen": listener.listen, "read changes": listener.read}
        await stack.enter_async_context(_root_tasks(roots))
        await leadership.settled()
        tokens = TokenRepository(database, clock, settings.issuer)
        audit = AuditLog(database, clock)
        yield Platform(
            stores=StoreService(
                records=records,
                listing=StoreListing(database),
                broadcaster=broadcaster,
                dispatcher=dispatcher,
                engines=engines,
                logins=AdminLogins(cluster, engines),
                clock=clock,
                measurements=measurements,
                shop_url=settings.shop_url,
                max_concurrent_provisions=settings.max_concurrent_provisions,
                quota=settings.quota,
                names=settings.names,
            ),
            tokens=tokens,
            access=TokenService(tokens, clock),
            sign_in_codes=SignInCodes(database, tokens, clock),
            audit=audit,
            capped_audit=CappedAudit(audit, clock),
            broadcaster=broadcaster,
            changes=changes,
            leadership=leadership,
            check=SelfCheck(
                databases=databases,
                observer=lambda: leadership.observer,
                helm=settings.helm.program,
                engines=engines,
            ),
        )


async def _cluster_of(
    settings: PlatformSettings, memory: ClusterMemory
) -> tuple[KubeApi, HelmSettings]:
    """Return the API server, and helm's settings, which lead to the same one."""
    shared = settings.helm.state / "kubeconfig"
    shared.unlink(missing_ok=True)  # an earlier life's: helm shall find none before it is accepted
    api = await KubeApi.connect(
        settings.kubeconfig, settings.kube_context, shared=shared, recognise=memory.recognise
    )
    return api, settings.helm if api.is_pod else replace(settings.helm, kubeconfig=shared)


async def _connected(stack: AsyncExitStack, url: str, connections: int) -> Database:
    database = Database(url, connections=connections, logs_trouble=True)
    await database.connect()
    stack.push_async_callback(database.close)
    return database


async def _lease(
    stack: AsyncExitStack, settings: PlatformSettings, databases: list[Database]
) -> Lease | None:
    """Return the lease on a connection of its own, where it waits for nothing; None on SQLite.

    That connection's ``Database`` is added to ``databases``.
    """
    if DatabaseUrl.parse(settings.database_url).is_sqlite:
        return None
    database = await _connected(stack, settings.database_url, 1)
    databases.append(database)
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    return Lease(database, holder=holder, seconds=settings.lease_seconds)


@asynccontextmanager
async def _root_tasks(
    roots: Mapping[str, Callable[[], Coroutine[Any, Any, NoReturn]]],
) -> AsyncIterator[None]:
    """Run the root tasks, each named; one that fails ends the service rather than limp on."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(), name=name) for name, run in roots.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
