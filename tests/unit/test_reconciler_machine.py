"""Stores through every mutation, fault and crash, with the real reconciler, queue and database.

From wherever it is, each store converges: deleted if it should be, else ready, or failed with the
reason; never are two at work on one, and nothing is left in the cluster that has no store.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from provisioner.domain import backoff
from provisioner.domain.backups import (
    Backup,
    BackupSettings,
    InPlaceRestore,
    RestoreSource,
    RestoreStage,
)
from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import Pod
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, EngineVersion, GeneratedSecret, Workload
from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    ConflictError,
    HelmError,
    HelmKilledError,
    MachineShortageError,
    RefusedError,
    StorePlatformError,
)
from provisioner.domain.names import new_store_id
from provisioner.domain.operations import (
    BUILDING,
    OperationKind,
    OperationStatus,
    OperationWithSteps,
)
from provisioner.domain.owners import local
from provisioner.domain.passwords import (
    KEY_PARAMETER,
    generate,
    new_key,
)
from provisioner.domain.restore_sources import source_of
from provisioner.domain.stores import (
    PlanChange,
    Reason,
    StepName,
    Store,
    StoreStatus,
    StoreTarget,
    StoreTask,
    Upgrade,
    new_store,
)
from provisioner.domain.transitions import UPDATING_STEPS
from provisioner.reconcile import reconciler
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.namespaces import (
    CREDENTIALS_SECRET,
    NAMESPACE_LOST,
    namespace_annotations,
    namespace_labels,
)
from provisioner.reconcile.queue import Lane, WorkQueue
from provisioner.reconcile.reconciler import Reconciler
from provisioner.reconcile.tasks import Tasks
from provisioner.storage.database import Database
from provisioner.storage.operation_pages import OperationPages
from provisioner.storage.quota import Quota
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, RecordedAnnouncements, SimulatedCluster
from provisioner.testing.simulated_jobs import DUMPED, SAVED
from tests.backups import a_backup, add_backup, add_source
from tests.conftest import MIGRATED
from tests.postgres import PostgresServer

pytestmark = pytest.mark.slow

ENGINE = Engine(
    name="tiny", display_name="Tiny", description="", chart="/nowhere", release_prefix="tiny",
    workloads=(Workload("web", "Deployment", 1),), setup_job=None, shop_path="/", admin_path="/",
    ready_path="/", admin_password_key="admin-password", admin_user="admin",
    credentials=(GeneratedSecret("admin-password", 16),), resets_passwords=True,
    versions=(
        EngineVersion("1", is_default=True, values={"version": "1"}),
        EngineVersion("2", is_default=False, values={"version": "2"}, follows=("1",)),
        EngineVersion("3", is_default=False, values={"version": "3"}, follows=("1", "2")),
    ),
    resources={}, backup_counts=("orders",), closed_by=("web",),
)  # fmt: skip
LATER = ("2", "3")
FAULTS: list[Callable[[], Exception]] = [
    lambda: ClusterUnreachableError("The cluster did not answer."),
    lambda: HelmKilledError("helm was killed (SIGKILL)."),
    lambda: MachineShortageError("This machine has no disk space left."),
    lambda: RuntimeError("Nobody foresaw this."),
    lambda: HelmError(Reason(ReasonCode.HELM_FAILED, "helm could not.")),
    lambda: ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, "The cluster refused.")),
]
QUIET_SECONDS = 20.0
LONG = 400
EARLIER = 0
"""The number of a backup that each store has."""
OTHERWISE = '{"orders": 2}'
"""What is loaded of a backup that has more."""
_OPEN = {StoreStatus.READY, StoreStatus.DEGRADED}
_FINISHED = {*_OPEN, StoreStatus.SUSPENDED}
SOURCE = RestoreSource(
    store_id="another",
    number=1,
    snapshot="5f0e",
    url="http://old",
    admin_user="",
    counts={"orders": 3},
)
MOST = 3
"""As many stores are made: more of them would leave few steps for what is done to them."""
WORKERS = 2
"""At one store at a time: one brings it to its target, and one does its task."""
BACKUPS = BackupSettings(
    repository="rest:http://backups:8000", key="k" * 32, accounts=None, port=8000, interval=None
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every second try come at once."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.0005)
    monkeypatch.setattr(backoff, "CAP_SECONDS", 0.001)
    monkeypatch.setattr(backoff, "LONG_FIRST_SECONDS", 0.0005)
    monkeypatch.setattr(backoff, "LONG_CAP_SECONDS", 0.001)
    monkeypatch.setattr(reconciler, "INSPECT_SOON_SECONDS", 0.001)


class ClusterOfVersions(SimulatedCluster):
    """A cluster in which the image of some versions is missing; ``installed`` is by release."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self.installed: dict[str, object] = {}
        self.broken: set[str] = set()

    async def install(self, *, release: str, values: Mapping[str, object], **given: Any) -> str:
        self.installed[release] = values["version"]
        return await super().install(release=release, values=values, **given)

    def make_pod(self, name: str) -> Pod:
        is_missing = self.is_image_missing
        self.is_image_missing |= self.installed.get(name.removesuffix("-web")) in self.broken
        try:
            return super().make_pod(name)
        finally:
            self.is_image_missing = is_missing


