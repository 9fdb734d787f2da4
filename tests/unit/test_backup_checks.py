"""A round of the checks of backups: what is begun, what is recorded, which shops are removed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from provisioner.domain.backups import NEVER_CHECKED, BackupCheck, BackupSettings
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, EngineVersion, Workload
from provisioner.domain.owners import THE_PLATFORM
from provisioner.domain.stores import Reason, Store, StoreStatus, StoreTarget
from provisioner.reconcile.backup_checks import BackupChecker
from provisioner.reconcile.reconciler import Reconciler
from provisioner.storage.backup_checks import BackupChecks
from provisioner.storage.database import Database
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.backups import a_backup, add_backup
from tests.stores import a_store

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
_S = StoreStatus
REASON = Reason(ReasonCode.OTHER, "For the test.")
ENGINE = Engine(
    name="tiny", display_name="Tiny", description="", chart="/nowhere", release_prefix="tiny",
    workloads=(Workload("web", "Deployment", 1),), setup_job=None, shop_path="/", admin_path="/",
    ready_path="/", admin_password_key="", admin_user="{email}", credentials=(),
    versions=(EngineVersion("1", is_default=True, values={}),), resources={},
    backup_counts=("orders",), makes_copies=True,
)  # fmt: skip
SETTINGS = BackupSettings(
    repository="rest:http://backups:8000", key="k" * 32, accounts=None, port=8000, interval=None,
    check_interval=30 * DAY,
)  # fmt: skip


class Woken:
    """Remembers whom it should wake."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def wake(self, store: Store) -> None:
        self.ids.append(store.id)


