"""A backup that is put in the place of a shop: nothing is lost, whatever goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from provisioner.domain.backups import InPlaceRestore, RestoreStage
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterUnreachableError
from provisioner.domain.operations import Operation, OperationKind, OperationStatus
from provisioner.domain.restore_sources import source_of
from provisioner.domain.stores import Store, StoreStatus, StoreTask
from provisioner.domain.transitions import REPLACING_STEPS
from provisioner.reconcile import closing
from provisioner.reconcile.drift import inspect
from provisioner.reconcile.health import observe
from provisioner.reconcile.provisioning import provision, time_limit
from provisioner.storage.database import Database
from provisioner.storage.operation_pages import OperationPages
from tests.unit.backup_world import ENGINE, SETTINGS, World, a_ready_shop

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
WRITES = 2 * len(REPLACING_STEPS) + 3
"""Those of putting a backup in a shop's place: each step's begin and end, of the removal, and of
the store's status when it begins and ends."""
THREE, FIVE = '{"orders": 3, "products": 2}', '{"orders": 5, "products": 2}'


class Shop:
    """A shop with a backup of three orders, which has five by now."""

    def __init__(self, world: World, database: Database) -> None:
        self.world = world
        self.records = world.records
        self.cluster = world.cluster
        engines = {"tiny": replace(ENGINE, closed_by=("web",))}
        self.context = world.context = replace(world.context, engines=engines)
        self._pages = OperationPages(database)

    async def begin(self, *, is_saved: bool = True) -> Store:
        """Ask for the backup with three orders to be restored."""
        store = await self.records.get(self.world.store.id)
        (backup,) = (await self.world.backups.page(store.id, first=1, after=None)).items
        stage = RestoreStage.SAVING if is_saved else RestoreStage.REMOVING
        restore = InPlaceRestore(source_of(store, backup, ENGINE), stage)
        if is_saved:
            begun = await self.world.task_records.begin(
                store.id, StoreTask.RESTORE, "Asked for.", restore=restore
            )
        else:
            begun = await self.records.transition(
                store, _S.QUEUED, begins=_K.RESTORE, restore=restore
            )
        self.world.store = begun
        return begun

    async def restore(self) -> Store:
        """Have the backup restored; return the store when nothing more is to be done."""
        await self.begin()
        saved = await self.world.do_task()
        is_saved = saved.status is _S.QUEUED
        assert self.world.woken == ([saved] if is_saved else [])  # or nobody would go on
        return await self.world.go_on(saved)

    async def operations(self) -> list[Operation]:
        """Return the operations since the backup, oldest first."""
        page = await self._pages.page(self.world.store.id, first=10, after=None)
        return [item.operation for item in reversed(page.items)][2:]

    @property
    def pods(self) -> set[str]:
        return set(self.cluster.namespaces[self.world.store.namespace].pods)

    @property
    def is_hidden(self) -> bool:
        return self.cluster.namespaces[self.world.store.namespace].is_hidden


@pytest.fixture
async def shop(database: Database) -> Shop:
    world = await a_ready_shop(database)
    await world.back_up()
    world.cluster.reports |= {"dump": FIVE, "load": THREE}
    return Shop(world, database)


async def test_the_shop_is_saved_and_the_backup_takes_its_place(shop: Shop) -> None:
    passwords = dict(shop.world.secrets["store-backup"])

    store = await shop.restore()

    assert (store.status, store.restore, store.task) == (_S.READY, None, None)
    (restored,) = await shop.operations()
    assert (restored.kind, restored.status) == (_K.RESTORE, _O.SUCCEEDED)
    now, before = (await shop.world.backups.page(store.id, first=10, after=None)).items
    assert (now.number, now.counts["orders"]) == (restored.number, 5)
    assert store.from_backup is not None
    assert (store.from_backup.store_id, store.from_backup.number) == (store.id, before.number)
    assert shop.world.secrets["store-backup"] == passwords
    steps = await shop.world.steps()
    assert list(steps) == [
        "CLOSE", "REPOSITORY", "SAVE", "CHECK", "REMOVE",
        "NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "RESTORE",
        "WORKLOADS_READY", "SETUP_JOB", "OPEN", "REACHABLE",
    ]  # fmt: skip
    assert steps["CLOSE"] == (
        "SUCCEEDED", "The shop is closed: nobody changes its data any more."
    )  # fmt: skip
    assert steps["REMOVE"] == ("SUCCEEDED", "The shop as it was is removed, with its volumes.")
    told = f"The backup of {store.url} is loaded: 3 orders, 2 products."
    assert steps["RESTORE"] == ("SUCCEEDED", told)


