"""A shop that gets another version: it has it in the end, or is as it was, with its data."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from provisioner.domain.backups import RestoreStage
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import EngineVersion
from provisioner.domain.errors import ClusterUnreachableError, HelmError
from provisioner.domain.operations import Operation, OperationKind, OperationStatus
from provisioner.domain.store_annotation import annotation_for
from provisioner.domain.stores import BUILT, Reason, Store, StoreStatus, StoreTask, Upgrade
from provisioner.domain.transitions import REPLACING_STEPS, UPGRADE_STEPS
from provisioner.kubernetes.labels import STORE_ANNOTATION
from provisioner.reconcile.deletion import delete
from provisioner.reconcile.namespaces import NAMESPACE_LOST
from provisioner.reconcile.provisioning import provision, time_limit
from provisioner.reconcile.upgrading import upgrade
from provisioner.storage.database import Database
from provisioner.storage.operation_pages import OperationPages
from provisioner.testing.simulation import SimulatedNamespace
from tests.unit.backup_world import ENGINE, World, a_ready_shop
from tests.unit.ended_services import ends_after

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
WRITES = 2 * len(UPGRADE_STEPS) + 5
"""Those of an upgrade: each step's begin and end, of the task's begin, of what was found out, of
the handing over, and of the store's status when that goes on and ends."""
RECOVERY_WRITES = 2 * len(REPLACING_STEPS) + 3
"""Those of bringing the shop back, once the upgrade has failed."""
ORDERS = {"orders": 3, "products": 2}