class World:
    """A platform whose stores have a backup each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        announced = RecordedAnnouncements()
        self.records = StoreRepository(database, self.clock, announced)
        self.backups = StoreBackups(database)
        self.checks = BackupChecks(database, self.clock, announced)
        self.woken = Woken()

    async def go_round(
        self, settings: BackupSettings = SETTINGS, *, engine: Engine = ENGINE
    ) -> None:
        checker = BackupChecker(
            settings=settings, checks=self.checks, backups=self.backups, records=self.records,
            reconciler=cast("Reconciler", self.woken), engines={"tiny": engine}, clock=self.clock,
            shop_url="http://{name}.shops.test:8080",
        )  # fmt: skip
        await checker.go_round()

    async def a_store(self) -> Store:
        store = await self.become(await self.records.create(a_store(now=self.clock.now())))
        await add_backup(self.database, a_backup(store.id, 2, START))
        self.clock.moment += timedelta(seconds=1)
        return store

    async def become(
        self, store: Store, *statuses: StoreStatus, reason: Reason | None = None
    ) -> Store:
        for status in statuses or (_S.PROVISIONING, _S.READY):
            given = (reason or REASON) if status in {_S.FAILED, _S.DEGRADED} else None
            store = await self.records.transition(store, status, reason=given)
        return store

    async def shops(self) -> list[Store]:
        """Return the shops that are made to check backups, and are to be there."""
        stores = await self.records.undeleted()
        return [s for s in stores if s.owner == THE_PLATFORM and s.target is StoreTarget.READY]

    async def check(self, store: Store) -> BackupCheck:
        backup = await self.backups.get(store.id, 2)
        assert backup is not None
        return backup.check


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_the_shop_of_a_check(world: World) -> None:
    store = await world.a_store()
    await world.go_round()

    (shop,) = await world.shops()
    assert world.woken.ids == [shop.id]
    assert (shop.name, shop.host) == (f"check-{shop.id[:12]}", f"{shop.name}.shops.test")
    assert (shop.engine, shop.engine_version, shop.is_copy) == ("tiny", "1", True)
    assert shop.plan == store.plan
    source = shop.from_backup
    assert source is not None
    assert (source.store_id, source.number, source.url) == (store.id, 2, store.url)
    assert await world.check(store) == BackupCheck(store_id=shop.id)

    await world.go_round()  # nothing happens while it is made
    assert await world.shops() == [shop]
    assert world.woken.ids == [shop.id]


async def test_a_shop_that_is_ready_proves_the_backup_and_goes(world: World) -> None:
    store = await world.a_store()
    await world.go_round()
    (shop,) = await world.shops()
    await world.become(shop)
    ended = world.clock.now()

    await world.go_round()

    assert await world.check(store) == BackupCheck(ended_at=ended)
    assert await world.shops() == []
    assert (await world.records.get(shop.id)).target is StoreTarget.DELETED
    assert world.woken.ids == [shop.id, shop.id]


async def test_a_shop_that_has_failed_says_why(world: World) -> None:
    store = await world.a_store()
    await world.go_round()
    (shop,) = await world.shops()
    reason = Reason(ReasonCode.RESTORE_INCOMPLETE, "The backup has 3 orders, and the shop none.")
    await world.become(shop, _S.PROVISIONING, _S.FAILED, reason=reason)

    await world.go_round()

    assert (await world.check(store)).fault == reason.message
    assert await world.shops() == []


async def test_what_the_cluster_lacked_is_not_laid_to_the_backup(world: World) -> None:
    """And nobody is told to delete or retry a shop, which would be their own."""
    store = await world.a_store()
    await world.go_round()
    (shop,) = await world.shops()
    reason = Reason(ReasonCode.NAMESPACE_LOST, "Delete the store, or retry to build it again.")
    await world.become(shop, _S.PROVISIONING, _S.FAILED, reason=reason)

    await world.go_round()

    assert (await world.check(store)).fault == (
        "The shop that was made of it did not become ready (NAMESPACE_LOST). That need not be the"
        f" backup's fault; the platform's operator finds the reason with the store {shop.name}."
    )


async def test_a_shop_that_broke_after_it_was_ready_proves_it_too(world: World) -> None:
    store = await world.a_store()
    await world.go_round()
    (shop,) = await world.shops()
    await world.become(shop, _S.PROVISIONING, _S.READY, _S.DEGRADED)

    await world.go_round()

    assert await world.check(store) == BackupCheck(ended_at=world.clock.now())
    assert await world.shops() == []


async def test_one_after_the_other_and_each_once_in_its_time(world: World) -> None:
    stores = [await world.a_store() for _ in range(2)]
    checked = []
    for _ in stores:
        await world.go_round()
        (shop,) = await world.shops()
        assert shop.from_backup is not None
        checked.append(shop.from_backup.store_id)
        await world.become(shop)
        await world.go_round()
        assert await world.shops() == []  # the one before takes room until it is gone
        gone = await world.become(await world.records.get(shop.id), _S.DELETING, _S.DELETED)
        assert gone.deleted_at is not None
    assert checked == [store.id for store in stores]
    await world.go_round()
    assert await world.shops() == []

    world.clock.moment += 31 * DAY
    await world.go_round()
    assert len(await world.shops()) == 1


async def test_without_an_interval_none_is_begun_but_those_under_way_end(world: World) -> None:
    settings = replace(SETTINGS, check_interval=None)
    store = await world.a_store()
    await world.go_round(settings)
    assert await world.shops() == []

    await world.go_round()
    (shop,) = await world.shops()
    await world.become(shop)
    await world.go_round(settings)
    assert (await world.check(store)).ended_at is not None
    assert await world.shops() == []


async def test_a_shop_that_somebody_removed_proves_nothing(world: World) -> None:
    store = await world.a_store()
    await world.go_round()
    (shop,) = await world.shops()
    await world.records.request_delete(shop.id, "An operator did.")

    await world.go_round()

    assert await world.check(store) == NEVER_CHECKED
    await world.go_round()
    assert await world.shops() == []  # it comes to its turn again, and not at once


async def test_a_shop_that_no_check_knows_is_removed(world: World) -> None:
    """Such as one that was recorded again from the cluster, after the database was lost."""
    lost = await world.become(await world.records.create(a_store(owner=THE_PLATFORM, now=START)))
    await world.go_round()
    assert (await world.records.get(lost.id)).target is StoreTarget.DELETED


async def test_no_shop_is_made_that_could_write_to_customers(world: World) -> None:
    await world.a_store()
    await world.go_round(engine=replace(ENGINE, makes_copies=False))
    assert await world.shops() == []
    await world.go_round()
    assert await world.shops() == []  # it comes to its turn again, and keeps no other from it
