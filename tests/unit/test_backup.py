"""The making of a backup: what is recorded when it goes well, and when anything goes wrong."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from provisioner.domain import backoff
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, ClusterUnreachableError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.stores import Reason, StepStatus, Store, StoreStatus
from provisioner.reconcile.namespaces import NAMESPACE_LOST, namespace_labels
from provisioner.reconcile.repositories import AccountKeeper
from provisioner.storage.database import Database
from provisioner.testing.simulated_jobs import DUMPED, SAVED
from tests.unit.backup_world import PATIENCE_SECONDS, SETTINGS, World, a_ready_shop

_S, _O = StoreStatus, OperationStatus


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every second try come at once."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.0005)
    monkeypatch.setattr(backoff, "CAP_SECONDS", 0.001)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_ready_shop(database)


async def test_what_the_job_has_saved_is_recorded(world: World) -> None:
    operation = await world.back_up()

    assert (operation.status, operation.reason) == (_O.SUCCEEDED, None)
    made = await world.backups.get(world.store.id, operation.number)
    assert made is not None
    assert (made.snapshot, made.size, made.added) == ("5f0ec8b5", 2500, 700)
    assert made.counts == {"orders": 3, "products": 2}
    assert (made.engine, made.engine_version) == ("tiny", "1")
    told = "The backup has 2.5 kB: 3 orders, 2 products. 700 bytes were new."
    assert await world.steps() == {
        "REPOSITORY": (
            "SUCCEEDED", "Backups are kept at rest:http://backups.platform.svc:8000."
        ),
        "SAVE": ("SUCCEEDED", f"Job {world.store.release}-backup-2 has saved the shop."),
        "CHECK": ("SUCCEEDED", told),
    }  # fmt: skip
    assert world.cluster.namespaces[world.store.namespace].jobs == {}


async def test_each_store_has_an_account_and_passwords_of_its_own(world: World) -> None:
    await world.back_up()
    mine = world.secrets["store-backup"]
    assert mine["RESTIC_REPOSITORY"] == f"{SETTINGS.repository}/{world.store.id}/"
    assert mine["RESTIC_REST_USERNAME"] == world.store.id
    passwords = {mine["RESTIC_PASSWORD"], mine["RESTIC_REST_PASSWORD"]}
    passwords |= {SETTINGS.repository_password("other"), SETTINGS.account_password("other")}
    assert len(passwords) == 4
    assert SETTINGS.key not in passwords
    accounts = world.cluster.namespaces["platform"].secrets["accounts"]["htpasswd"]
    assert accounts == SETTINGS.account_line(world.store.id) + "\n"


async def test_an_account_is_added_to_those_of_others_and_replaces_its_own(world: World) -> None:
    held = world.cluster.namespaces["platform"].secrets["accounts"]
    other = SETTINGS.account_line("another")
    held["htpasswd"] = f"{world.store.id}:{{SHA}}old\n{other}\n"

    await world.back_up()

    wanted = sorted([other, SETTINGS.account_line(world.store.id)])
    assert held["htpasswd"].splitlines() == wanted


async def test_a_second_backup_is_another_one(world: World) -> None:
    first, second = await world.back_up(), await world.back_up()
    page = await world.backups.page(world.store.id, first=10, after=None)
    assert [made.number for made in page.items] == [second.number, first.number]


async def test_a_failed_job_fails_the_backup_with_its_own_words(world: World) -> None:
    world.cluster.are_jobs_failing = True
    world.cluster.reports = {"dump": "", "save": "The place for backups is full. Make room there."}

    operation = await world.back_up()

    assert operation.status is _O.FAILED
    assert operation.reason == Reason(
        ReasonCode.BACKUP_FAILED,
        "The backup could not be made. The place for backups is full. Make room there.",
    )
    assert (await world.records.get(world.store.id)).status is _S.READY
    assert await world.backups.newest([world.store.id]) == {}


async def test_no_password_gets_into_the_reason(world: World) -> None:
    world.cluster.are_jobs_failing = True
    password = SETTINGS.repository_password(world.store.id)
    world.cluster.reports = {"save": f"wrong: {password}"}
    operation = await world.back_up()
    assert operation.reason is not None
    assert operation.reason.message == "The backup could not be made. wrong: [hidden]"


@pytest.mark.parametrize(
    ("reports", "what"),
    [
        ({}, "cannot be read"),
        ({"dump": DUMPED}, "cannot be read"),
        ({"dump": "3 orders", "save": SAVED}, "cannot be read"),
        ({"dump": '{"orders": 3}', "save": SAVED}, "The dump was not counted: products"),
        ({"dump": DUMPED, "save": SAVED.replace('_processed":5', '_processed":0')}, "No file"),
    ],
)
async def test_a_report_that_lacks_something_counts_as_no_backup(
    world: World, reports: dict[str, str], what: str
) -> None:
    world.cluster.reports = reports
    operation = await world.back_up()
    assert operation.reason is not None
    assert operation.reason.code is ReasonCode.BACKUP_INCOMPLETE
    assert what in operation.reason.message
    assert await world.backups.newest([world.store.id]) == {}


async def test_a_shop_without_the_template_says_so(world: World) -> None:
    world.cluster.namespaces[world.store.namespace].release = ""
    operation = await world.back_up()
    assert operation.reason is not None
    assert operation.reason.code is ReasonCode.BACKUP_NOT_SET_UP
    assert f"CronJob {world.store.release}-backup" in operation.reason.message


async def test_where_nothing_is_set_up_the_operator_is_named(world: World) -> None:
    operation = await world.back_up(backups=None)
    assert operation.reason == Reason(
        ReasonCode.BACKUP_NOT_SET_UP,
        "The platform is not set up to keep backups; ask its operator.",
    )


async def test_accounts_that_are_gone_are_named(world: World) -> None:
    world.cluster.lose("platform")
    operation = await world.back_up()
    assert operation.reason is not None
    assert operation.reason.code is ReasonCode.BACKUP_NOT_SET_UP
    assert "`backups.enabled`" in operation.reason.message


async def test_a_lost_namespace_ends_the_backup(world: World) -> None:
    world.cluster.lose(world.store.namespace)
    operation = await world.back_up()
    assert (operation.status, operation.reason) == (_O.FAILED, NAMESPACE_LOST)


async def test_a_store_that_failed_before_its_turn_has_no_backup(world: World) -> None:
    store = await world.begin()
    await world.records.transition(store, _S.FAILED, reason=NAMESPACE_LOST)
    with world.working() as tasks:
        tasks.wake(store)
        operation = await world.ended()
    assert operation.status is _O.FAILED
    assert operation.reason is not None
    assert operation.reason.message.startswith("The store has failed meanwhile. The store's")


async def test_trouble_that_passes_does_not_fail_a_backup(world: World) -> None:
    world.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    operation = await world.back_up()
    assert operation.status is _O.SUCCEEDED


async def test_a_rejection_by_the_cluster_fails_it_with_the_reason(world: World) -> None:
    reason = Reason(ReasonCode.CLUSTER_REFUSED, "The cluster refused.")
    world.cluster.faults.append(ClusterRejectedError(reason))
    operation = await world.back_up()
    assert operation.reason == reason


async def test_the_time_limit_counts_from_the_start_also_after_a_restart(world: World) -> None:
    await world.task_records.start(await world.begin())
    with world.working(backups=replace(SETTINGS, timeout=timedelta())) as tasks:
        tasks.wake(world.store)
        operation = await world.ended()
    assert operation.reason is not None
    assert operation.reason.code is ReasonCode.BACKUP_TIMEOUT
    assert "was not made within 0 minutes" in operation.reason.message
    assert (await world.steps())["REPOSITORY"][0] is StepStatus.FAILED
    assert await world.backups.newest([world.store.id]) == {}


async def test_after_a_crash_the_job_that_is_there_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await world.begin()
    await world.task_records.start(store)
    await world.cluster.run(
        store.namespace, f"{store.release}-backup", f"{store.release}-backup-2",
        namespace_labels(store),
    )  # fmt: skip
    (job,) = world.cluster.namespaces[store.namespace].jobs.values()
    ran = []
    run = world.cluster.run

    async def noted(*given: object) -> bool:
        is_new = await run(*given)  # type: ignore[arg-type]
        ran.append(is_new)
        return is_new

    monkeypatch.setattr(world.cluster, "run", noted)
    with world.working() as tasks:
        tasks.wake(store)
        operation = await world.ended()

    assert operation.status is _O.SUCCEEDED
    assert ran == [False]
    assert job.name == f"{store.release}-backup-2"


async def test_a_delete_interrupts_a_backup(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    is_running = asyncio.Event()

    async def never(*_: object) -> bool:
        is_running.set()
        return True

    monkeypatch.setattr(world.cluster, "run", never)
    with world.working() as tasks:
        tasks.wake(await world.begin())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await is_running.wait()
        wanted = await world.records.request_delete(world.store.id, "Deleted.")
        tasks.wake(wanted)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while tasks.running:  # noqa: ASYNC110 - no event tells of the end of all work
                await asyncio.sleep(0.001)
    assert (await world.steps()).keys() == {"HELM_UNINSTALL", "NAMESPACE_GONE"}


async def test_the_accounts_of_all_stores_are_kept(world: World) -> None:
    held = world.cluster.namespaces["platform"].secrets["accounts"]

    async def nobody() -> list[Store]:
        return []

    async def everybody() -> list[Store]:
        return await world.records.undeleted()

    await AccountKeeper(world.context, SETTINGS, nobody).write()
    assert held == {"htpasswd": ""}  # which is enough for the server to start

    other = SETTINGS.account_line("of-a-deleted-store")
    held["htpasswd"] = f"{other}\n"
    await AccountKeeper(world.context, SETTINGS, everybody).write()
    wanted = sorted([other, SETTINGS.account_line(world.store.id)])
    assert held["htpasswd"].splitlines() == wanted
