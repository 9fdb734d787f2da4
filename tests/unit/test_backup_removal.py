"""A round of the removal of backups: what is decided, what is written, and what is recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.backups import BackupSettings, Keep
from provisioner.domain.cluster import CronRuns
from provisioner.domain.errors import NotFoundError
from provisioner.domain.stores import Store, StoreStatus
from provisioner.reconcile.backup_removal import BackupRemover
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.repositories import ensure_accounts
from provisioner.storage.backup_removals import BackupRemovals
from provisioner.storage.database import Database
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, HandClock, RecordedAnnouncements, SimulatedCluster
from tests.backups import a_backup, add_backup
from tests.stores import a_store

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SETTINGS = BackupSettings(
    repository="rest:http://backups:8000", key="k" * 32, accounts=("platform", "accounts"),
    port=8000, interval=None, removal=("platform", "removal"),
    keep=Keep(timedelta(), 2, 0, 0, 30 * DAY),
)  # fmt: skip


class World:
    """A platform with stores that have a backup of each day, and the CronJob that removes some."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        self.records = StoreRepository(database, self.clock, RecordedAnnouncements())
        self.backups = StoreBackups(database)
        self.cluster = SimulatedCluster(self.clock.now)
        self.context = ReconcileContext(
            records=self.records, cluster=self.cluster, helm=self.cluster, releases=self.cluster,
            observer=self.cluster, jobs=self.cluster, prober=AlwaysAnswers(), engines={},
            clock=self.clock, settings=WorkSettings(backups=SETTINGS),
        )  # fmt: skip
        self.remover = BackupRemover(self.context, SETTINGS, BackupRemovals(database))

    async def install(self) -> None:
        await self.cluster.ensure_namespace("platform", {})
        for name in ("accounts", "removal"):
            await self.cluster.ensure_secret("platform", name, {}, dict)
        self.ran(None, None)

    def ran(self, started: datetime | None, succeeded: datetime | None) -> None:
        self.cluster.namespaces["platform"].runs = CronRuns(started, succeeded)

    async def a_store(self, *numbers: int) -> Store:
        store = await self.records.create(a_store(now=START))
        for status in (StoreStatus.PROVISIONING, StoreStatus.READY):
            store = await self.records.transition(store, status)
        for number in numbers:
            await add_backup(self.database, a_backup(store.id, number, START + number * DAY))
        await ensure_accounts(self.context, SETTINGS, "platform", "accounts", [store.id])
        return store

    async def delete(self, store: Store) -> None:
        going = await self.records.request_delete(store.id, "Asked for.")
        going = await self.records.transition(going, StoreStatus.DELETING)
        await self.records.transition(going, StoreStatus.DELETED)

    async def numbers(self, store: Store) -> list[int]:
        page = await self.backups.page(store.id, first=100, after=None)
        return [backup.number for backup in page.items]

    def secret(self, name: str, key: str) -> list[str]:
        return self.cluster.namespaces["platform"].secrets[name].get(key, "").splitlines()

    def listed(self) -> list[list[str]]:
        """Return the words of each line that names a repository."""
        return [line.split() for line in self.secret("removal", "removals")[1:]]


@pytest.fixture
async def world(database: Database) -> World:
    made = World(database)
    await made.install()
    return made


async def test_what_the_rule_does_not_keep_is_listed(world: World) -> None:
    store, other = await world.a_store(1, 2, 3, 4), await world.a_store(1, 2)

    await world.remover.go_round()

    password = SETTINGS.repository_password(store.id)
    assert world.secret("removal", "removals")[0] == f"# written {START.isoformat()}"
    assert world.listed() == [[store.id, password, f"{1:064x}", f"{2:064x}"]]
    assert await world.numbers(store) == [4, 3]
    assert await world.numbers(other) == [2, 1]
    assert len(world.secret("accounts", "htpasswd")) == 2


async def test_a_list_that_stays_the_same_keeps_its_time(world: World) -> None:
    await world.a_store(1, 2, 3, 4)
    await world.remover.go_round()
    before = world.secret("removal", "removals")
    world.clock.moment += DAY
    await world.remover.go_round()
    assert world.secret("removal", "removals") == before


async def test_a_run_that_knew_the_list_and_succeeded_has_removed_it(world: World) -> None:
    store = await world.a_store(1, 2, 3, 4)
    await world.remover.go_round()

    world.ran(START + 6 * MINUTE, START + 7 * MINUTE)
    await world.remover.go_round()

    assert world.listed() == []
    assert await BackupRemovals(world.database).wanted() == []
    assert await world.numbers(store) == [4, 3]


@pytest.mark.parametrize(
    ("started", "succeeded"),
    [
        (START + 6 * MINUTE, START - DAY),  # it runs still, or has failed
        (START + 4 * MINUTE, START + 9 * MINUTE),  # it may have known the list before
        (START - DAY, START - DAY + MINUTE),
        (START + 6 * MINUTE, None),
        (None, None),
    ],
)
async def test_no_other_run_counts(
    world: World, started: datetime | None, succeeded: datetime | None
) -> None:
    await world.a_store(1, 2, 3, 4)
    await world.remover.go_round()
    listed = world.listed()

    world.ran(started, succeeded)
    await world.remover.go_round()

    assert world.listed() == listed
    assert len(await BackupRemovals(world.database).wanted()) == 1


async def test_what_came_into_the_list_later_is_not_taken_for_removed(world: World) -> None:
    store = await world.a_store(1, 2, 3)
    await world.remover.go_round()
    world.clock.moment += 10 * MINUTE
    world.ran(world.clock.moment, world.clock.moment + MINUTE)
    await add_backup(world.database, a_backup(store.id, 4, START + 4 * DAY))

    await world.remover.go_round()

    (line,) = world.listed()
    assert line[2:] == [f"{2:064x}"]


async def test_the_repository_of_a_deleted_store_goes_when_its_time_is_over(world: World) -> None:
    store, other = await world.a_store(1, 2, 3), await world.a_store(1)
    await world.delete(store)
    await world.remover.go_round()
    assert await world.numbers(store) == [3, 2]

    world.clock.moment += 30 * DAY
    await world.remover.go_round()

    assert await world.numbers(store) == []
    assert world.listed() == [[store.id, "-", "all"]]
    (line,) = world.secret("accounts", "htpasswd")
    assert line.startswith(f"{other.id}:")

    world.ran(world.clock.moment + 6 * MINUTE, world.clock.moment + 7 * MINUTE)
    await world.remover.go_round()
    assert world.listed() == []
    assert await BackupRemovals(world.database).wanted() == []


async def test_without_the_cron_job_nothing_is_called_removed(world: World) -> None:
    store = await world.a_store(1, 2, 3, 4)
    world.cluster.namespaces["platform"].runs = None
    with pytest.raises(NotFoundError):
        await world.remover.go_round()
    del world.cluster.namespaces["platform"].secrets["removal"]
    with pytest.raises(NotFoundError):
        await world.remover.go_round()
    assert await world.numbers(store) == [4, 3, 2, 1]
