"""Links that sign the owner in to a shop's administration: for the owner alone, or nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from provisioner.domain.cluster import CronRuns
from provisioner.domain.engines import SignIn
from provisioner.domain.errors import ClusterUnreachableError, NotFoundError, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.sign_in_links import SignInLink, mac_of, sign_in_link
from provisioner.domain.stores import StoreStatus, StoreTask
from provisioner.services.shop_sign_ins import ShopSignIns
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Database
from tests.unit.password_world import DATABASE, RESETTING, Shop, a_shop, who_may_not

NOW = datetime(2026, 1, 1, 12, 0, 0, 900_000, tzinfo=UTC)
ENGINE = replace(RESETTING, sign_in=SignIn("/auth/sign-in", "database"))


class Asking:
    """A shop, and the service that is asked for links; ``recorded`` counts audit entries."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.recorded = 0
        self.owner = Identity(shop.world.store.owner, Role.OPERATOR)
        world = shop.world

        async def get(_: Identity, store_id: str) -> object:
            return await world.records.get(store_id)

        self.service = ShopSignIns(
            stores=cast("StoreQueries", SimpleNamespace(get=get)),
            cluster=world.cluster, jobs=world.cluster, engines={"tiny": ENGINE},
            clock=SimpleNamespace(now=lambda: NOW),
        )  # fmt: skip

    async def create(self, caller: Identity | None = None) -> SignInLink:
        async def accept_alone() -> None:
            self.recorded += 1

        audit = cast("AuditedAction", SimpleNamespace(accept_alone=accept_alone))
        return await self.service.create(
            caller or self.owner, self.shop.world.store.id, audit=audit
        )

    async def refused(self, caller: Identity | None = None) -> tuple[str, str]:
        with pytest.raises(RefusedError) as refused:
            await self.create(caller)
        assert self.recorded == 0
        (only,) = refused.value.refusals
        assert only.field == "id"
        assert DATABASE not in only.message
        return only.code, only.message


@pytest.fixture
async def asking(database: Database) -> Asking:
    return Asking(await a_shop(database))


async def test_a_link_to_the_shop_that_only_its_secret_makes(asking: Asking) -> None:
    link = await asking.create()
    page, token = link.url.split("#")
    assert page == f"{asking.shop.world.store.url}/auth/sign-in"
    expires, nonce, mac = token.split(".")
    assert link.expires_at == NOW.replace(microsecond=0) + timedelta(seconds=60)
    assert int(expires) == int(link.expires_at.timestamp())
    assert mac == mac_of(DATABASE, f"{expires}.{nonce}")
    assert asking.recorded == 1
    assert DATABASE not in link.url
    assert token not in repr(link)
    assert (await asking.create()).url != link.url


def test_the_mac_is_the_one_that_shops_make() -> None:
    # As in charts/medusa/image/test and tests/images/test_sign_in_plugin.py.
    link = sign_in_link("http://s/x", "the-jwt-secret", now=NOW)
    said, mac = link.url.split("#")[1].rsplit(".", 1)
    assert mac == mac_of("the-jwt-secret", said)
    assert mac != mac_of("another", said)


async def test_only_the_owner_in_person_gets_one(asking: Asking) -> None:
    for caller in who_may_not(asking.owner.owner):
        assert (await asking.refused(caller))[0] == "FORBIDDEN"


async def test_a_shop_that_is_closed_or_being_closed_has_none(asking: Asking) -> None:
    world = asking.shop.world
    await world.task_records.begin(world.store.id, StoreTask.SUSPEND, "Asked for.")
    assert (await asking.refused())[0] == "NOT_READY"
    await world.task_records.suspend(await world.read(), "Stopped.")
    assert (await world.read()).status is StoreStatus.SUSPENDED
    assert (await asking.refused())[0] == "NOT_READY"


async def test_what_it_needs_is_named_where_it_is_not(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = asking.shop.world.cluster
    cluster.faults.append(ClusterUnreachableError("Away."))
    assert (await asking.refused())[0] == "NOT_AVAILABLE"
    monkeypatch.setattr(asking.service, "_engines", {"tiny": RESETTING})
    assert "the engine has none" in (await asking.refused())[1]
    monkeypatch.setattr(asking.service, "_engines", {"tiny": ENGINE})

    async def missing(*_: object) -> CronRuns:
        raise NotFoundError("cronjobs.batch not found")

    monkeypatch.setattr(cluster, "runs", missing)
    assert "Pause the shop and resume it" in (await asking.refused())[1]
