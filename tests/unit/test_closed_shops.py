"""What visitors of a closed shop are told, and what it costs to find that out."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from app.http.addresses import Proxies
from app.http.closed_notices import CONTENT_POLICY, NO_SHOP, UNKNOWN, Notice, notice_of
from app.limits.closed_shops import ClosedShopFinder
from app.limits.settings import LimitSettings
from app.settings import Settings
from provisioner.domain.backups import InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.domain.owners import THE_PLATFORM
from provisioner.domain.stores import Store, StoreStatus, StoreTarget, StoreTask, Upgrade
from provisioner.services.closed_shops import ClosedShop, WhyClosed, closed_shop, name_at
from tests.stores import a_store

PATTERN = "https://{name}.Shops.test:8443"
SOURCE = RestoreSource("s", 1, "c0ffee", "1", "admin", {})
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RESTORE = InPlaceRestore(SOURCE, RestoreStage.REMOVING)
UPGRADE = {"upgrade": Upgrade("2"), "ready_at": NOW}
PREPARED = {**UPGRADE, "restore": InPlaceRestore(SOURCE, RestoreStage.PREPARED)}


@pytest.mark.parametrize(
    ("host", "pattern", "name"),
    [
        ("my-shop.shops.test", PATTERN, "my-shop"),
        ("shops.test", PATTERN, None),
        (".shops.test", PATTERN, None),
        ("my-shop.shops.test.", PATTERN, None),  # the dot is taken away before
        ("a.my-shop.shops.test", PATTERN, None),
        ("my-shop.shops.test.evil", PATTERN, None),
        ("my_shop.shops.test", PATTERN, None),
        ("x" * 41 + ".shops.test", PATTERN, None),
        ("", PATTERN, None),
        ("shop-anna.test", "http://shop-{name}.test", "anna"),
        ("shop-.test", "http://shop-{name}.test", None),
        ("shops.test", "http://shops.test/{name}", None),
    ],
)
def test_whose_a_host_would_be(host: str, pattern: str, name: str | None) -> None:
    assert name_at(host, pattern) == name


def store(status: StoreStatus, **more: object) -> Store:
    return replace(a_store(name="my-shop"), status=status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (store(StoreStatus.SUSPENDED, suspended_at=NOW, ready_at=NOW), WhyClosed.PAUSED),
        (store(StoreStatus.READY, task=StoreTask.SUSPEND, ready_at=NOW), WhyClosed.PAUSED),
        (store(StoreStatus.READY, task=StoreTask.RESTORE, ready_at=NOW), WhyClosed.WORKED_ON),
        (store(StoreStatus.QUEUED, restore=RESTORE, ready_at=NOW), WhyClosed.WORKED_ON),
        (store(StoreStatus.QUEUED, suspended_at=NOW, ready_at=NOW), WhyClosed.WORKED_ON),
        (store(StoreStatus.PROVISIONING, ready_at=NOW), WhyClosed.WORKED_ON),
        (store(StoreStatus.READY, task=StoreTask.UPGRADE, **UPGRADE), WhyClosed.WORKED_ON),
        (store(StoreStatus.DEGRADED, task=StoreTask.UPGRADE, **UPGRADE), WhyClosed.WORKED_ON),
        (store(StoreStatus.QUEUED, **PREPARED), WhyClosed.WORKED_ON),
        (store(StoreStatus.UPDATING, **PREPARED), WhyClosed.WORKED_ON),
        (store(StoreStatus.PROVISIONING), WhyClosed.PREPARED),
        (store(StoreStatus.QUEUED), WhyClosed.PREPARED),
        (store(StoreStatus.READY, task=StoreTask.BACKUP, ready_at=NOW), WhyClosed.UNREACHABLE),
        (store(StoreStatus.READY, ready_at=NOW), WhyClosed.UNREACHABLE),
        (store(StoreStatus.DEGRADED, ready_at=NOW), WhyClosed.UNREACHABLE),
        (store(StoreStatus.FAILED), WhyClosed.UNREACHABLE),
        # Nobody works on it until it is retried
        (store(StoreStatus.FAILED, restore=RESTORE, ready_at=NOW), WhyClosed.UNREACHABLE),
    ],
)
def test_why_a_shop_is_closed(found: Store, why: WhyClosed) -> None:
    assert closed_shop(found) == ClosedShop("my-shop", why)


@pytest.mark.parametrize(
    "found",
    [
        store(StoreStatus.DELETING, target=StoreTarget.DELETED),
        store(StoreStatus.FAILED, target=StoreTarget.DELETED),  # its removal is held up
        store(StoreStatus.SUSPENDED, target=StoreTarget.DELETED),
        store(StoreStatus.UPDATING, target=StoreTarget.DELETED, **PREPARED),
        store(StoreStatus.PROVISIONING, owner=THE_PLATFORM),  # made to check a backup
    ],
)
def test_of_what_visitors_do_not_hear(found: Store) -> None:
    assert closed_shop(found) is None


@pytest.mark.parametrize(
    ("why", "title", "seconds"),
    [
        (WhyClosed.PAUSED, "my-shop is closed for now", 3600),
        (WhyClosed.WORKED_ON, "my-shop will be back soon", 30),
        (WhyClosed.PREPARED, "my-shop is being prepared", 10),
        (WhyClosed.UNREACHABLE, "my-shop cannot be reached just now", 30),
    ],
)
def test_what_is_told_in_the_shops_name(why: WhyClosed, title: str, seconds: int) -> None:
    notice = notice_of(ClosedShop("my-shop", why))
    assert (notice.status, notice.title, notice.retry_after_seconds) == (503, title, seconds)


def test_no_text_of_a_store_becomes_a_part_of_the_page() -> None:
    notice = notice_of(ClosedShop("<b>&\"'$text", WhyClosed.PAUSED))
    page = bytes(notice.response("").body).decode()
    assert "<h1>&lt;b&gt;&amp;&quot;&#x27;$text is closed for now</h1>" in page
    assert "<b>" not in page
    said = json.loads(bytes(notice.response("application/json").body))
    assert said["error"].startswith("<b>&\"'$text is closed for now. ")


def test_the_page_has_nothing_that_its_policy_forbids() -> None:
    page = bytes(NO_SHOP.response("text/html").body).decode()
    assert page.count("<style>") == 1
    for forbidden in ("<script", "<link", "style=", "src=", "http:", "https:", "url("):
        assert forbidden not in page
    assert "default-src 'none'; style-src 'sha256-" in CONTENT_POLICY
    assert "unsafe" not in CONTENT_POLICY


def test_both_ports_have_to_differ() -> None:
    with pytest.raises(ValidationError, match="8080 is STORE_PLATFORM_PORT already"):
        Settings.model_validate({"port": 8080, "closed_shops_port": 8080})
    Settings.model_validate({"port": 0, "closed_shops_port": 0})


@dataclass
class Stores:
    """Shops that are all paused, and how often they were asked for."""

    shop_url: str = PATTERN
    asked: list[str] = field(default_factory=list)
    answers: asyncio.Event | None = None
    fault: Exception | None = None
    now: float = 1000.0

    async def closed_shop(self, host: str) -> ClosedShop | None:
        self.asked.append(host)
        if self.answers is not None:
            await self.answers.wait()
        if self.fault is not None:
            raise self.fault
        return None if host.startswith("unknown") else ClosedShop("shop", WhyClosed.PAUSED)


@pytest.fixture
def stores() -> Stores:
    return Stores()


@pytest.fixture
def finder(stores: Stores) -> ClosedShopFinder:
    limits = LimitSettings.model_validate({"anonymous_page_rate": "3/month"}).usage_limits()
    return ClosedShopFinder(rates=limits.rates, proxies=Proxies(), clock=lambda: stores.now)


@pytest.fixture
def find(stores: Stores, finder: ClosedShopFinder) -> Callable[..., "asyncio.Task[Notice]"]:
    app = SimpleNamespace(state=SimpleNamespace(platform=SimpleNamespace(stores=stores)))

    def begin(host: str, address: str = "203.0.113.7") -> "asyncio.Task[Notice]":
        scope = {"type": "http", "app": app, "headers": [], "client": (address, 4711)}
        return asyncio.create_task(finder.find(Request(scope), host))

    return begin


Find = Callable[..., "asyncio.Task[Notice]"]


async def test_many_visitors_of_a_shop_cost_one_read(stores: Stores, find: Find) -> None:
    stores.answers = asyncio.Event()
    visitors = [find("a-shop.shops.test") for _ in range(50)]
    await asyncio.sleep(0)
    visitors[0].cancel()  # who goes away ends nothing for the others
    stores.answers.set()
    told = await asyncio.gather(*visitors[1:])
    assert {notice.title for notice in told} == {"shop is closed for now"}
    stores.now += 1.9
    await find("a-shop.shops.test")
    assert stores.asked == ["a-shop.shops.test"]
    stores.now += 0.2
    await find("a-shop.shops.test")
    assert stores.asked == ["a-shop.shops.test"] * 2


async def test_what_can_be_no_shop_is_not_read(stores: Stores, find: Find) -> None:
    for host in ("", "evil.test", "a.b.shops.test", "-.shops.test"):
        assert await find(host) is NO_SHOP
    assert stores.asked == []
    assert await find("unknown.shops.test") is NO_SHOP


async def test_an_address_that_tries_many_names(stores: Stores, find: Find) -> None:
    for number in range(3):
        assert (await find(f"shop-{number}.shops.test")).status == 503
    refused = await find("shop-3.shops.test")
    assert (refused.status, refused.title) == (429, "Too many requests")
    assert refused.retry_after_seconds
    assert len(stores.asked) == 3
    # Nobody else is meant, and not even they at a shop that is known by now
    assert (await find("shop-2.shops.test")).status == 503
    assert (await find("shop-3.shops.test", "203.0.113.8")).status == 503
    assert (await find("shop-3.shops.test")).status == 503


async def test_a_database_that_is_away_is_not_asked_by_each(stores: Stores, find: Find) -> None:
    stores.fault = DatabaseUnavailableError()
    assert [await find("shop.shops.test") for _ in range(3)] == [UNKNOWN] * 3
    assert len(stores.asked) == 1
    stores.fault = None
    stores.now += 2
    assert (await find("shop.shops.test")).title == "shop is closed for now"


async def test_a_database_that_does_not_answer_is_not_waited_for(
    stores: Stores, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.limits.closed_shops._DATABASE_SECONDS", 0.01)
    stores.answers = asyncio.Event()
    hosts = ("shop-1.shops.test", "shop-2.shops.test", "shop-3.shops.test")
    told = await asyncio.gather(*(find(host) for host in hosts))
    assert told == [UNKNOWN] * 3
    assert len(stores.asked) == 2  # the third has waited for its turn in vain


async def test_little_is_kept(
    finder: ClosedShopFinder, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.limits.closed_shops._MAX_KEPT", 5)
    for number in range(20):
        await find(f"shop-{number}.shops.test", f"203.0.113.{number}")
    kept = [f"shop-{number}.shops.test" for number in range(15, 20)]
    assert list(finder._kept) == kept
