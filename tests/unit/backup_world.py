"""A ready store in a simulated cluster, and what works on its tasks."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from provisioner.domain.backups import BackupSettings
from provisioner.domain.clock import SystemClock
from provisioner.domain.engines import Engine, EngineVersion, Workload
from provisioner.domain.operations import Operation, OperationStatus
from provisioner.domain.stores import BUILT, StepStatus, Store, StoreStatus, StoreTask
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.namespaces import namespace_labels
from provisioner.reconcile.provisioning import provision
from provisioner.reconcile.tasks import Tasks
from provisioner.storage.database import Database
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, RecordedAnnouncements, SimulatedCluster
from provisioner.testing.simulated_jobs import DUMPED, SAVED
from tests.stores import a_store

_S, _O = StoreStatus, OperationStatus
PATIENCE_SECONDS = 20.0
ENGINE = Engine(
    name="tiny", display_name="Tiny", description="", chart="/nowhere", release_prefix="tiny",
    workloads=(Workload("web", "Deployment", 1),), setup_job=None, shop_path="/", admin_path="/",
    ready_path="/", admin_password_key="", admin_user="", credentials=(),
    versions=(EngineVersion("1", is_default=True, values={}),), resources={},
    backup_counts=("orders", "products"),
)  # fmt: skip
SETTINGS = BackupSettings(
    repository="rest:http://backups.platform.svc:8000", key="k" * 32,
    accounts=("platform", "accounts"), port=8000, interval=None,
)  # fmt: skip


@dataclass
class World:
    """A store that is ready in a simulated cluster, and what works on its tasks."""

    records: StoreRepository
    task_records: TaskRepository
    backups: StoreBackups
    cluster: SimulatedCluster
    context: ReconcileContext
    store: Store
    woken: list[Store] = field(default_factory=list)

    @contextmanager
    def working(self, **changes: object) -> Iterator[Tasks]:
        """Run a worker for as long as the context is open."""
        settings = replace(self.context.settings, **changes)  # type: ignore[arg-type]
        context = replace(self.context, settings=settings)
        tasks = Tasks(context, self.task_records, self.woken.append)
        worker = asyncio.create_task(tasks.work())
        try:
            yield tasks
        finally:
            worker.cancel()

    async def begin(self) -> Store:
        self.store = await self.task_records.begin(self.store.id, StoreTask.BACKUP, "Asked for.")
        return self.store

    async def back_up(self, **changes: object) -> Operation:
        """Have one backup made; return its operation once it has ended."""
        with self.working(**changes) as tasks:
            tasks.wake(await self.begin())
            return await self.ended()

    async def ended(self) -> Operation:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                operation = (await self.records.snapshot(self.store.id)).operation
                assert operation is not None
                if not operation.is_under_way:
                    return operation
                await asyncio.sleep(0.001)

    async def do_task(self) -> Store:
        """Have the task done that was begun; return the store once that is over."""
        with self.working() as tasks:
            tasks.wake(self.store)
            async with asyncio.timeout(PATIENCE_SECONDS):
                # Until the worker is done too, for something comes after its last write.
                while (store := await self.read()).task is not None or tasks.running:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
        return store

    async def go_on(self, store: Store) -> Store:
        """Have the store provisioned until nothing more is to be done; return it."""
        while store.status in {_S.QUEUED, *BUILT}:
            store = await provision(self.context, store)
        return store

    async def read(self) -> Store:
        return await self.records.get(self.store.id)

    async def steps(self) -> Mapping[str, tuple[StepStatus, str]]:
        snapshot = await self.records.snapshot(self.store.id)
        return {step.name: (step.status, step.message) for step in snapshot.steps}

    @property
    def secrets(self) -> Mapping[str, dict[str, str]]:
        return self.cluster.namespaces[self.store.namespace].secrets


async def a_ready_shop(database: Database) -> World:
    """Return a world with one ready store."""
    clock, announced = SystemClock(), RecordedAnnouncements()
    records = StoreRepository(database, clock, announced)
    store = await records.create(a_store())
    for status in (_S.PROVISIONING, _S.READY):
        store = await records.transition(store, status)
    cluster = SimulatedCluster(clock.now)
    cluster.reports = {"dump": DUMPED, "save": SAVED}
    await cluster.ensure_namespace(store.namespace, namespace_labels(store))
    await cluster.install(
        release=store.release, namespace=store.namespace, chart=Path("/nowhere"), values={}
    )
    await cluster.ensure_namespace("platform", {})
    await cluster.ensure_secret("platform", "accounts", {}, dict)
    context = ReconcileContext(
        records=records, cluster=cluster, helm=cluster, releases=cluster, observer=cluster,
        jobs=cluster,
        prober=AlwaysAnswers(), engines={"tiny": ENGINE}, clock=clock,
        settings=WorkSettings(backups=SETTINGS),
    )  # fmt: skip
    return World(
        records, TaskRepository(database, clock, announced), StoreBackups(database), cluster,
        context, store,
    )  # fmt: skip
