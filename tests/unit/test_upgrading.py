"""A shop that gets another version: it has it in the end, or is as it was, with its data."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from provisioner.domain.backups import RestoreStage
from provisioner.domain.cluster import CronRuns, Job
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterUnreachableError, HelmError, NotFoundError
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.store_annotation import annotation_for
from provisioner.domain.stores import Reason, StoreStatus, Upgrade
from provisioner.domain.transitions import REPLACING_STEPS, UPGRADE_STEPS
from provisioner.kubernetes.labels import STORE_ANNOTATION
from provisioner.reconcile.deletion import delete
from provisioner.reconcile.namespaces import NAMESPACE_LOST
from provisioner.reconcile.provisioning import time_limit
from provisioner.storage.database import Database
from tests.unit.backup_world import a_ready_shop
from tests.unit.ended_services import ends_after
from tests.unit.upgraded_shop import Shop, is_as_it_was, is_upgraded

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
WRITES = 2 * len(UPGRADE_STEPS) + 5
"""Those of an upgrade: each step's begin and end, of the task's begin, of what was found out, of
the handing over, and of the store's status when that goes on and ends."""
RECOVERY_WRITES = 2 * len(REPLACING_STEPS) + 3
"""Those of bringing the shop back, once the upgrade has failed."""
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = {"orders": 3, "products": 2}


@pytest.fixture
async def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Shop:
    world = await a_ready_shop(database)
    world.cluster.reports["load"] = world.cluster.reports["dump"]
    return Shop(world, database, monkeypatch)


async def test_the_shop_is_saved_and_gets_its_version(shop: Shop) -> None:
    store = await shop.upgrade()

    assert is_upgraded(store)
    assert (shop.installed, shop.opened, shop.is_open) == ([2], [2], True)
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
    assert (shop.installed, shop.opened, shop.is_open) == ([2, 1], [1], True)
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
    assert store.reason.message == (
        "The backup was loaded, but there are 0 of 3 orders. Restore another backup; tell the"
        " platform's operator of this one. The shop stays closed, its backups are kept, and nothing"
        " more is done by itself: retry the store to go on, or restore another backup of it."
    )
    assert shop.namespace.is_hidden
    # Nobody works on it until somebody asks for it
    assert await shop.settle() == store
    # A retry goes on with bringing it back, and not with the upgrade
    monkeypatch.setitem(shop.cluster.reports, "load", shop.cluster.reports["dump"])
    await shop.records.transition(store, _S.QUEUED, begins=_K.RETRY)
    assert is_as_it_was(await shop.settle())
    assert (shop.installed, shop.opened) == ([2, 1, 1], [1])


