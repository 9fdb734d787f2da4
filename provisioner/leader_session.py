"""Runs the work on stores while this replica is the leader: one session for each election.

Everything here is created for a session and ends with it: the watches and what they know, the
queue, the workers and the upkeep. The work writes through the database object that the session is
given. It rejects every write once another replica leads (see ``leadership.lease``). Work begins
when the first lists of all watches are in, so that "not seen" never means "not looked yet".
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from provisioner.domain.engines import EngineCatalogue
from provisioner.domain.fence import Fence
from provisioner.domain.ports import Announcer, Clock, Doctor, Measurements, Prober, Releases
from provisioner.domain.stores import Retention, Store
from provisioner.domain.tasks import root_tasks
from provisioner.helm.client import HelmClient
from provisioner.helm.program import HelmProgram, HelmSettings
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.jobs import KubeJobs
from provisioner.kubernetes.observer import ClusterObserver
from provisioner.reconcile.backup_checks import BackupChecker
from provisioner.reconcile.backup_removal import BackupRemover
from provisioner.reconcile.backup_schedule import BackupSchedule
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.drift_patrol import Patrol
from provisioner.reconcile.offer_ends import OfferEnds
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.reconciler import Reconciler
from provisioner.reconcile.repositories import AccountKeeper
from provisioner.reconcile.retention import Housekeeper
from provisioner.reconcile.rights import RightsKeeper
from provisioner.reconcile.rollout_work import RolloutWork
from provisioner.reconcile.tasks import Tasks
from provisioner.storage.audit_log import AuditLog
from provisioner.storage.backup_checks import BackupChecks
from provisioner.storage.backup_removals import BackupRemovals
from provisioner.storage.database import Transactions
from provisioner.storage.event_retention import EventRetention
from provisioner.storage.operation_history import complete_history
from provisioner.storage.rollouts import Rollouts
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.storage.transfers import Transfers

_log = structlog.get_logger(__name__)

Run = Callable[[], Coroutine[Any, Any, None]]

# Workers for the upkeep of ready stores. Checks for drift can always wait, so one is enough.
_OBSERVERS = 2
_INSPECTORS = 1


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that sessions work with, and that outlives each of them."""

    cluster: KubeCluster
    jobs: KubeJobs
    helm: HelmSettings
    doctor: Doctor
    releases: Releases
    prober: Prober
    engines: EngineCatalogue
    clock: Clock
    announcer: Announcer
    measurements: Measurements
    settings: WorkSettings
    retention: Retention
    max_concurrent_provisions: int
    max_concurrent_deletes: int
    max_concurrent_tasks: int
    shop_url: str


@dataclass(frozen=True, slots=True)
class LeaderSession:
    """The work that is under way at the leader. Implements ``dispatcher.Work``."""

    observer: ClusterObserver
    queue: WorkQueue
    reconciler: Reconciler
    tasks: Tasks


@asynccontextmanager
async def leading(
    tools: Tools, database: Transactions, fence: Fence
) -> AsyncIterator[LeaderSession]:
    """Work on stores for as long as the context is open.

    When it is left, a helm that runs gets its grace, unless the fence has ended. Raises
    DatabaseUnavailableError when the stores cannot be read at the start.
    """
    records = StoreRepository(database, tools.clock, tools.announcer)
    # The leader before may have been a replica of an older version, which records no operations.
    await complete_history(database)

    # The observer wakes the reconciler, which needs the observer itself. So this function looks for
    # the reconciler only when it is called.
    def on_recorded(store_id: str) -> None:
        reconciler.wake_by_id(store_id)

    observer = ClusterObserver(tools.cluster, records, on_recorded)
    task_records = TaskRepository(database, tools.clock, tools.announcer)
    context = _context(tools, records, observer, fence)
    queue = WorkQueue()
    reconciler = Reconciler(context, queue)
    tasks = Tasks(context, task_records, reconciler.wake)
    # This is all the recovery after a restart or a change of leader: the decision table says what
    # each store needs. The workers begin once the watches are in.
    for store in await records.undeleted():
        reconciler.wake(store)
        tasks.wake(store)
    work: dict[str, Run] = {
        **_upkeep(context, records, reconciler),
        "housekeeper": _housekeeper(tools, records, reconciler, database).run,
        **_backups(context, records.undeleted, database, task_records, tasks),
        **_checks(tools, records, reconciler, database),
        "rollouts": RolloutWork(
            Rollouts(database, tools.clock), records, task_records, tasks, tools.engines
        ).run,
        "offer ends": OfferEnds(Transfers(database, tools.clock, tools.announcer)).run,
        **_workers(tools, reconciler, tasks),
    }
    # Watches and observer run at once. Everything else first waits until they know the cluster.
    roots: dict[str, Run] = {
        **{f"watch {reflector.kind.name}": reflector.run for reflector in observer.reflectors},
        "observer": observer.run,
        **{name: partial(_once_synced, observer, run) for name, run in work.items()},
    }
    async with root_tasks(roots):
        try:
            yield LeaderSession(observer, queue, reconciler, tasks)
        finally:
            _log.info("stopping", tasks=len(roots))


