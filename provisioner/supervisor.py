"""Puts the domain together and keeps its root tasks running: none may end before the service does.

The API answers as soon as the database is there. Work on stores begins once the first lists of all
watches are in, so that "not seen" never means "not looked yet"; until then ``problem`` says why.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import structlog

from provisioner.access import TokenService
from provisioner.admin_login import AdminLogins
from provisioner.audit import AuditLog
from provisioner.broadcast import AnnounceToAll, Broadcaster
from provisioner.capped_audit import CappedAudit
from provisioner.change_feed import ChangeFeed
from provisioner.changes import ChangeLog
from provisioner.clock import SystemClock
from provisioner.database import Database
from provisioner.engines import EngineCatalogue
from provisioner.helm import HelmClient, HelmSettings
from provisioner.housekeeping import Housekeeper
from provisioner.kube import KubeCluster
from provisioner.kube_api import KubeApi
from provisioner.listing import StoreListing
from provisioner.measuring import Unmeasured
from provisioner.migrations import migrate
from provisioner.models import Retention, StoreSnapshot
from provisioner.observer import ClusterObserver
from provisioner.parts import Parts, WorkSettings
from provisioner.patrol import Patrol
from provisioner.ports import Measurements
from provisioner.prober import HttpProber
from provisioner.quota import Quota
from provisioner.reconciler import Reconciler
from provisioner.releases import ReleaseReader
from provisioner.repository import StoreRepository
from provisioner.self_check import SelfCheck
from provisioner.service import StoreService
from provisioner.tokens import TokenRepository
from provisioner.work_queue import Lane, WorkQueue

_log = structlog.get_logger(__name__)

_OBSERVERS = 2
_INSPECTORS = 1


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
    retention: Retention
    quota: Quota


@dataclass(frozen=True, slots=True)
class Platform:
    """The running domain, as the service above it sees it."""

    stores: StoreService
    tokens: TokenRepository
    access: TokenService
    audit: AuditLog
    capped_audit: CappedAudit
    observer: ClusterObserver
    broadcaster: Broadcaster
    changes: ChangeFeed
    queue: WorkQueue
    check: SelfCheck

    def problem(self) -> str | None:
        """Return what keeps the platform from working on stores just now, or None."""
        return self.check.cluster_problem()


@asynccontextmanager
async def running_platform(
    settings: PlatformSettings, measurements: Measurements | None = None
) -> AsyncIterator[Platform]:
    """Run the domain for as long as the context is open.

    Raises ConfigurationError when a setting, an engine or the kubeconfig is wrong. On leaving, work
    that is under way gets helm's grace; what is not done goes on at the next start.
    """
    engines = EngineCatalogue.load(settings.engine_folders)
    measurements = measurements or Unmeasured()
    async with AsyncExitStack() as stack:
        await migrate(settings.database_url)
        database = Database(settings.database_url, connections=settings.database_connections)
        await database.connect()
        stack.push_async_callback(database.close)
        api = await KubeApi.connect(settings.kubeconfig, settings.kube_context)
        stack.push_async_callback(api.close)
        cluster = KubeCluster(api)
        prober = await stack.enter_async_context(HttpProber(settings.ingress))

        async def read_snapshot(store_id: str) -> StoreSnapshot:
            return await records.snapshot(store_id)

        clock, queue = SystemClock(), WorkQueue()
        broadcaster = Broadcaster(read_snapshot)
        changes = ChangeFeed(ChangeLog(database))
        records = StoreRepository(database, clock, AnnounceToAll(broadcaster, changes))

        def on_recorded(store_id: str) -> None:
            reconciler.wake_by_id(store_id)

        observer = ClusterObserver(cluster, records, on_recorded)
        parts = Parts(
            records=records,
            cluster=cluster,
            helm=HelmClient(settings.helm, measurements),
            releases=ReleaseReader(api),
            observer=observer,
            prober=prober,
            engines=engines,
            clock=clock,
            settings=settings.work,
            measurements=measurements,
        )
        reconciler = Reconciler(parts, queue)
        service = StoreService(
            records=records,
            listing=StoreListing(database),
            broadcaster=broadcaster,
            reconciler=reconciler,
            queue=queue,
            engines=engines,
            logins=AdminLogins(cluster, engines),
            clock=clock,
            measurements=measurements,
            shop_url=settings.shop_url,
            max_concurrent_provisions=settings.max_concurrent_provisions,
            quota=settings.quota,
        )
        for store in await records.undeleted():
            reconciler.wake(store)
        workers = {
            Lane.PROVISION: settings.max_concurrent_provisions,
            Lane.DELETE: settings.max_concurrent_deletes,
            Lane.OBSERVE: _OBSERVERS,
            Lane.INSPECT: _INSPECTORS,
        }
        audit = AuditLog(database, clock)
        housekeeper = Housekeeper(records, reconciler, audit, clock, settings.retention)
        upkeep: dict[str, Callable[[], Awaitable[NoReturn]]] = {"housekeeper": housekeeper.run}
        if settings.work.drift_interval is not None:
            patrol = Patrol(records.undeleted, reconciler, settings.work.drift_interval)
            upkeep["patrol"] = patrol.run
        await stack.enter_async_context(_root_tasks(observer, reconciler, upkeep, workers))
        tokens = TokenRepository(database, clock)
        yield Platform(
            stores=service,
            tokens=tokens,
            access=TokenService(tokens, clock),
            audit=audit,
            capped_audit=CappedAudit(audit, clock),
            observer=observer,
            broadcaster=broadcaster,
            changes=changes,
            queue=queue,
            check=SelfCheck(
                database=database, observer=observer, helm=settings.helm.program, engines=engines
            ),
        )


@asynccontextmanager
async def _root_tasks(
    observer: ClusterObserver,
    reconciler: Reconciler,
    upkeep: Mapping[str, Callable[[], Awaitable[NoReturn]]],
    workers: Mapping[Lane, int],
) -> AsyncIterator[None]:
    """Run the root tasks, each named; one that fails ends the service rather than limp on."""

    async def once_synced(run: Callable[[], Awaitable[NoReturn]]) -> None:
        await observer.synced()
        await run()

    async with asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[None]] = [
            group.create_task(reflector.run(), name=f"watch {reflector.kind.name}")
            for reflector in observer.reflectors
        ]
        tasks.append(group.create_task(observer.run(), name="observer"))
        for name, run in upkeep.items():
            tasks.append(group.create_task(once_synced(run), name=name))
        for lane, number in workers.items():
            for index in range(number):
                name = f"worker {lane.name} {index}"
                run = partial(reconciler.work, lane)
                tasks.append(group.create_task(once_synced(run), name=name))
        try:
            yield
        finally:
            _log.info("stopping", tasks=len(tasks))
            for task in tasks:
                task.cancel()
