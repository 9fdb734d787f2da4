"""A guest orders in a shop, and the merchant finds the order, whatever pod is lost."""

from pathlib import Path

import pytest

from app.local.frontend import run_browser_tests
from tests.browser import ensure_browser
from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower
from tests.real.engines import RealEngine, parameters
from tests.real.life import (
    await_that,
    created,
    deleted,
    footprint,
    login_of,
    lost_and_back,
    url_of,
)

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]

SHOPPER = "ada@example.com"


@pytest.mark.parametrize("engine", parameters())
async def test_an_order_and_its_shop(shops: Service, engine: RealEngine) -> None:
    node = shops.cluster.layout.node
    assert node is not None
    before = footprint(node)
    browser = ensure_browser()

    components = set(engine.components)
    store = await created(shops, "harbour-hill", engine=engine.name, components=components)
    in_the_browser(f"{engine.steps}/buy", store, browser)
    in_the_browser(f"{engine.steps}/orders", store, browser)

    for component in sorted(components):
        await lost_and_back(store, component)
        in_the_browser(f"{engine.steps}/orders", store, browser)

    await deleted(store)
    await_that(
        lambda: footprint(node).more_than(before) == {}, lambda: footprint(node).more_than(before)
    )


def in_the_browser(steps: str, store: Follower, browser: Path) -> None:
    """Carry out ``dashboard/e2e/<steps>.spec.ts`` in Chromium, through the ingress."""
    username, password = login_of(store)
    run_browser_tests(
        f"{steps}.spec.ts",
        {
            "E2E_CHROMIUM": str(browser),
            "E2E_URL": url_of(store),
            "E2E_SHOP": "harbour-hill",
            "E2E_SHOPPER": SHOPPER,
            "E2E_USERNAME": username,
            "E2E_PASSWORD": password,
        },
    )
