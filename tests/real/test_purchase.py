"""A guest orders in a shop, and the merchant finds the order, whatever pod is lost."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from app.local.frontend import run_browser_tests
from tests.browser import ensure_browser
from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower
from tests.real.access import let_in_anew
from tests.real.backups import (
    backed_up,
    being_checked,
    counts,
    lost_by_restore,
    newest,
    old_ones_are_removed,
    proven,
    put_back,
    restored,
    server_parts,
)
from tests.real.bad_backups import an_empty_backup, is_found_empty, is_found_tampered, tamper
from tests.real.engines import RealEngine, parameters
from tests.real.life import (
    await_that,
    created,
    deleted,
    footprint,
    has_status,
    login_of,
    lost_and_back,
    url_of,
)
from tests.real.links import pages_of
from tests.real.mails import Mailbox, ask
from tests.real.suspension import paused_and_back
from tests.real.visitors import visitors

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

SHOP = "harbour-hill"
HOST = f"{SHOP}.store.localhost"
SHOPPER, MERCHANT = "ada@example.com", "merchant@example.com"


@pytest.mark.parametrize("engine", parameters())
async def test_an_order_and_its_shop(shops: Service, engine: RealEngine, mailbox: Mailbox) -> None:
    node = shops.cluster.layout.node
    assert node is not None
    kept = server_parts(shops.cluster)  # backups of a shop outlive it
    before = footprint(node, apart_from=kept)
    browser = ensure_browser()

    components = set(engine.components)
    store = await created(shops, SHOP, engine=engine.name, components=components, email=MERCHANT)
    in_the_browser(f"{engine.steps}/buy", store, browser)
    in_the_browser(f"{engine.steps}/orders", store, browser)
    the_order_is_told(mailbox)
    if engine.name == "medusa":
        a_forgotten_password_is_replaced(store, mailbox)
    mailbox.close()
    in_the_browser(f"{engine.steps}/buy", store, browser, order=2, shopper="bob@example.com")
    backup = await two_backups_of_it(store)
    old_ones_are_removed(store)
    being_checked(store, backup)
    await the_shop_again_and_a_copy_of_it(store, engine, backup, browser)
    proven(store, backup)
    await put_back_and_back_again(store, engine, backup, browser)
    await paused_and_back(store, HOST, components)
    in_the_browser(f"{engine.steps}/orders", store, browser)

    empty = await an_empty_backup(store, engine.name)
    being_checked(store, empty)
    for component in sorted(components):
        await lost_and_back(store, component)
        in_the_browser(f"{engine.steps}/orders", store, browser)
    is_found_empty(store, empty)
    tamper(store)
    is_found_tampered(store, backup)
    if engine.name == "medusa":
        await let_in_anew(store, HOST)

    await deleted(store)

    def left_behind() -> dict[str, list[str]]:
        return footprint(node, apart_from=kept).more_than(before)

    await_that(lambda: left_behind() == {}, left_behind)


async def two_backups_of_it(store: Follower) -> dict[str, Any]:
    """Each has both orders, and the shop serves on."""
    first, second = await backed_up(store), await backed_up(store)
    assert counts(first) == counts(second) == {"orders": 2, "products": 1}
    assert second["number"] == first["number"] + 1
    assert first["sizeInBytes"] > 100_000  # the dump alone
    return second


async def the_shop_again_and_a_copy_of_it(
    store: Follower, engine: RealEngine, backup: dict[str, Any], browser: Path
) -> None:
    """Two new shops from its backup; they start side by side, for one alone leaves a core idle."""
    components = set(engine.components)
    again, copy = await asyncio.gather(
        restored(store, f"{SHOP}-again", backup, components=components),
        restored(store, f"{SHOP}-copy", backup, components=components, as_copy=True),
    )
    is_the_shop_again(again, store, engine, browser)
    is_a_copy_of_it(copy)
    await asyncio.gather(deleted(again), deleted(copy))
    in_the_browser(f"{engine.steps}/orders", store, browser)


def is_the_shop_again(again: Follower, store: Follower, engine: RealEngine, browser: Path) -> None:
    """Under another address: with its orders, and with orders of its own."""
    name = f"{SHOP}-again"
    assert login_of(again) == login_of(store)
    assert url_of(again) != url_of(store)
    pages = pages_of(store.service.cluster, f"{name}.store.localhost")
    assert len(pages) > 3, "its links lead nowhere"
    assert [path for path, page in pages.items() if f"{SHOP}.store" in page] == []
    in_the_browser(f"{engine.steps}/orders", again, browser)
    in_the_browser(
        f"{engine.steps}/buy", again, browser, shop=name, order=3, shopper="eve@example.com"
    )


def is_a_copy_of_it(copy: Follower) -> None:
    """To try things in: whoever comes is told so."""
    for name, is_told in ((f"{SHOP}-copy", True), (SHOP, False)):
        page = ask(copy.service.cluster, f"{name}.store.localhost", "/").decode()
        assert ("This is a copy of a shop" in page) is is_told


async def put_back_and_back_again(
    store: Follower, engine: RealEngine, backup: dict[str, Any], browser: Path
) -> None:
    """To before its third order, and after its volumes are lost to the present: with all three."""
    components = set(engine.components)
    in_the_browser(f"{engine.steps}/buy", store, browser, order=3, shopper="eve@example.com")
    login, url = login_of(store), url_of(store)

    with visitors(store.service.cluster, HOST) as seen:
        await put_back(store, backup, components=components)
    assert seen[503, True] > 0, seen
    assert {status for status, _ in seen} <= {200, 502, 503, 504}, seen
    assert (login_of(store), url_of(store)) == (login, url)
    in_the_browser(f"{engine.steps}/orders", store, browser)
    present = newest(store)
    assert counts(present) == {"orders": 3, "products": 1}
    assert lost_by_restore(store, backup) == {"orders": 1}

    destroy_volumes(store)
    await store.until_update(has_status("DEGRADED"))
    said = await put_back(store, present, components=components, without_backup=True)
    assert "what is in no backup is lost for good" in said
    assert counts(await backed_up(store)) == {"orders": 3, "products": 1}


def destroy_volumes(store: Follower) -> None:
    """Lose all that is on the shop's volumes, as with a disk, and the pod that has it open."""
    claims = store.kubectl("get", "persistentvolumeclaims", "--output=name").split()
    store.kubectl("delete", *claims, "--wait=false")
    store.kubectl("delete", "pods", "--all", "--now", "--wait=false")