async def test_it_is_closed_while_it_is_saved_and_all_of_it_goes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, set[str]] = {}
    hidden: dict[str, bool] = {}
    run, install = shop.cluster.run, shop.cluster.install

    async def noted(namespace: str, template: str, name: str, labels: dict[str, str]) -> bool:
        found[template.rpartition("-")[2]] = shop.pods
        hidden[template.rpartition("-")[2]] = shop.is_hidden
        return await run(namespace, template, name, labels)

    async def installed(**given: object) -> str:
        found.setdefault("install", set(shop.cluster.namespaces[shop.world.store.namespace].jobs))
        return await install(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(shop.cluster, "run", noted)
    monkeypatch.setattr(shop.cluster, "install", installed)

    await shop.restore()

    assert found["backup"] == set()
    assert found["install"] == set()  # no Job is left, which could pass for the one that loads
    assert found["restore"] == shop.pods != set()
    # Visitors are told so meanwhile, and get to the shop again in the end.
    assert hidden == {"backup": True, "restore": True}
    assert not shop.is_hidden


async def test_a_shop_that_cannot_be_saved_is_opened_again_as_it_was(shop: Shop) -> None:
    before, pods = await shop.world.read(), shop.pods
    shop.cluster.are_jobs_failing = True
    shop.cluster.reports = {"dump": "", "save": "The place for backups is full."}

    store = await shop.restore()

    assert (store.status, store.restore, store.task) == (_S.READY, None, None)
    assert store.from_backup == before.from_backup
    assert (shop.pods, shop.is_hidden) == (pods, False)
    (failed,) = await shop.operations()
    assert (failed.kind, failed.status) == (_K.RESTORE, _O.FAILED)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.BACKUP_FAILED
    assert failed.reason.message == (
        "Nothing was restored: the shop could not be saved as it is before, and is left as it was."
        " The backup could not be made. The place for backups is full. To restore all the same, ask"
        " for it without a backup of the present."
    )


async def test_a_pod_that_never_ends_does_not_keep_the_shop_closed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(*_: object) -> None:
        """As on a node that is lost."""

    monkeypatch.setattr(shop.cluster, "stop", stop)
    monkeypatch.setattr(closing, "PATIENCE_SECONDS", 0.05)
    (pod,) = shop.pods

    store = await shop.restore()

    assert (store.status, store.restore, store.task) == (_S.READY, None, None)
    (failed,) = await shop.operations()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.NOT_CLOSED_IN_TIME
    assert f"Pod {pod} is ending. See whether its node still answers." in failed.reason.message


async def test_it_comes_back_as_it_was_when_the_backup_cannot_be_restored(shop: Shop) -> None:
    shop.cluster.reports["load"] = FIVE  # two orders more than the backup has

    store = await shop.restore()

    assert (store.status, store.reason, store.restore) == (_S.READY, None, None)
    failed, back = await shop.operations()
    assert (failed.status, back.status) == (_O.FAILED, _O.SUCCEEDED)
    assert failed.reason is not None
    assert failed.reason.message == (
        "The backup was loaded, but there are 5 of 3 orders. Restore another backup; tell the"
        " platform's operator of this one."
    )
    assert (back.kind, back.request.asked_by) == (_K.RESTORE, None)
    assert store.from_backup is not None
    assert store.from_backup.number == failed.number  # the backup that was made of it
    assert store.from_backup.counts["orders"] == 5


async def test_when_it_does_not_come_back_either_a_retry_tries_that_again(shop: Shop) -> None:
    shop.cluster.reports["load"] = '{"orders": 4, "products": 2}'

    store = await shop.restore()

    assert store.status is _S.FAILED
    first, second = await shop.operations()
    assert (first.status, second.status) == (_O.FAILED, _O.FAILED)
    assert store.restore is not None
    assert (store.restore.source.number, store.restore.former) == (first.number, None)

    shop.cluster.reports["load"] = FIVE
    again = await shop.records.transition(store, _S.QUEUED, begins=_K.RETRY)
    shop.cluster.namespaces[store.namespace].jobs.clear()
    ready = await shop.world.go_on(again)
    assert (ready.status, ready.restore) == (_S.READY, None)
    assert ready.from_backup is not None
    assert ready.from_backup.number == first.number


@pytest.mark.parametrize("write", range(WRITES))
async def test_a_service_that_is_ended_goes_on_where_it_was(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.begin()
    store = await shop.world.do_task()
    uninstall, left = shop.cluster.uninstall, write
    removals: list[RestoreStage | None] = []

    def ends_after(work: Callable[..., Awaitable[Store]]) -> Callable[..., Awaitable[Store]]:
        async def ends(*given: object, **more: object) -> Store:
            nonlocal left
            made = await work(*given, **more)
            left -= 1
            if left < 0:
                raise asyncio.CancelledError
            return made

        return ends

    async def noted(**given: str) -> str:
        now = (await shop.world.read()).restore
        removals.append(now.stage if now else None)
        return await uninstall(**given)

    monkeypatch.setattr(shop.cluster, "uninstall", noted)
    with monkeypatch.context() as patch:
        for name in ("transition", "update_step", "record_removed"):
            patch.setattr(shop.records, name, ends_after(getattr(shop.records, name)))
        with pytest.raises(asyncio.CancelledError):
            await provision(shop.context, store)
    ready = await shop.world.go_on(await shop.world.read())

    assert (ready.status, ready.restore) == (_S.READY, None)
    assert set(removals) == {RestoreStage.REMOVING}  # never what was restored
    assert ready.from_backup is not None
    assert ready.from_backup.counts["orders"] == 3
    steps = await shop.world.steps()
    assert {status for status, _ in steps.values()} == {"SUCCEEDED", "SKIPPED"}


async def test_a_shop_that_has_failed_is_restored_without_being_saved(shop: Shop) -> None:
    failed = await shop.records.transition(await shop.world.read(), _S.FAILED)
    shop.world.store = failed

    store = await shop.world.go_on(await shop.begin(is_saved=False))

    assert (store.status, store.restore) == (_S.READY, None)
    assert next(iter(await shop.world.steps())) == "REMOVE"
    assert len((await shop.world.backups.page(store.id, first=10, after=None)).items) == 1


async def test_a_lost_namespace_is_no_obstacle(shop: Shop) -> None:
    shop.world.store = await shop.records.transition(await shop.world.read(), _S.FAILED)
    shop.cluster.lose(shop.world.store.namespace)

    store = await shop.world.go_on(await shop.begin(is_saved=False))

    assert store.status is _S.READY
    assert (await shop.world.steps())["REMOVE"] == (
        "SKIPPED", "There is no namespace, and no shop to remove."
    )  # fmt: skip


async def test_a_closed_shop_is_left_alone(shop: Shop) -> None:
    store = await shop.begin()
    await shop.cluster.stop(store.namespace, store.release, ["web"])
    shop.cluster.namespaces[store.namespace].missing.add(f"{store.release}-web")

    assert await observe(shop.context, store) == store
    assert await inspect(shop.context, store) == store

    assert shop.pods == set()
    assert await shop.world.read() == store


async def test_trouble_that_passes_ends_nothing(shop: Shop) -> None:
    await shop.begin()
    shop.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    saved = await shop.world.do_task()
    shop.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    assert (await shop.world.go_on(saved)).status is _S.READY


async def test_loading_has_a_time_of_its_own(shop: Shop) -> None:
    limit = time_limit(shop.context, await shop.world.read())
    assert time_limit(shop.context, await shop.begin()) == limit + SETTINGS.timeout