class Stores(RuleBasedStateMachine):
    """A service that may be killed at any moment, above a database and a cluster that stay."""

    stores: Bundle[str] = Bundle("stores")
    migrated: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.kept = ExitStack()
        url = self.kept.enter_context(self.new_database())
        clock = SystemClock()
        self.database = Database(url)
        self.runner.run(self.database.connect())
        self.runner.run(add_source(self.database, SOURCE))
        self.records = StoreRepository(self.database, clock, RecordedAnnouncements())
        self.cluster = ClusterOfVersions(clock.now)
        self.context = ReconcileContext(
            records=self.records, cluster=self.cluster, helm=self.cluster, releases=self.cluster,
            observer=self.cluster, jobs=self.cluster, prober=AlwaysAnswers(),
            engines={"tiny": ENGINE}, clock=clock,
            settings=WorkSettings(
                provision_timeout=timedelta(minutes=10), delete_timeout=timedelta(seconds=0.1),
                drift_interval=timedelta(minutes=10), backups=BACKUPS,
            ),
        )  # fmt: skip
        self.cluster.reports = {"dump": DUMPED, "save": SAVED, "load": DUMPED}
        self.task_records = TaskRepository(self.database, clock, RecordedAnnouncements())
        self.ids: list[str] = []
        self.asked: dict[tuple[str, int], str] = {}  # the versions, by their upgrades
        self.runner.run(self._begin())

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Give the URL of a database without rows."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(self.migrated, f"{folder}/platform.db")
            yield f"sqlite:///{folder}/platform.db"

    async def _begin(self) -> None:
        self.queue = WorkQueue()
        self.reconciler = Reconciler(self.context, self.queue)
        self.tasks = Tasks(self.context, self.task_records, self.reconciler.wake)
        lanes = [lane for lane in Lane if lane is not Lane.TASK]
        self.workers = [
            asyncio.create_task(work)
            for _ in range(2)
            for work in (*map(self.reconciler.work, lanes), self.tasks.work())
        ]
        for store in await self.records.undeleted():
            self._wake(store)

    def _wake(self, store: Store) -> None:
        self.reconciler.wake(store)
        self.tasks.wake(store)

    async def _end(self) -> None:
        for worker in self.workers:
            worker.cancel()
        await asyncio.wait(self.workers)
        self.cluster.restart()

    @initialize(target=stores)
    def open_a_shop(self) -> str:
        """Begin with one that is READY: else few examples get as far as what is done to those."""
        store_id = self._create(None)

        async def work() -> None:
            while (await self.records.get(store_id)).status is not StoreStatus.READY:  # noqa: ASYNC110
                await asyncio.sleep(0.0005)

        self.runner.run(work())
        return store_id

    @precondition(lambda self: len(self.ids) < MOST)
    @rule(target=stores, source=st.sampled_from([None, SOURCE]))
    def create(self, source: RestoreSource | None) -> str:
        return self._create(source)

    def _create(self, source: RestoreSource | None) -> str:
        async def work() -> str:
            store_id = new_store_id()
            release = f"tiny-{store_id[:12]}"
            store = await self.records.create(
                new_store(
                    store_id=store_id, name=f"s-{store_id[:12]}", owner=local("merchant"),
                    engine="tiny",
                    engine_version="1", release=release, host="h", url="http://h",
                    from_backup=source, now=self.context.clock.now(),
                )
            )  # fmt: skip
            # So that there is something to restore, before a backup is made.
            await add_backup(self.database, a_backup(store_id, EARLIER, store.created_at))
            self._wake(store)
            return store_id

        self.ids.append(self.runner.run(work()))
        return self.ids[-1]

    @rule(store_id=stores)
    def delete(self, store_id: str) -> None:
        async def work() -> None:
            store = await self.records.get(store_id)
            if store.target is StoreTarget.DELETED and store.status is StoreStatus.FAILED:
                with suppress(ConflictError):
                    store = await self.records.transition(
                        store, StoreStatus.QUEUED, begins=OperationKind.DELETE
                    )
            else:
                store = await self.records.request_delete(store_id, "Deleted.")
            self._wake(store)

        self.runner.run(work())

    @rule(store_id=stores)
    def retry(self, store_id: str) -> None:
        async def work() -> None:
            store = await self.records.get(store_id)
            if store.target is StoreTarget.READY:
                with suppress(ConflictError, RefusedError):
                    self.reconciler.wake(
                        await self.records.transition(
                            store, StoreStatus.QUEUED, begins=OperationKind.RETRY
                        )
                    )

        self.runner.run(work())

    @rule(store_id=stores)
    def back_up(self, store_id: str) -> None:
        async def work() -> None:
            with suppress(ConflictError, RefusedError):
                self._wake(await self.task_records.begin(store_id, StoreTask.BACKUP, "Asked for."))

        self.runner.run(work())

    @rule(store_id=stores, is_saved=st.booleans())
    def restore_in_place(self, store_id: str, is_saved: bool) -> None:  # noqa: FBT001
        async def work() -> None:
            made = await StoreBackups(self.database).newest([store_id])
            await self._restore(store_id, made.get(store_id), is_saved=is_saved)

        self.runner.run(work())

    @rule(store_id=stores, is_saved=st.booleans())
    def roll_back(self, store_id: str, is_saved: bool) -> None:  # noqa: FBT001
        async def work() -> None:
            store = await self.records.get(store_id)
            later = ENGINE.later_than(store.engine_version)
            made = await StoreBackups(self.database).before_upgrade(store, later)
            await self._restore(store_id, made, is_saved=is_saved)

        self.runner.run(work())

    async def _restore(self, store_id: str, made: Backup | None, *, is_saved: bool) -> None:
        store = await self.records.get(store_id)
        if made is None or store.target is StoreTarget.DELETED:
            return
        stage = RestoreStage.SAVING if is_saved else RestoreStage.REMOVING
        restore = InPlaceRestore(source_of(store, made, ENGINE), stage)
        with suppress(ConflictError, RefusedError):
            if is_saved:
                task = StoreTask.RESTORE
                self._wake(
                    await self.task_records.begin(store_id, task, "Asked for.", restore=restore)
                )
            else:
                self._wake(
                    await self.records.transition(
                        store, StoreStatus.QUEUED, begins=OperationKind.RESTORE, restore=restore
                    )
                )

    @rule(store_id=stores, version=st.sampled_from(LATER))
    def upgrade(self, store_id: str, version: str) -> None:
        async def work() -> None:
            store = await self.records.get(store_id)
            wanted = ENGINE.version(version)
            if wanted is None or store.engine_version not in wanted.follows:
                return
            with suppress(ConflictError, RefusedError):
                begun = await self.task_records.begin(
                    store_id, StoreTask.UPGRADE, "Asked for.", upgrade=Upgrade(version)
                )
                self.asked[store_id, begun.operation_number] = version
                self._wake(begun)

        self.runner.run(work())

    @rule(versions=st.sets(st.sampled_from(LATER)))
    def break_versions(self, versions: set[str]) -> None:
        self.cluster.broken = versions

    @rule(store_id=stores)
    def suspend(self, store_id: str) -> None:
        async def work() -> None:
            with suppress(ConflictError, RefusedError):
                self._wake(await self.task_records.begin(store_id, StoreTask.SUSPEND, "Asked for."))

        self.runner.run(work())

    @rule(store_id=stores)
    def resume(self, store_id: str) -> None:
        async def work() -> None:
            with suppress(ConflictError, RefusedError):
                self._wake(await self.records.resume(store_id, "Asked for.", Quota()))

        self.runner.run(work())

    @rule(store_id=stores)
    def restart(self, store_id: str) -> None:
        async def work() -> None:
            with suppress(ConflictError, RefusedError):
                self._wake(await self.task_records.begin(store_id, StoreTask.RESTART, "Asked for."))

        self.runner.run(work())

    @rule(store_id=stores)
    def reset_password(self, store_id: str) -> None:
        async def work() -> None:
            store, key = await self.records.get(store_id), new_key()
            # A namespace that is not there, or a fault; the real service answers with a refusal.
            with suppress(StorePlatformError, RuntimeError):
                await self.cluster.change_secret(
                    store.namespace, CREDENTIALS_SECRET, {key: generate(16)}
                )
                self._wake(
                    await self.task_records.begin(
                        store_id, StoreTask.RESET_PASSWORD, "Asked for.",
                        parameters={KEY_PARAMETER: key},
                    )
                )  # fmt: skip

        self.runner.run(work())

    @rule(store_id=stores, plan=st.sampled_from(["small", "large"]))
    def change_plan(self, store_id: str, plan: str) -> None:
        async def work() -> None:
            with suppress(ConflictError, RefusedError):
                self._wake(
                    await self.task_records.begin(
                        store_id, StoreTask.PLAN, "Asked for.", plan_change=PlanChange(plan, None)
                    )
                )

        self.runner.run(work())

    @rule(counts=st.sampled_from([DUMPED, OTHERWISE]))
    def change_what_is_loaded(self, counts: str) -> None:
        self.cluster.reports["load"] = counts

    @rule(failing=st.booleans())
    def change_what_becomes_of_jobs(self, failing: bool) -> None:  # noqa: FBT001
        self.cluster.are_jobs_failing = failing

    @rule(turns=st.integers(1, 60) | st.just(LONG))  # long enough for all that is begun to end
    def let_work(self, turns: int) -> None:
        async def work() -> None:
            for _ in range(turns):
                await asyncio.sleep(0.0002)

        self.runner.run(work())

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3))
    def go_wrong(self, faults: list[Callable[[], Exception]]) -> None:
        self.cluster.faults += [fault() for fault in faults]

    @rule()
    def hold_what_is_deleted(self) -> None:
        self.cluster.is_holding = True

    @rule()
    def let_go(self) -> None:
        async def work() -> None:
            self.cluster.let_go()

        self.runner.run(work())

    @rule(missing=st.booleans())
    def change_the_image(self, missing: bool) -> None:  # noqa: FBT001
        self.cluster.is_image_missing = missing

    @rule(store_id=stores)
    def restart_pods(self, store_id: str) -> None:
        self._touch(store_id, self.cluster.replace_pods)

    @rule(store_id=stores)
    def remove_workloads(self, store_id: str) -> None:
        self._touch(store_id, self.cluster.remove_workloads)

    @rule(store_id=stores)
    def remove_labels(self, store_id: str) -> None:
        self._touch(store_id, self.cluster.unlabel)

    @rule(store_id=stores)
    def look_for_drift(self, store_id: str) -> None:
        async def work() -> None:
            self.reconciler.inspect(store_id)

        self.runner.run(work())

    @rule(store_id=stores)
    def lose_namespace(self, store_id: str) -> None:
        self._touch(store_id, self.cluster.lose)

    def _touch(self, store_id: str, change: Callable[[str], None]) -> None:
        async def work() -> None:
            change((await self.records.get(store_id)).namespace)
            self.reconciler.wake_by_id(store_id)

        self.runner.run(work())

    @rule()
    def crash(self) -> None:
        async def work() -> None:
            await self._end()
            await self._begin()

        self.runner.run(work())

    @invariant()
    def one_worker_at_most(self) -> None:
        assert self.cluster.most_at_once <= WORKERS

    def teardown(self) -> None:
        try:
            self.runner.run(self._converge())
        finally:
            self.runner.run(self._end())
            self.runner.run(self.database.close())
            self.runner.close()
            self.kept.close()

    async def _converge(self) -> None:
        self.cluster.faults.clear()
        self.cluster.let_go()
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                # Quiet is when nothing more comes, which no event tells.
                while not all([await self._is_quiet(store_id) for store_id in self.ids]):  # noqa: ASYNC110
                    await asyncio.sleep(0.002)
        except TimeoutError:
            pytest.fail(await self._restless())
        assert self.cluster.most_at_once <= WORKERS
        kept = [await self.records.get(store_id) for store_id in self.ids]
        live = {store.namespace for store in kept if store.status is not StoreStatus.DELETED}
        assert set(self.cluster.namespaces) <= live
        for store in kept:
            await self._inspect(store)

    async def _is_quiet(self, store_id: str) -> bool:
        store = await self.records.get(store_id)
        is_idle = not any(self.queue.waiting(lane) + self.queue.active(lane) for lane in Lane)
        if is_idle and store.status in _FINISHED:
            # A look for drift comes after everything else: it would never come if all were woken
            # again before they were worked on.
            self.reconciler.wake_by_id(store_id)
        if store.task is StoreTask.RESTART:
            # It waits for what is missing, which the patrol finds after a while.
            self.reconciler.inspect(store_id)
        if (
            self.tasks.waiting
            or self.tasks.running
            or (store.task and store.target is StoreTarget.READY)
        ):
            return False
        if store.target is StoreTarget.DELETED:
            return store.status is StoreStatus.DELETED
        if store.status is StoreStatus.FAILED:
            return True
        return store.status in self._expected_of(store)

    def _expected_of(self, store: Store) -> set[StoreStatus]:
        """Return the status that a store should have; none while that will change."""
        found = self.cluster.namespaces.get(store.namespace)
        if found is not None and found.missing and store.status is StoreStatus.PROVISIONING:
            # What is removed between helm's end and READY is waited for until the store's time is
            # over, which is longer than a test; that it comes back must be seen at once.
            self.cluster.restore_workloads(store.namespace)
            return set()
        if store.status not in _FINISHED:
            return set()  # whoever made it so has to wake the work on it
        if store.status is StoreStatus.SUSPENDED:
            return self._expected_while_suspended(store)
        if found is None or found.missing or found.gone:
            self.reconciler.inspect(store.id)  # as the patrol would, after a while
            return set()
        is_well = bool(found.pods) and all(pod.is_ready for pod in found.pods.values())
        return {StoreStatus.READY if is_well else StoreStatus.DEGRADED}

    def _expected_while_suspended(self, store: Store) -> set[StoreStatus]:
        found = self.cluster.namespaces.get(store.namespace)
        if found is None or found.pods or not found.is_hidden:
            self.reconciler.inspect(store.id)
            return set()
        return {StoreStatus.SUSPENDED}

    async def _restless(self) -> str:
        """Tell what each store and the queue are at."""
        lanes = [f"tasks: {self.tasks.waiting} + {self.tasks.running}"]
        lanes += [f"{ln.name}: {self.queue.waiting(ln)} + {self.queue.active(ln)}" for ln in Lane]
        stores = [await self.records.get(store_id) for store_id in self.ids]
        found = [(store, self.cluster.namespaces.get(store.namespace)) for store in stores]
        return "\n".join(["It did not come to rest.", *lanes, *map(str, found)])

    async def _inspect(self, store: Store) -> None:
        events = await self.records.events_after(store.id, 0, limit=10_000)
        assert [event.version for event in events] == list(range(1, store.version + 1))
        assert (store.reason is None) == (
            store.status not in {StoreStatus.FAILED, StoreStatus.DEGRADED}
        )
        assert (store.suspended_at is None) or store.status not in _OPEN
        if store.status in _FINISHED:
            found = self.cluster.namespaces[store.namespace]
            assert found.labels == namespace_labels(store)
            assert found.annotations == namespace_annotations(store)
            assert found.release == "deployed"
            assert self.cluster.installed[store.release] == store.engine_version
            assert found.is_hidden is (store.status is StoreStatus.SUSPENDED)
        await self._inspect_operations(store)

    async def _inspect_operations(self, store: Store) -> None:
        page = await OperationPages(self.database).page(store.id, first=100, after=None)
        operations = [item.operation for item in page.items]
        assert [item.number for item in operations] == list(
            range(store.operation_number, store.operation_number - len(operations), -1)
        )
        assert not any(item.is_under_way for item in operations)
        assert all(item.finished_at is not None for item in operations)
        backups = await StoreBackups(self.database).page(store.id, first=100, after=None)
        made = {backup.number for backup in backups.items}
        succeeded = {
            item.number
            for item in operations
            if (item.kind, item.status) == (OperationKind.BACKUP, OperationStatus.SUCCEEDED)
        }
        restores = {item.number for item in operations if item.kind is OperationKind.RESTORE}
        upgrades = [item for item in operations if item.kind is OperationKind.UPGRADE]
        upgraded = {item.number for item in upgrades if item.status is OperationStatus.SUCCEEDED}
        assert succeeded | upgraded | {EARLIER} <= made
        assert made <= succeeded | {EARLIER} | restores | {item.number for item in upgrades}
        asked = {self.asked[store.id, number] for number in upgraded}
        assert store.engine_version in {"1", *asked}
        assert {backup.engine_version for backup in backups.items} <= {"1", *asked}
        assert (store.task, store.upgrade) == (None, None)
        assert store.restore is None or store.status not in _FINISHED
        latest = next(item.operation for item in page.items if _brings_to_target(item))
        if store.status is StoreStatus.DELETED:
            assert (latest.kind, latest.status) == (OperationKind.DELETE, OperationStatus.SUCCEEDED)
        elif store.status is StoreStatus.FAILED and latest.status is OperationStatus.FAILED:
            assert latest.reason == store.reason
        else:  # it did its work, also for a store whose namespace was lost later
            assert latest.kind in {
                *BUILDING, OperationKind.RESTORE, OperationKind.RESUME, OperationKind.UPGRADE,
            }  # fmt: skip
            assert latest.status is OperationStatus.SUCCEEDED
            assert store.ready_at is not None
            if latest.kind is OperationKind.UPGRADE:
                assert store.engine_version == self.asked[store.id, latest.number]