@pytest.mark.parametrize("write", range(WRITES))
async def test_a_service_that_is_ended_goes_on(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.begin()
    await is_ended_after(shop, write, monkeypatch)

    store = await shop.settle()

    assert is_upgraded(store)
    assert (set(shop.installed), set(shop.opened), shop.is_open) == ({2}, {2}, True)
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
    assert (set(shop.opened), shop.is_open) == ({1}, True)
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


async def test_what_set_up_the_former_version_does_not_pass_for_the_new_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = replace(shop.context.engines["tiny"], setup_job="setup")
    shop.context = shop.world.context = replace(shop.context, engines={"tiny": engine})
    old = Job(name="tiny-setup-1", uid="old", component="setup", is_complete=True, created_at=EPOCH)
    shop.namespace.jobs["tiny-setup-1"] = old
    install, seen = shop.cluster.install, list[set[str]]()

    async def sets_up(**given: object) -> str:
        seen.append(set(shop.namespace.jobs))
        new = structs.replace(old, uid=f"new-{len(seen)}", name=f"tiny-setup-{len(seen) + 1}")
        shop.namespace.jobs[new.name] = new
        return await install(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(shop.cluster, "install", sets_up)

    assert is_upgraded(await shop.upgrade())

    closed, opened = ({name for name in names if "setup" in name} for names in seen)
    assert (closed, opened) == (set(), {"tiny-setup-2"})


async def test_what_cannot_be_had_is_found_out_while_the_shop_is_open(shop: Shop) -> None:
    engine = shop.context.engines["tiny"]
    gone = replace(engine, versions=engine.versions[:1])
    shop.world.context = replace(shop.context, engines={"tiny": gone})

    store = await shop.upgrade()

    assert is_as_it_was(store)
    assert (shop.installed, shop.opened, shop.is_open) == ([], [], True)
    (failed,) = await shop.operations()
    assert (failed.kind, failed.status) == (_K.UPGRADE, _O.FAILED)
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING
    assert failed.reason.message == (
        "Nothing was upgraded, and the shop is open as before. Version 2 of engine tiny is no"
        " longer offered here. Add it back to the charts and restart the platform, then ask again."
    )
    assert (await shop.world.steps())["CLOSE"][0] == "PENDING"


async def test_what_is_not_known_in_time_leaves_the_shop_open(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(shop.cluster, "render", never)
    settings = replace(shop.context.settings, provision_timeout=timedelta(seconds=0.06))
    shop.world.context = replace(shop.context, settings=settings)

    assert is_as_it_was(await shop.upgrade())

    (failed,) = await shop.operations()
    assert failed.reason == Reason(
        ReasonCode.NOT_READY_IN_TIME,
        "Nothing was upgraded, and the shop is open as before. Whether the version can be had was"
        " not known within 0.001 minutes. Last seen: Looking whether the version can be had.",
    )
    assert (shop.installed, shop.opened, shop.is_open) == ([], [], True)


async def test_what_follows_no_more_is_found_out_while_the_shop_is_open(shop: Shop) -> None:
    engine = shop.context.engines["tiny"]
    versions = (engine.versions[0], replace(engine.versions[1], follows=("0",)))
    shop.world.context = replace(shop.context, engines={"tiny": replace(engine, versions=versions)})

    assert is_as_it_was(await shop.upgrade())

    (failed,) = await shop.operations()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING
    assert "A shop of version 1 cannot be upgraded to 2 directly." in failed.reason.message
    assert (shop.installed, shop.opened) == ([], [])


async def test_what_cannot_be_brought_back_is_not_begun(shop: Shop) -> None:
    engine = shop.context.engines["tiny"]
    gone = replace(engine, versions=engine.versions[1:])
    shop.world.context = replace(shop.context, engines={"tiny": gone})

    assert is_as_it_was(await shop.upgrade())

    (failed,) = await shop.operations()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING
    assert "Version 1 of engine tiny is no longer offered here." in failed.reason.message


@pytest.mark.parametrize("lacks", ["template", "accounts", "settings"])
async def test_what_stands_in_the_way_of_a_backup_is_found_out_while_it_is_open(
    shop: Shop, lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(namespace: str, name: str) -> CronRuns:
        raise NotFoundError(f"cronjobs.batch {name!r} not found in {namespace}")

    if lacks == "template":
        monkeypatch.setattr(shop.cluster, "runs", none)
    elif lacks == "accounts":
        shop.cluster.lose("platform")
    else:
        settings = replace(shop.context.settings, backups=None)
        shop.world.context = replace(shop.context, settings=settings)

    assert is_as_it_was(await shop.upgrade())

    (failed,) = await shop.operations()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.BACKUP_NOT_SET_UP
    steps = {name: status for name, (status, _) in (await shop.world.steps()).items()}
    assert (steps["PREFLIGHT"], steps["CLOSE"]) == ("FAILED", "PENDING")
    assert (shop.installed, shop.opened, shop.is_open) == ([], [], True)


async def test_a_shop_that_cannot_be_saved_is_opened_as_it_was(shop: Shop) -> None:
    shop.cluster.are_jobs_failing = True

    store = await shop.upgrade()

    assert is_as_it_was(store)
    assert (shop.installed, shop.opened, shop.is_open) == ([], [], True)
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
    assert (shop.installed, shop.opened) == ([1], [1])  # no empty shop of the other version
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