def _context(
    tools: Tools,
    records: StoreRepository,
    observer: ClusterObserver,
    fence: Fence,
) -> ReconcileContext:
    program = HelmProgram(tools.helm, tools.measurements, fence, tools.doctor)
    return ReconcileContext(
        records=records,
        cluster=tools.cluster,
        jobs=tools.jobs,
        helm=HelmClient(program, tools.releases.states),
        releases=tools.releases,
        observer=observer,
        prober=tools.prober,
        engines=tools.engines,
        clock=tools.clock,
        settings=tools.settings,
        measurements=tools.measurements,
    )


def _housekeeper(
    tools: Tools, records: StoreRepository, reconciler: Reconciler, database: Transactions
) -> Housekeeper:
    audit = AuditLog(database, tools.clock)
    events = EventRetention(database)
    return Housekeeper(records, reconciler, events, audit, tools.clock, tools.retention)


def _upkeep(
    context: ReconcileContext, records: StoreRepository, reconciler: Reconciler
) -> dict[str, Run]:
    """Return what goes round all stores from time to time, where the settings ask for it."""
    rounds: dict[str, Run] = {}
    if context.settings.store_role is not None:
        rounds["rights"] = RightsKeeper(context, records.undeleted).run
    if context.settings.drift_interval is not None:
        patrol = Patrol(records.undeleted, reconciler, context.settings.drift_interval)
        rounds["patrol"] = patrol.run
    return rounds


def _backups(
    context: ReconcileContext,
    stores: Callable[[], Awaitable[Sequence[Store]]],
    database: Transactions,
    records: TaskRepository,
    tasks: Tasks,
) -> dict[str, Run]:
    """Return what looks after backups, as far as the settings ask for it."""
    settings = context.settings.backups
    if settings is None:
        return {}
    rounds: dict[str, Run] = {"backup accounts": AccountKeeper(context, settings, stores).run}
    if settings.interval is not None:
        times = StoreBackups(database).times
        schedule = BackupSchedule(times, records, tasks, context.clock, settings.interval)
        rounds["backup schedule"] = schedule.run
    if settings.removal is not None:
        remover = BackupRemover(context, settings, BackupRemovals(database))
        rounds["backup removal"] = remover.run
    return rounds


def _checks(
    tools: Tools, records: StoreRepository, reconciler: Reconciler, database: Transactions
) -> dict[str, Run]:
    """Return what has shops made of backups, to see whether that can be done."""
    settings = tools.settings.backups
    if settings is None:
        return {}
    checker = BackupChecker(
        settings=settings,
        checks=BackupChecks(database, tools.clock, tools.announcer),
        backups=StoreBackups(database),
        records=records,
        reconciler=reconciler,
        engines=tools.engines,
        clock=tools.clock,
        shop_url=tools.shop_url,
    )
    return {"backup checks": checker.run}


def _workers(tools: Tools, reconciler: Reconciler, tasks: Tasks) -> dict[str, Run]:
    numbers = {
        Lane.PROVISION: tools.max_concurrent_provisions,
        Lane.DELETE: tools.max_concurrent_deletes,
        Lane.OBSERVE: _OBSERVERS,
        Lane.INSPECT: _INSPECTORS,
    }
    workers: dict[str, Run] = {
        f"worker {lane.name} {index}": partial(reconciler.work, lane)
        for lane, number in numbers.items()
        for index in range(number)
    }
    for index in range(tools.max_concurrent_tasks):
        workers[f"worker {Lane.TASK.name} {index}"] = tasks.work
    return workers


async def _once_synced(observer: ClusterObserver, run: Run) -> None:
    await observer.synced()
    await run()