def _brings_to_target(item: OperationWithSteps) -> bool:
    """Whether an operation is more than a task that left the store as it was."""
    if item.operation.kind is OperationKind.RESTORE:
        (removal,) = (step for step in item.steps if step.name is StepName.REMOVE)
        return removal.started_at is not None
    if item.operation.kind is OperationKind.UPGRADE:
        (first,) = (step for step in item.steps if step.name is UPDATING_STEPS[0])
        return first.started_at is not None
    return item.operation.kind not in {
        OperationKind.BACKUP, OperationKind.SUSPEND, OperationKind.RESTART,
        OperationKind.RESET_PASSWORD, OperationKind.PLAN,
    }  # fmt: skip


class StoresOnPostgres(Stores):
    """The same on a database where transactions do meet."""

    server: ClassVar[PostgresServer]

    @contextmanager
    def new_database(self) -> Iterator[str]:
        with self.server.database(MIGRATED) as name:
            yield self.server.url(name)


@pytest.fixture(scope="session")
def on_sqlite(migrated_file: Path) -> None:
    Stores.migrated = migrated_file


@pytest.fixture(scope="session")
def on_postgres(migrated_postgres: PostgresServer) -> None:
    StoresOnPostgres.server = migrated_postgres


_STEPS = settings(
    max_examples=28,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Stores.TestCase.settings = _STEPS
StoresOnPostgres.TestCase.settings = settings(_STEPS, max_examples=8)
TestStores = pytest.mark.usefixtures("on_sqlite")(Stores.TestCase)
TestStoresOnPostgres = pytest.mark.usefixtures("on_postgres")(StoresOnPostgres.TestCase)


class NeverAnswers(AlwaysAnswers):
    """A prober for which no shop ever opens; ``asked`` is set once it was asked."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def problem(self, *_: object, **__: object) -> str | None:
        self.asked.set()
        return "no answer"


@pytest.mark.usefixtures("on_sqlite")
def test_a_namespace_lost_while_the_shop_is_awaited_fails_the_store() -> None:
    stores, prober = Stores(), NeverAnswers()

    async def lose_it_then() -> Store:
        async with asyncio.timeout(QUIET_SECONDS):
            await prober.asked.wait()
            (store_id,) = stores.ids
            stores.cluster.lose((await stores.records.get(store_id)).namespace)
            while (store := await stores.records.get(store_id)).reason is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            return store

    try:
        stores.context = replace(stores.context, prober=prober)
        stores.crash()  # the next service has that prober
        stores.create(source=None)
        store = stores.runner.run(lose_it_then())
        assert store.status is StoreStatus.FAILED
        assert store.reason == NAMESPACE_LOST
    finally:
        stores.teardown()
