"""A shop whose administrator gets another password: it has it in the end, or the one of before."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    ConflictError,
    NotFoundError,
)
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.passwords import NEXT_PASSWORD, RESET_BY
from provisioner.domain.stores import Reason, StoreStatus
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET, NAMESPACE_LOST
from provisioner.reconcile.passwords import reset_password
from provisioner.storage.database import Database
from tests.unit.ended_services import ends_after
from tests.unit.password_world import DATABASE, KEY, NEW, OLD, Shop, a_shop

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
DONE = {"admin-password": NEW, "database": DATABASE, RESET_BY: KEY}
AS_BEFORE = {"admin-password": OLD, "database": DATABASE}
WRITES = 8
"""The task's begin, the step's begin, the Secret, the Job, the Secret again, the step's end, the
task's end, and the Job's removal."""


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await a_shop(database)


async def test_the_administrator_gets_the_password_that_was_asked_for(shop: Shop) -> None:
    await shop.propose()
    before = await shop.begin()
    run, found = shop.world.cluster.run, list[dict[str, str]]()

    async def seen(namespace: str, template: str, name: str, labels: dict[str, str]) -> bool:
        found.append(dict(shop.secret))
        assert (template, name) == (f"{before.release}-password", f"{before.release}-password-2")
        return await run(namespace, template, name, labels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.world.cluster, "run", seen)
        store = await shop.world.do_task()

    assert found == [AS_BEFORE | {KEY: NEW, NEXT_PASSWORD: NEW}]
    assert shop.secret == DONE
    assert (store.status, store.task) == (_S.READY, None)
    done = await shop.world.ended()
    assert (done.kind, done.status, done.reason) == (_K.RESET_PASSWORD, _O.SUCCEEDED, None)
    told = "The administrator has the new password, and was signed out everywhere."
    assert await shop.world.steps() == {"PASSWORD": ("SUCCEEDED", told)}
    assert shop.world.cluster.namespaces[store.namespace].jobs == {}


async def told(shop: Shop) -> str:
    """Return everything that is in the database about the shop."""
    snapshot = await shop.world.records.snapshot(shop.world.store.id)
    events = await shop.world.records.events_after(shop.world.store.id, 0, limit=100)
    return f"{snapshot} {events}"


@pytest.mark.parametrize("write", range(WRITES))
async def test_a_service_that_is_ended_goes_on(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.propose()
    await shop.begin()
    await is_ended_after(shop, write, monkeypatch)

    await shop.world.do_task()

    assert shop.secret == DONE
    assert (await shop.world.ended()).status is _O.SUCCEEDED
    assert NEW not in await told(shop)


@pytest.mark.parametrize("write", range(WRITES))
async def test_a_service_that_is_ended_while_it_fails_leaves_the_password_of_before(
    shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.world.cluster.are_jobs_failing = True
    await shop.propose()
    await shop.begin()
    await is_ended_after(shop, write, monkeypatch)

    await shop.world.do_task()

    assert shop.secret == AS_BEFORE
    failed = await shop.world.ended()
    assert failed.status is _O.FAILED
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.PASSWORD_NOT_SET
    assert shop.world.cluster.namespaces[shop.world.store.namespace].jobs == {}
    assert NEW not in await told(shop)


async def is_ended_after(shop: Shop, write: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the service end after so many more writes, and be sure that it was."""
    world = shop.world
    with monkeypatch.context() as patch:
        ends_after(
            write, patch, (world.task_records, "start"), (world.task_records, "succeed"),
            (world.task_records, "fail"), (world.records, "update_step"),
            (world.cluster, "change_secret"), (world.cluster, "run"), (world.cluster, "delete_job"),
        )  # fmt: skip
        with pytest.raises(asyncio.CancelledError):
            await reset_password(world.context, world.task_records, world.store)


async def test_one_that_fails_says_what_the_shop_said_without_a_password(shop: Shop) -> None:
    shop.world.cluster.are_jobs_failing = True
    shop.world.cluster.reports = {"password": f"No such user. It was {NEW}, before it {OLD}."}
    await shop.propose()
    await shop.begin()

    store = await shop.world.do_task()

    failed = await shop.world.ended()
    assert failed.reason is not None
    assert failed.reason.message == (
        "The administrator's new password could not be set. No such user. It was [hidden], before"
        " it [hidden]. The password of before is valid as it was. Mend what is named, then set a"
        " new password again."
    )
    assert (shop.secret, store.status) == (AS_BEFORE, _S.READY)
    # It may be asked for again
    shop.world.cluster.are_jobs_failing = False
    await shop.propose("next-admin-password-another", "the-third-password")
    await shop.begin("next-admin-password-another")
    await shop.world.do_task()
    assert shop.secret["admin-password"] == "the-third-password"