class Shop:
    """A shop of version 1 that is open, and can be upgraded to 2. Every install of it is noted."""

    def __init__(self, world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.records = world.records
        self.tasks = world.task_records
        self.cluster = world.cluster
        versions = (
            EngineVersion("1", is_default=False, values={"version": 1}),
            EngineVersion("2", is_default=True, values={"version": 2}, follows=("1",)),
        )
        engine = replace(ENGINE, versions=versions, closed_by=("web",))
        self.context = world.context = replace(world.context, engines={"tiny": engine})
        self.installed: list[object] = []
        self.is_broken = False  # version 2
        self._pages = OperationPages(database)
        install = world.cluster.install

        async def noted(*, values: Mapping[str, object], **given: object) -> str:
            self.installed.append(values["version"])
            world.cluster.is_image_missing = self.is_broken and values["version"] == 2
            return await install(values=values, **given)  # type: ignore[arg-type]

        monkeypatch.setattr(world.cluster, "install", noted)

    async def begin(self) -> Store:
        """Ask for version 2."""
        self.world.store = await self.tasks.begin(
            self.id, StoreTask.UPGRADE, "Asked for.", upgrade=Upgrade("2")
        )
        return self.world.store

    async def upgrade(self) -> Store:
        """Have it upgraded; return the store when nothing more is to be done."""
        await self.begin()
        return await self.settle()

    async def settle(self) -> Store:
        """Do what a service does until nothing more is to be done; return the store."""
        while True:
            store = await self.world.read()
            if store.task is not None:
                store = await self.world.do_task()
            elif store.status in {_S.QUEUED, *BUILT}:
                await provision(self.context, store)
            else:
                return store

    async def go_on(self) -> None:
        """Do the same in one go, without a worker that tries again."""
        store = await self.world.read()
        while store.task is not None or store.status in {_S.QUEUED, *BUILT}:
            if store.task is not None:
                await upgrade(self.context, self.tasks, lambda _: None, store)
            else:
                await provision(self.context, store)
            store = await self.world.read()

    @property
    def id(self) -> str:
        return self.world.store.id

    async def operations(self) -> list[Operation]:
        """Return the operations since the shop was made, oldest first."""
        page = await self._pages.page(self.id, first=10, after=None)
        return [item.operation for item in reversed(page.items)][1:]

    @property
    def namespace(self) -> SimulatedNamespace:
        return self.cluster.namespaces[self.world.store.namespace]

    @property
    def is_open(self) -> bool:
        return len(self.namespace.pods) == 1 and not self.namespace.is_hidden


@pytest.fixture
async def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Shop:
    world = await a_ready_shop(database)
    world.cluster.reports["load"] = world.cluster.reports["dump"]
    return Shop(world, database, monkeypatch)


def is_upgraded(store: Store) -> bool:
    return (store.status, store.engine_version, store.upgrade, store.restore, store.task) == (
        _S.READY, "2", None, None, None,
    )  # fmt: skip


def is_as_it_was(store: Store) -> bool:
    return (store.status, store.engine_version, store.upgrade, store.restore, store.task) == (
        _S.READY, "1", None, None, None,
    )  # fmt: skip


async def test_the_shop_is_saved_and_gets_its_version(shop: Shop) -> None:
    store = await shop.upgrade()

    assert is_upgraded(store)
    assert (shop.installed, shop.is_open) == ([2], True)
    (upgraded,) = await shop.operations()
    assert (upgraded.kind, upgraded.status, upgraded.reason) == (_K.UPGRADE, _O.SUCCEEDED, None)
    backup = await shop.world.backups.get(store.id, upgraded.number)
    assert backup is not None
    assert (backup.engine_version, backup.counts) == ("1", ORDERS)
    assert await shop.world.backups.before_upgrade(store) == backup
    assert tuple(await shop.world.steps()) == UPGRADE_STEPS
    assert shop.namespace.annotations[STORE_ANNOTATION] == annotation_for(store)


async def test_its_version_is_the_former_one_until_it_is_open(shop: Shop) -> None:
    await shop.begin()
    saved = await shop.world.do_task()
    assert (saved.status, saved.engine_version, saved.upgrade) == (_S.QUEUED, "1", Upgrade("2"))
    assert saved.restore is not None
    assert saved.restore.stage is RestoreStage.PREPARED
    updating = await shop.records.transition(saved, _S.UPDATING)
    assert (updating.is_updating, updating.installed_version) == (True, "2")
    # What is in the cluster is of version 2 from now on, also for whoever finds it without records
    assert updating.engine_version == "1"
    assert time_limit(shop.context, updating) == shop.context.settings.provision_timeout


async def test_what_fails_brings_the_shop_back_with_its_data(shop: Shop) -> None:
    shop.is_broken = True

    store = await shop.upgrade()

    assert is_as_it_was(store)
    assert (shop.installed, shop.is_open) == ([2, 1], True)
    failed, back = await shop.operations()
    assert (failed.kind, failed.status) == (_K.UPGRADE, _O.FAILED)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.IMAGE_NOT_FOUND
    assert (back.kind, back.status, back.request.asked_by) == (_K.RESTORE, _O.SUCCEEDED, None)
    assert store.from_backup is not None
    assert (store.from_backup.store_id, store.from_backup.number) == (store.id, failed.number)
    assert shop.namespace.annotations[STORE_ANNOTATION] == annotation_for(store)
    # What failed is no way back
    assert await shop.world.backups.before_upgrade(store) is None
    # It may be asked for again
    shop.is_broken = False
    assert is_upgraded(await shop.upgrade())


async def test_a_recovery_that_fails_leaves_the_shop_closed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.is_broken = True
    monkeypatch.setitem(shop.cluster.reports, "load", '{"orders": 0, "products": 2}')

    store = await shop.upgrade()

    assert (store.status, store.engine_version) == (_S.FAILED, "1")
    assert store.reason is not None
    assert store.reason.code is ReasonCode.RESTORE_INCOMPLETE
    assert "Restore another backup" in store.reason.message
    assert shop.namespace.is_hidden
    # Nobody works on it until somebody asks for it
    assert await shop.settle() == store
    # A retry goes on with bringing it back, and not with the upgrade
    monkeypatch.setitem(shop.cluster.reports, "load", shop.cluster.reports["dump"])
    await shop.records.transition(store, _S.QUEUED, begins=_K.RETRY)
    assert is_as_it_was(await shop.settle())
    assert shop.installed == [2, 1, 1]


@pytest.mark.parametrize("write", range(WRITES))
async def test_a_service_that_is_ended_goes_on(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.begin()
    await is_ended_after(shop, write, monkeypatch)

    store = await shop.settle()

    assert is_upgraded(store)
    assert (set(shop.installed), shop.is_open) == ({2}, True)
    (upgraded,) = await shop.operations()
    assert (upgraded.kind, upgraded.status) == (_K.UPGRADE, _O.SUCCEEDED)
    backup = await shop.world.backups.before_upgrade(store)
    assert backup is not None
    assert (backup.number, backup.counts) == (upgraded.number, ORDERS)
    statuses = {status for status, _ in (await shop.world.steps()).values()}
    assert statuses == {"SUCCEEDED", "SKIPPED"}


FAILED_AT = 2 * UPGRADE_STEPS.index("WORKLOADS_READY") + 6


@pytest.mark.parametrize("write", range(FAILED_AT + RECOVERY_WRITES))
async def test_a_service_that_is_ended_while_it_fails_brings_the_shop_back(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.is_broken = True
    await shop.begin()
    await is_ended_after(shop, write, monkeypatch)

    store = await shop.settle()

    assert is_as_it_was(store)
    assert (shop.installed[-1], shop.is_open) == (1, True)
    failed, back = await shop.operations()
    assert (failed.kind, failed.status) == (_K.UPGRADE, _O.FAILED)
    assert (back.kind, back.status) == (_K.RESTORE, _O.SUCCEEDED)


async def is_ended_after(shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the service end after so many more writes, and be sure that it was."""
    records, tasks = shop.records, shop.tasks
    with monkeypatch.context() as patch:
        ends_after(
            write, patch, (tasks, "start"), (tasks, "record_preflight"),
            (tasks, "hand_over_upgrade"), (records, "update_step"), (records, "transition"),
            (records, "record_removed"), (records, "bring_back"),
        )  # fmt: skip
        with pytest.raises(asyncio.CancelledError):
            await shop.go_on()


async def test_what_cannot_be_had_is_found_out_while_the_shop_is_open(shop: Shop) -> None:
    engine = shop.context.engines["tiny"]
    gone = replace(engine, versions=engine.versions[:1])
    shop.world.context = replace(shop.context, engines={"tiny": gone})

    store = await shop.upgrade()

    assert is_as_it_was(store)
    assert (shop.installed, shop.is_open) == ([], True)
    (failed,) = await shop.operations()
    assert (failed.kind, failed.status) == (_K.UPGRADE, _O.FAILED)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING
    assert failed.reason.message == (
        "Nothing was upgraded, and the shop is open as before. Version 2 of engine tiny is no"
        " longer offered here. Add it back to the charts and restart the platform, then ask again."
    )
    assert (await shop.world.steps())["CLOSE"][0] == "PENDING"


async def test_what_cannot_be_brought_back_is_not_begun(shop: Shop) -> None:
    engine = shop.context.engines["tiny"]
    gone = replace(engine, versions=engine.versions[1:])
    shop.world.context = replace(shop.context, engines={"tiny": gone})

    assert is_as_it_was(await shop.upgrade())

    (failed,) = await shop.operations()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING
    assert "Version 1 of engine tiny is no longer offered here." in failed.reason.message


async def test_a_shop_that_cannot_be_saved_is_opened_as_it_was(shop: Shop) -> None:
    shop.cluster.are_jobs_failing = True

    store = await shop.upgrade()

    assert is_as_it_was(store)
    assert (shop.installed, shop.is_open) == ([], True)
    (failed,) = await shop.operations()
    assert (failed.kind, failed.status) == (_K.UPGRADE, _O.FAILED)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.BACKUP_FAILED
    assert failed.reason.message.startswith(
        "Nothing was upgraded, and the shop is open as before. The backup could not be made."
    )


async def test_a_namespace_that_is_lost_meanwhile_is_made_anew_with_the_data(shop: Shop) -> None:
    await shop.begin()
    saved = await shop.world.do_task()
    shop.cluster.lose(saved.namespace)

    store = await shop.settle()

    assert is_as_it_was(store)
    assert shop.installed == [1]  # no empty shop of the other version
    failed, back = await shop.operations()
    assert (failed.status, failed.reason) == (_O.FAILED, NAMESPACE_LOST)
    assert (back.kind, back.status) == (_K.RESTORE, _O.SUCCEEDED)


async def test_helm_that_fails_brings_the_shop_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    install = shop.cluster.install
    broken = Reason(ReasonCode.HELM_FAILED, "It cannot be rendered.")

    async def fails(*, values: Mapping[str, object], **given: object) -> str:
        if values["version"] == 2:
            raise HelmError(broken)
        return await install(values=values, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(shop.cluster, "install", fails)

    assert is_as_it_was(await shop.upgrade())

    failed, _ = await shop.operations()
    assert (failed.status, failed.reason) == (_O.FAILED, broken)


async def test_trouble_that_passes_ends_nothing(shop: Shop) -> None:
    shop.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    assert is_upgraded(await shop.upgrade())


@pytest.mark.parametrize("is_saved", [False, True])
async def test_a_delete_ends_the_upgrade(shop: Shop, *, is_saved: bool) -> None:
    await shop.begin()
    if is_saved:
        await shop.world.do_task()
    going = await shop.records.request_delete(shop.id, "Asked for.")
    assert (going.task, going.upgrade) == (None, None)
    assert (await delete(shop.context, going)).status is _S.DELETED
    upgraded, deleted = await shop.operations()
    assert (upgraded.status, deleted.status) == (_O.CANCELLED, _O.SUCCEEDED)
