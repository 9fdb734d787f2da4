"""A store that is made from a backup: what it is given, and when it has what was saved."""

from dataclasses import replace

import pytest

from provisioner.domain.backups import BackupSettings, RestoreSource
from provisioner.domain.clock import SystemClock
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, EngineVersion, GeneratedSecret, Workload
from provisioner.domain.owners import THE_PLATFORM
from provisioner.domain.passwords import RESET_BY
from provisioner.domain.stores import StepStatus, Store, StoreStatus
from provisioner.reconcile.chart_inputs import store_values
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.provisioning import provision, time_limit
from provisioner.reconcile.restoring import restore
from provisioner.reconcile.steps import StepRunner
from provisioner.storage.database import Database
from provisioner.storage.stores import StoreRepository
from provisioner.testing import AlwaysAnswers, SimulatedCluster
from tests.backups import add_source
from tests.stores import a_store

_S = StoreStatus
ENGINE = Engine(
    name="tiny", display_name="Tiny", description="", chart="/nowhere", release_prefix="tiny",
    workloads=(Workload("web", "Deployment", 1),), setup_job=None, shop_path="/", admin_path="/",
    ready_path="/", admin_password_key="admin-password", admin_user="",
    credentials=(GeneratedSecret("admin-password", 24), GeneratedSecret("database", 32)),
    versions=(EngineVersion("1", is_default=True, values={}),), resources={},
    backup_counts=("orders", "products"),
)  # fmt: skip
BACKUPS = BackupSettings(
    repository="rest:http://backups:8000", key="k" * 32, accounts=("platform", "accounts"),
    port=8000, interval=None,
)  # fmt: skip
OTHER = "0123456789abcdef0123456789abcdef"
SOURCE = RestoreSource(
    store_id=OTHER, number=4, snapshot="5f0e", url="http://old.test", admin_user="ada@old.test",
    counts={"orders": 3, "products": 2},
)  # fmt: skip


class World:
    def __init__(self, database: Database, records: StoreRepository) -> None:
        self.database = database
        self.records = records
        self.cluster = SimulatedCluster(SystemClock().now)
        self.cluster.reports = {"fetch": "", "load": '{"orders": 3, "products": 2}'}
        self.context = ReconcileContext(
            records=records, cluster=self.cluster, helm=self.cluster, releases=self.cluster,
            observer=self.cluster, jobs=self.cluster, prober=AlwaysAnswers(),
            engines={"tiny": ENGINE}, clock=SystemClock(), settings=WorkSettings(backups=BACKUPS),
        )  # fmt: skip

    async def begin(self, source: RestoreSource | None = SOURCE) -> Store:
        await self.cluster.ensure_namespace("platform", {})
        await self.cluster.ensure_secret("platform", "accounts", {}, dict)
        await add_source(self.database, SOURCE)
        return await self.records.create(replace(a_store(), from_backup=source))

    async def steps(self, store: Store) -> dict[str, tuple[StepStatus, str]]:
        snapshot = await self.records.snapshot(store.id)
        return {step.name: (step.status, step.message) for step in snapshot.steps}


@pytest.fixture
def world(database: Database, repository: StoreRepository) -> World:
    return World(database, repository)


async def test_the_backup_is_loaded_before_the_shop_is_ready(world: World) -> None:
    store = await world.begin()
    assert store.from_backup == SOURCE

    ready = await provision(world.context, store)

    assert ready.status is _S.READY
    told = "The backup of http://old.test is loaded: 3 orders, 2 products."
    assert (await world.steps(store))["RESTORE"] == ("SUCCEEDED", told)
    secrets = world.cluster.namespaces[store.namespace].secrets
    assert secrets["store-restore"] == {
        "RESTIC_REPOSITORY": f"rest:http://backups:8000/{OTHER}/",
        "RESTIC_PASSWORD": BACKUPS.repository_password(OTHER),
        "RESTIC_REST_USERNAME": OTHER,
        "RESTIC_REST_PASSWORD": BACKUPS.account_password(OTHER),
        "SNAPSHOT": "5f0e",
        "OLD_URL": "http://old.test",
    }
    assert secrets["store-backup"]["RESTIC_REST_USERNAME"] == store.id
    accounts = world.cluster.namespaces["platform"].secrets["accounts"]["htpasswd"]
    assert accounts.splitlines() == sorted(map(BACKUPS.account_line, (OTHER, store.id)))


