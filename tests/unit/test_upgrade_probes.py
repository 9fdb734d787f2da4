"""A shop that gets another version is asked before visitors come, as it was asked before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import PageVisit, ShopService
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.stores import Reason, Store, StoreStatus
from provisioner.reconcile import closed_probe, provisioning, upgrading
from provisioner.storage.database import Database
from tests.unit.backup_world import a_ready_shop
from tests.unit.upgraded_shop import Shop, is_as_it_was, is_upgraded

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
WALK = (PageVisit("/", {}, {}),)


@pytest.fixture
async def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Shop:
    world = await a_ready_shop(database)
    world.cluster.reports["load"] = world.cluster.reports["dump"]
    return Shop(world, database, monkeypatch)


class Visits:
    """A prober that tells who was asked: behind the closed door or not, as a shopper or not.

    ``ill`` has the answers of ``version`` that are not good.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.ill: dict[tuple[bool, bool], str] = {}
        self.asked: list[tuple[bool, bool]] = []
        self.version = 1

    async def problem(self, store: Store, path: str, *, behind: str | None = None) -> str | None:
        assert (store.id, path) == (self._shop.id, "/")
        return self._answer(behind, is_shopper=False)

    async def walk_problem(
        self, store: Store, walk: Sequence[PageVisit], *, behind: str | None = None
    ) -> str | None:
        assert (store.id, walk) == (self._shop.id, WALK)
        return self._answer(behind, is_shopper=True)

    def _answer(self, behind: str | None, *, is_shopper: bool) -> str | None:
        # Nobody gets through the door of a closed shop
        assert behind is not None or not self._shop.namespace.is_hidden
        key = (behind is not None, is_shopper)
        self.asked.append(key)
        installed = self._shop.installed[-1] if self._shop.installed else 1
        return self.ill.get(key) if installed == self.version else None


OPEN, AS_SHOPPER, BEHIND, BEHIND_AS_SHOPPER = (
    (False, False), (False, True), (True, False), (True, True),
)  # fmt: skip


@pytest.fixture
def visits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Visits:
    """The visits of a shop with a walk and a Service."""
    made = Visits(shop)
    engine = replace(shop.context.engines["tiny"], walk=WALK, shop_service=ShopService("web", 80))
    shop.context = shop.world.context = replace(shop.context, engines={"tiny": engine}, prober=made)
    for module in (upgrading, closed_probe):
        monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(provisioning, "_PROBE_PAUSE_SECONDS", 0.001)
    return made


async def test_it_is_walked_through_before_visitors_come(shop: Shop, visits: Visits) -> None:
    assert is_upgraded(await shop.upgrade())

    assert visits.asked == [
        OPEN, AS_SHOPPER, BEHIND,  # before it is closed
        BEHIND, BEHIND_AS_SHOPPER,  # while it is closed
        OPEN, AS_SHOPPER,
    ]  # fmt: skip
    message = "A shopper gets to the check-out, before any visitor is led to the shop."
    assert (await shop.world.steps())["PROBE"] == ("SUCCEEDED", message)


async def test_no_visitor_gets_to_a_version_that_does_not_sell(shop: Shop, visits: Visits) -> None:
    visits.version, visits.ill = 2, {BEHIND_AS_SHOPPER: "its page /cart answered 500."}
    # Long enough for all steps before on a busy machine; all of it is waited for.
    settings = replace(shop.context.settings, provision_timeout=timedelta(seconds=5))
    shop.context = shop.world.context = replace(shop.context, settings=settings)

    store = await shop.upgrade()

    assert is_as_it_was(store)
    assert visits.asked[-1] == OPEN  # as it was: what its merchant sells is not asked of it
    failed, _ = await shop.operations()
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.NOT_READY_IN_TIME
    assert "a shopper cannot buy yet: its page /cart answered 500." in failed.reason.message
    assert visits.asked.index(BEHIND_AS_SHOPPER) < len(visits.asked) - 1
    assert AS_SHOPPER not in visits.asked[visits.asked.index(BEHIND_AS_SHOPPER) :]


async def test_where_the_service_is_not_reached_it_is_walked_through_once_open(
    shop: Shop, visits: Visits
) -> None:
    visits.ill = {BEHIND: "it answered 404."}  # somebody else does

    assert is_upgraded(await shop.upgrade())

    assert visits.asked == [OPEN, AS_SHOPPER, BEHIND, OPEN, AS_SHOPPER]
    skipped = ("SKIPPED", "The shop is asked once it is open.")
    assert (await shop.world.steps())["PROBE"] == skipped


async def test_who_sold_nothing_before_need_not_sell_after_it(shop: Shop, visits: Visits) -> None:
    visits.ill = {AS_SHOPPER: "its page / shows no product."}

    assert is_upgraded(await shop.upgrade())

    assert visits.asked == [OPEN, AS_SHOPPER, AS_SHOPPER, BEHIND, BEHIND, OPEN]


async def test_a_shop_that_does_not_answer_is_not_upgraded(shop: Shop, visits: Visits) -> None:
    visits.ill = {OPEN: "it answered 500."}

    store = await shop.upgrade()

    assert is_as_it_was(store)
    assert (shop.installed, shop.opened, shop.is_open) == ([], [], True)
    (failed,) = await shop.operations()
    assert failed.reason == Reason(
        ReasonCode.NOT_READY,
        "Nothing was upgraded, and the shop is open as before. The shop does not work as it"
        " is: it answered 500. Mend it first, such as by restoring a backup; then ask again.",
    )
