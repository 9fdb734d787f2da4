"""A shop that no visitors are led to yet is asked at its Service, for as long as there is a way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, PageVisit, ShopService
from provisioner.domain.errors import (
    ClusterUnreachableError,
    ServiceUnreachableError,
    StoreFailedError,
)
from provisioner.domain.ports import StoreRecords
from provisioner.domain.stores import Reason, Store
from provisioner.readiness import Assessment
from provisioner.reconcile import closed_probe
from provisioner.reconcile.closed_probe import can_buy, probe_closed
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.steps import Outcome
from provisioner.testing import SimulatedCluster
from tests.stores import a_store
from tests.unit.test_reconciler_machine import ENGINE as TINY

WALK = (PageVisit("/checkout", {}, {"country": "country"}),)
ENGINE = replace(TINY, walk=WALK, ready_path="/ready", shop_service=ShopService("web", 80))
BASE = "http://10.0.0.7:80"
NO_WAY = Outcome(
    "The shop cannot be asked before it is opened, from where the platform runs; it is asked then.",
    is_skipped=True,
)
ANSWERS = Outcome("The shop answers, before any visitor is led to it.")
SELLS = Outcome("A shopper gets to the check-out, before any visitor is led to the shop.")
READY = Assessment(
    fatal=None, are_workloads_ready=True, is_setup_done=True, waiting_for="", recheck_after=None
)
UNREADY = replace(READY, are_workloads_ready=False, waiting_for="Pod web-0 is starting.")
UNREACHED = ServiceUnreachableError("no connection could be made (refused).")


@dataclass
class Scripted:
    """A prober that gives one answer after the other, and the last one for ever."""

    pages: list[str | Exception | None] = field(default_factory=lambda: [None])
    walks: list[str | Exception | None] = field(default_factory=lambda: [None])
    asked: list[tuple[object, str | None]] = field(default_factory=list)

    async def problem(self, store: Store, path: str, *, behind: str | None = None) -> str | None:
        assert store.release
        return self._next(self.pages, path, behind)

    async def walk_problem(
        self, store: Store, walk: Sequence[PageVisit], *, behind: str | None = None
    ) -> str | None:
        assert store.release
        return self._next(self.walks, walk, behind)

    def _next(
        self, script: list[str | Exception | None], what: object, behind: str | None
    ) -> str | None:
        self.asked.append((what, behind))
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class NeverEndsError(Exception):
    """The test has seen enough tries."""


@dataclass
class World:
    """An installed shop, what is known of its pods at each try, and what was reported."""

    prober: Scripted = field(default_factory=Scripted)
    cluster: SimulatedCluster = field(default_factory=lambda: SimulatedCluster(SystemClock().now))
    store: Store = field(default_factory=a_store)
    engine: Engine = ENGINE
    settings: WorkSettings = field(default_factory=WorkSettings)
    pods: list[Assessment] = field(default_factory=lambda: [READY])
    said: list[str] = field(default_factory=list)
    checks: int = 0
    most: int = 50
    on_check: Callable[[int], None] = lambda _: None

    @property
    def context(self) -> ReconcileContext:
        cluster = self.cluster
        return ReconcileContext(
            records=cast("StoreRecords", None), cluster=cluster, helm=cluster, releases=cluster,
            observer=cluster, jobs=cluster, prober=self.prober, engines={}, clock=SystemClock(),
            settings=self.settings,
        )  # fmt: skip

    async def install(self) -> None:
        await self.cluster.ensure_namespace(self.store.namespace, {})
        await self.cluster.install(
            release=self.store.release,
            namespace=self.store.namespace,
            chart=Path("/nowhere"),
            values={},
        )

    async def check(self) -> Assessment:
        self.checks += 1
        if self.checks > self.most:
            raise NeverEndsError
        self.on_check(self.checks)
        return self.pods.pop(0) if len(self.pods) > 1 else self.pods[0]

    async def report(self, message: str) -> None:
        self.said.append(message)

    async def probe(self, *, walks: bool = False) -> Outcome:
        return await probe_closed(
            self.context, self.store, self.engine, walks=walks, check=self.check,
            report=self.report,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_probe, "_PAUSE_SECONDS", 0.0)


@pytest.fixture
async def world() -> World:
    made = World()
    await made.install()
    return made


async def test_it_is_asked_at_its_service(world: World) -> None:
    assert await world.probe() == ANSWERS
    assert world.prober.asked == [("/ready", BASE)]
    assert (world.checks, world.said) == (1, [])


async def test_and_walked_through_there(world: World) -> None:
    assert await world.probe(walks=True) == SELLS
    assert world.prober.asked == [("/ready", BASE), (WALK, BASE)]


async def test_an_engine_without_a_walk_is_only_asked(world: World) -> None:
    world.engine = replace(ENGINE, walk=())
    assert await world.probe(walks=True) == ANSWERS


async def test_a_shop_that_recovers_is_good(world: World) -> None:
    world.prober.pages = ["it answered 500.", "it answered 500.", None]
    world.prober.walks = ["its page /checkout answered 500.", None]
    assert await world.probe(walks=True) == SELLS
    assert world.said == [
        "The shop does not answer yet: it answered 500.",
        "The shop does not answer yet: it answered 500.",
        "The shop answers, but a shopper cannot buy yet: its page /checkout answered 500.",
    ]


@pytest.mark.parametrize(
    ("pages", "walks"), [(["it answered 500."], [None]), ([None], ["its page / shows no product."])]
)
async def test_a_broken_shop_is_never_skipped(
    world: World, pages: list[str | Exception | None], walks: list[str | Exception | None]
) -> None:
    world.prober.pages, world.prober.walks = pages, walks
    with pytest.raises(NeverEndsError):
        await world.probe(walks=True)
    assert len(world.said) == world.most


async def test_no_way_there_is_skipped_after_five_tries(world: World) -> None:
    world.prober.pages = [UNREACHED]
    assert await world.probe(walks=True) == NO_WAY
    assert world.prober.asked == [("/ready", BASE)] * 5
    name = f"{world.store.release}-web"
    waiting = f"The shop is not reached at its Service {name} yet: {UNREACHED}"
    assert world.said == [waiting] * 4


async def test_and_not_before(world: World) -> None:
    world.prober.pages = [UNREACHED, UNREACHED, UNREACHED, UNREACHED, None]
    assert await world.probe() == ANSWERS


async def test_tries_while_pods_are_not_ready_do_not_count(world: World) -> None:
    world.prober.pages = [UNREACHED]
    world.pods = [READY] * 4 + [UNREADY] + [READY] * 4 + [UNREADY] * 9 + [READY]
    assert await world.probe() == NO_WAY
    assert world.checks == 4 + 1 + 4 + 9 + 5
    assert len(world.prober.asked) == 4 + 4 + 5  # nobody is asked whose pods are not ready
    assert world.said.count("Pod web-0 is starting.") == 10


@pytest.mark.parametrize(
    ("pages", "walks"),
    [
        (["it answered 503.", UNREACHED], [None]),
        ([None], [UNREACHED]),
        ([None, UNREACHED], ["its page / answered 500."]),
        ([UNREACHED, UNREACHED, "the connection broke (reset).", UNREACHED], [None]),
    ],
)
async def test_where_there_was_a_way_it_is_the_shop_that_is_gone(
    world: World, pages: list[str | Exception | None], walks: list[str | Exception | None]
) -> None:
    world.prober.pages, world.prober.walks = pages, walks
    with pytest.raises(NeverEndsError):
        await world.probe(walks=True)
    assert world.said[-1].startswith("The shop is not reached at its Service ")


async def test_what_the_pods_say_ends_it(world: World) -> None:
    world.prober.pages = ["it answered 500."]
    reason = Reason(ReasonCode.NAMESPACE_LOST, "The namespace is gone.")

    def fail(number: int) -> None:
        if number == 3:
            raise StoreFailedError(reason)

    world.on_check = fail
    with pytest.raises(StoreFailedError, match=r"^The namespace is gone\.$"):
        await world.probe()
    assert len(world.prober.asked) == 2


async def test_a_service_that_is_missing_is_waited_for(world: World) -> None:
    world.engine = replace(ENGINE, shop_service=ShopService("shop", 80))
    name = f"{world.store.release}-shop"

    def create(number: int) -> None:
        if number == 9:
            world.cluster.namespaces[world.store.namespace].services[name] = "[fd00::7]"

    world.on_check = create
    assert await world.probe() == ANSWERS
    missing = f"There is no Service {name} with port 80, by which the shop is asked."
    assert world.said == [missing] * 8
    assert world.prober.asked == [("/ready", "http://[fd00::7]:80")]


async def test_a_service_without_an_address_is_skipped(world: World) -> None:
    world.engine = replace(ENGINE, shop_service=ShopService("db", 80))
    name = f"{world.store.release}-db"
    assert await world.probe() == Outcome(
        f"Service {name} has no address in the cluster; the shop is asked once open.",
        is_skipped=True,
    )


async def test_trouble_with_the_cluster_is_the_callers(world: World) -> None:
    world.cluster.faults = [ClusterUnreachableError("away")]
    with pytest.raises(ClusterUnreachableError):
        await world.probe()
    assert world.prober.asked == []


async def test_an_engine_that_names_no_service_is_skipped(world: World) -> None:
    world.engine = replace(ENGINE, shop_service=None)
    assert await world.probe() == Outcome(
        "Shops of Tiny are asked once they are opened.", is_skipped=True
    )
    assert (world.checks, world.prober.asked) == (0, [])


async def test_where_addresses_are_not_checked_it_is_skipped(world: World) -> None:
    world.settings = WorkSettings(is_reachability_checked=False)
    assert await world.probe() == Outcome(
        "Not checked: the check of the shop's address is switched off here.", is_skipped=True
    )
    assert (world.checks, world.prober.asked) == (0, [])


@pytest.mark.parametrize(
    ("walks", "asked"),
    [
        ([None], [True]),
        (["its page / answered 502.", None], [False, True]),
        (["its page / answered 500.", "its page / answered 500.", None], [False, False]),
    ],
)
async def test_whether_a_shopper_can_buy_now(
    world: World, walks: list[str | Exception | None], asked: list[bool]
) -> None:
    """By the shop's own address, and at the second try as well."""
    world.prober.walks = walks
    assert await can_buy(world.context, world.store, ENGINE) is asked[-1]
    assert world.prober.asked == [(WALK, None)] * len(asked)


async def test_what_is_not_walked_through_cannot_be_told(world: World) -> None:
    assert not await can_buy(world.context, world.store, replace(ENGINE, walk=()))
    world.settings = WorkSettings(is_reachability_checked=False)
    assert not await can_buy(world.context, world.store, ENGINE)
    assert world.prober.asked == []