async def test_what_requests_have_left_that_were_refused_goes(shop: Shop) -> None:
    await shop.propose(f"{NEXT_PASSWORD}-left", "of-nobody")
    await shop.propose(NEXT_PASSWORD, "of-nobody")
    await shop.propose()
    await shop.begin()
    await shop.world.do_task()
    assert shop.secret == DONE


async def test_one_of_which_nothing_is_there_fails(shop: Shop) -> None:
    await shop.propose(f"{NEXT_PASSWORD}-left", "of-nobody")
    await shop.begin()
    await shop.world.do_task()
    failed = await shop.world.ended()
    assert failed.reason is not None
    assert (failed.status, failed.reason.code) == (_O.FAILED, ReasonCode.PASSWORD_NOT_SET)
    assert "What was to be set is not in the Secret any more." in failed.reason.message
    assert shop.secret == AS_BEFORE


async def test_a_chart_without_a_template_says_how_to_get_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def missing(*_: object) -> bool:
        raise NotFoundError("cronjobs.batch not found")

    monkeypatch.setattr(shop.world.cluster, "run", missing)
    await shop.propose()
    store = await shop.begin()
    await shop.world.do_task()
    failed = await shop.world.ended()
    assert failed.reason is not None
    assert failed.reason.message == (
        "The administrator's new password could not be set. The shop has no template for it any"
        f" more (CronJob {store.release}-password). The password of before is valid as it was."
        " Pause the shop and resume it, then set a new password again."
    )
    assert shop.secret == AS_BEFORE


async def test_a_secret_that_was_removed_is_named(shop: Shop) -> None:
    await shop.begin()
    del shop.world.cluster.namespaces[shop.world.store.namespace].secrets[CREDENTIALS_SECRET]
    await shop.world.do_task()
    failed = await shop.world.ended()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.PASSWORD_NOT_SET
    assert f"The Secret {CREDENTIALS_SECRET} was removed" in failed.reason.message


async def test_a_namespace_that_is_lost_meanwhile_ends_it(shop: Shop) -> None:
    store = await shop.begin()
    shop.world.cluster.lose(store.namespace)
    await shop.world.do_task()
    assert (await shop.world.ended()).reason == NAMESPACE_LOST


async def test_an_engine_that_is_gone_ends_it(shop: Shop) -> None:
    await shop.propose()
    await shop.begin()
    shop.world.context = replace(shop.world.context, engines={})
    await shop.world.do_task()
    failed = await shop.world.ended()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.ENGINE_MISSING
    assert shop.secret == AS_BEFORE


async def test_one_that_takes_too_long_says_that_it_is_not_certain(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begun(*_: object) -> bool:
        return True  # a Job that no watch ever shows

    monkeypatch.setattr(shop.world.cluster, "run", begun)
    settings = replace(shop.world.context.settings, provision_timeout=timedelta(seconds=0.2))
    shop.world.context = replace(shop.world.context, settings=settings)
    await shop.propose()
    await shop.begin()
    await shop.world.do_task()
    failed = await shop.world.ended()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.PASSWORD_NOT_SET
    assert "it is not certain which password is valid" in failed.reason.message
    assert shop.secret == AS_BEFORE


async def test_trouble_that_passes_ends_nothing(shop: Shop) -> None:
    await shop.propose()
    await shop.begin()
    shop.world.cluster.faults += [
        ClusterUnreachableError("No answer."),
        RuntimeError("Unforeseen."),
    ]
    await shop.world.do_task()
    assert shop.secret == DONE


async def test_what_cannot_be_taken_back_ends_it_as_well(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rejected(*_: object) -> None:
        raise ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, "Forbidden."), status=403)

    await shop.propose()
    await shop.begin()
    monkeypatch.setattr(shop.world.cluster, "change_secret", rejected)
    await shop.world.do_task()
    failed = await shop.world.ended()
    assert failed.status is _O.FAILED
    assert shop.secret == AS_BEFORE | {KEY: NEW}


async def test_an_operation_that_is_over_is_not_gone_on_with(shop: Shop) -> None:
    await shop.propose()
    store = await shop.begin()
    await shop.world.do_task()
    with pytest.raises(ConflictError):
        await reset_password(shop.world.context, shop.world.task_records, store)
    assert shop.secret == DONE