def test_the_administrator_signs_in_by_the_name_of_the_other_shop() -> None:
    engine = replace(ENGINE, admin_user="{email}")
    store = replace(a_store(), contact_email="new@example.com")
    assert engine.admin_user_of(store) == "new@example.com"
    assert engine.admin_user_of(replace(store, from_backup=SOURCE)) == "ada@old.test"


def test_loading_a_backup_has_a_time_of_its_own(world: World) -> None:
    limit = time_limit(world.context, a_store())
    again = time_limit(world.context, replace(a_store(), from_backup=SOURCE))
    assert again == limit + BACKUPS.timeout


async def test_a_store_that_begins_empty_has_no_such_step(world: World) -> None:
    store = await world.begin(None)
    assert (await provision(world.context, store)).status is _S.READY
    assert "RESTORE" not in await world.steps(store)
    assert "store-restore" not in world.cluster.namespaces[store.namespace].secrets


def test_the_chart_is_told(world: World) -> None:
    store = replace(a_store(), from_backup=SOURCE)
    values = store_values(world.context, store, ENGINE)
    assert values["restore"] == {"enabled": True, "secret": "store-restore"}
    assert "restore" not in store_values(world.context, a_store(), ENGINE)


async def test_where_the_password_was_set_anew_none_is_shown(world: World) -> None:
    # The accounts in the backup may have the one of before, which nobody knows any more.
    other = {"admin-password": "of-the-other", RESET_BY: "next-admin-password-1"}
    await world.cluster.ensure_namespace(f"tiny-{OTHER[:12]}", {})
    await world.cluster.ensure_secret(f"tiny-{OTHER[:12]}", "store-credentials", {}, lambda: other)
    store = await world.begin()

    await provision(world.context, store)

    made = world.cluster.namespaces[store.namespace].secrets["store-credentials"]
    assert made.items() >= other.items()


async def test_the_administrator_keeps_the_password_and_no_other_is_kept(world: World) -> None:
    other = {"admin-password": "of-the-other", "database": "of-the-other-too"}
    await world.cluster.ensure_namespace(f"tiny-{OTHER[:12]}", {})
    await world.cluster.ensure_secret(f"tiny-{OTHER[:12]}", "store-credentials", {}, lambda: other)
    store = await world.begin()

    await provision(world.context, store)

    made = world.cluster.namespaces[store.namespace].secrets["store-credentials"]
    assert made["admin-password"] == "of-the-other"
    assert len(made["database"]) == 32
    assert made["database"] != other["database"]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ('{"orders": 2, "products": 2}', "there are 2 of 3 orders"),
        ('{"products": 2}', "there are 0 of 3 orders"),
        ("", "what was loaded was not counted"),
    ],
)
async def test_what_did_not_arrive_fails_the_store(world: World, said: str, what: str) -> None:
    world.cluster.reports = {"load": said}
    store = await provision(world.context, await world.begin())
    assert store.status is _S.FAILED
    assert store.reason is not None
    assert store.reason.code is ReasonCode.RESTORE_INCOMPLETE
    assert what in store.reason.message


async def test_a_failed_job_fails_the_store_with_its_own_words(world: World) -> None:
    world.cluster.are_jobs_failing = True
    world.cluster.reports = {"fetch": "The place of the backups does not answer."}
    store = await provision(world.context, await world.begin())
    assert store.reason is not None
    assert store.reason.code is ReasonCode.RESTORE_FAILED
    assert store.reason.message == (
        "The backup could not be loaded. The place of the backups does not answer. Then retry; the"
        " backup is as it was."
    )


async def test_the_words_of_a_check_fit_whoever_reads_them(world: World) -> None:
    """Its owner has another shop, beside whose backups they stand."""
    made = replace(a_store(owner=THE_PLATFORM), from_backup=SOURCE)
    await world.begin(None)
    world.cluster.reports = {"load": '{"orders": 2, "products": 2}'}
    store = await provision(world.context, await world.records.create(made))
    assert store.reason is not None
    assert store.reason.message == (
        "The backup was loaded, but there are 2 of 3 orders. Have another backup made and checked;"
        " tell the platform's operator of this one."
    )


async def test_a_shop_that_was_open_is_not_overwritten(world: World) -> None:
    ready = await provision(world.context, await world.begin())
    world.cluster.namespaces[ready.namespace].jobs.clear()

    async def check() -> None:
        raise AssertionError

    outcome = await restore(
        world.context, ready, StepRunner(world.context, ready), secrets=(), check=check
    )

    assert outcome.is_skipped
    assert world.cluster.namespaces[ready.namespace].jobs == {}