def the_order_is_told(mailbox: Mailbox) -> None:
    """By one mail to the shopper, and one to the merchant, both in the shop's name."""
    await_that(lambda: [len(mailbox.to(address)) for address in (SHOPPER, MERCHANT)] == [1, 1])
    for mail in mailbox.to(SHOPPER) + mailbox.to(MERCHANT):
        assert SHOP in mail["subject"]
        assert mail["from"] == [{"address": f"shop@{SHOP}.store.localhost", "name": SHOP}]
        said = mail.get("text", "") + mail.get("html", "")
        assert "Sample product" in said
        assert "20.00" in said


def a_forgotten_password_is_replaced(store: Follower, mailbox: Mailbox) -> None:
    """The merchant is mailed a link, which leads to the shop's admin and has a token."""
    username, _ = login_of(store)
    assert username == MERCHANT
    host, path = HOST, "/auth/user/emailpass/reset-password"
    ask(mailbox.cluster, host, path, {"identifier": username})
    await_that(lambda: len(mailbox.to(username)) == 2)
    _, mail = mailbox.to(username)
    assert mail["subject"] == f"A new password for {SHOP}"
    link = re.escape(f"{url_of(store)}/app/reset-password?token=") + r"[\w.-]+&email=merchant%40"
    assert re.search(link, mail["text"])


def in_the_browser(
    steps: str,
    store: Follower,
    browser: Path,
    *,
    shop: str = SHOP,
    order: int = 1,
    shopper: str = SHOPPER,
) -> None:
    """Carry out ``dashboard/e2e/<steps>.spec.ts`` in Chromium, through the ingress."""
    username, password = login_of(store)
    run_browser_tests(
        f"{steps}.spec.ts",
        {
            "E2E_CHROMIUM": str(browser),
            "E2E_URL": url_of(store),
            "E2E_SHOP": shop,
            "E2E_SHOPPER": shopper,
            "E2E_ORDER": str(order),
            "E2E_USERNAME": username,
            "E2E_PASSWORD": password,
        },
    )
