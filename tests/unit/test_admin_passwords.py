"""Asking for another password of a shop's administrator: it is shown once, or nothing changes."""

import asyncio
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import cast

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import CronRuns
from provisioner.domain.errors import ClusterUnreachableError, NotFoundError, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.operations import OperationKind, OperationStatus, parameter
from provisioner.domain.passwords import KEY_PARAMETER, RESET_BY
from provisioner.domain.stores import StoreStatus, StoreTask
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.admin_passwords import AdminPasswords
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.database import Database
from tests.unit.password_world import DATABASE, OLD, RESETTING, Shop, a_shop, who_may_not

AS_BEFORE = {"admin-password": OLD, "database": DATABASE}


@dataclass
class Asking:
    """A shop, its owner, and the service that is asked."""

    shop: Shop
    passwords: AdminPasswords
    owner: Identity
    audit_log: AuditLog

    async def reset(self, caller: Identity | None = None) -> tuple[str, str]:
        """Ask for another password; return it with the user's name."""
        record = AuditRecord(
            action="resetAdminPassword", outcome=AuditOutcome.ACCEPTED, address="::1",
            actor=self.owner.owner, role=Role.OPERATOR, token_id=None, token_maker=None,
            arguments="{}", store_id=self.shop.world.store.id,
        )  # fmt: skip
        store, login = await self.passwords.reset(
            caller or self.owner, self.shop.world.store.id,
            audit=AuditedAction(self.audit_log, record),
        )  # fmt: skip
        self.shop.world.store = store
        return login.username, login.password

    async def refused(self, caller: Identity | None = None) -> tuple[str, str]:
        """Ask, and be refused; return the code and the words. Nothing is changed then."""
        world = self.shop.world
        before, secret = await world.records.snapshot(world.store.id), dict(self.shop.secret)
        with pytest.raises(RefusedError) as refused:
            await self.reset(caller)
        assert await world.records.snapshot(world.store.id) == before
        assert self.shop.secret == secret
        (only,) = refused.value.refusals
        assert only.field == "id"
        return only.code, only.message


@pytest.fixture
async def asking(database: Database) -> Asking:
    shop = await a_shop(database)
    world = shop.world

    async def get(_: Identity, store_id: str) -> object:
        return await world.records.get(store_id)

    passwords = AdminPasswords(
        stores=cast("StoreQueries", SimpleNamespace(get=get)),
        tasks=ShopTasks(records=world.records, tasks=world.task_records, dispatcher=Dispatcher()),
        cluster=world.cluster, jobs=world.cluster, engines={"tiny": RESETTING},
    )  # fmt: skip
    owner = Identity(world.store.owner, Role.OPERATOR)
    return Asking(shop, passwords, owner, AuditLog(database, SystemClock()))


async def test_what_is_shown_is_what_the_shop_gets(asking: Asking) -> None:
    username, password = await asking.reset()

    assert (username, len(password)) == ("admin", 24)
    store = asking.shop.world.store
    assert (store.status, store.task) == (StoreStatus.READY, StoreTask.RESET_PASSWORD)
    operation = (await asking.shop.world.records.snapshot(store.id)).operation
    assert operation is not None
    assert (operation.kind, operation.status) == (
        OperationKind.RESET_PASSWORD, OperationStatus.QUEUED,
    )  # fmt: skip
    key = str(parameter(operation.request, KEY_PARAMETER))
    assert asking.shop.secret == AS_BEFORE | {key: password}
    await asking.shop.world.do_task()
    assert asking.shop.secret == AS_BEFORE | {"admin-password": password, RESET_BY: key}
    # And each time it is another
    assert (await asking.reset())[1] != password


async def test_of_two_requests_at_once_one_is_refused_and_the_other_is_kept(
    asking: Asking,
) -> None:
    answers = await asyncio.gather(asking.reset(), asking.reset(), return_exceptions=True)
    (shown,) = (answer for answer in answers if isinstance(answer, tuple))
    (refused,) = (answer for answer in answers if isinstance(answer, RefusedError))
    assert [only.code for only in refused.refusals] == ["OPERATION_UNDER_WAY"]
    await asking.shop.world.do_task()
    assert asking.shop.secret["admin-password"] == shown[1]
    assert asking.shop.secret.keys() == {*AS_BEFORE, RESET_BY}


async def test_a_second_one_waits_for_the_first(asking: Asking) -> None:
    await asking.reset()
    words = (
        "Its administrator gets a new password (RESET_PASSWORD), and only one operation can be"
        " under way. Wait until that has ended, then ask again."
    )
    assert await asking.refused() == ("OPERATION_UNDER_WAY", words)


async def test_only_the_owner_in_person_asks(asking: Asking) -> None:
    for caller in who_may_not(asking.owner.owner):
        assert (await asking.refused(caller))[0] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (StoreStatus.FAILED, "this one is FAILED. Retry it first."),
        (StoreStatus.SUSPENDED, "Resume it first."),
    ],
)
async def test_a_shop_that_is_not_open_gets_none(
    asking: Asking, status: StoreStatus, words: str
) -> None:
    world = asking.shop.world
    await world.records.transition(world.store, status)
    code, message = await asking.refused()
    assert code == "NOT_READY"
    assert message.endswith(words)


async def test_a_chart_that_is_older_is_named_with_the_remedy(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def missing(namespace: str, name: str) -> CronRuns:
        store = asking.shop.world.store
        assert (namespace, name) == (store.namespace, f"{store.release}-password")
        raise NotFoundError("cronjobs.batch not found")

    monkeypatch.setattr(asking.shop.world.cluster, "runs", missing)
    code, message = await asking.refused()
    assert code == "NOT_AVAILABLE"
    assert "Pause the shop and resume it" in message


async def test_an_engine_that_cannot_do_it_says_so(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    for engines in ({}, {"tiny": replace(RESETTING, resets_passwords=False)}):
        monkeypatch.setattr(asking.passwords, "_engines", engines)
        code, message = await asking.refused()
        assert code == "NOT_AVAILABLE"
        assert "engine cannot do that" in message


async def test_a_cluster_that_does_not_answer_changes_nothing(asking: Asking) -> None:
    asking.shop.world.cluster.faults.append(ClusterUnreachableError("secret: x"))
    code, message = await asking.refused()
    assert (code, message) == (
        "NOT_AVAILABLE",
        "No new password can be set: the cluster does not take it just now. Ask again in a moment.",
    )
