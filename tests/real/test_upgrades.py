"""A shop of Medusa gets a version that was published later, and comes back where that fails."""

import pytest

from tests.browser import ensure_browser
from tests.e2e.service import Service
from tests.real.engines import RealEngine, parameters
from tests.real.life import created, deleted
from tests.real.test_purchase import in_the_browser
from tests.real.upgrades import (
    COMPONENTS,
    brought_back,
    orders_of,
    refused_in_time,
    rolled_back,
    upgraded,
)
from tests.real.versions.charts import OLD

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

SHOP = "old-mill"
HOST = f"{SHOP}.store.localhost"
SHOPPERS = ["ada@example.com", "bob@example.com", "eve@example.com"]


@pytest.mark.parametrize("engine", parameters("medusa"))
async def test_a_shop_and_its_next_version(shops: Service, engine: RealEngine) -> None:
    """With its orders, through an upgrade, two that fail, and the way back."""
    store = await created(shops, SHOP, engine=engine.name, components=COMPONENTS, version=OLD)
    browser = ensure_browser()

    def an_order(number: int) -> None:
        shopper = SHOPPERS[number - 1]
        in_the_browser(
            f"{engine.steps}/buy", store, browser, shop=SHOP, order=number, shopper=shopper
        )
        assert orders_of(store) == list(enumerate(SHOPPERS[:number], 1))

    an_order(1)
    an_order(2)
    await upgraded(store, host=HOST)
    an_order(3)
    in_the_browser(f"{engine.steps}/orders", store, browser)
    await refused_in_time(store, host=HOST)
    await brought_back(store, host=HOST)
    in_the_browser(f"{engine.steps}/orders", store, browser)
    await rolled_back(store, host=HOST)
    an_order(3)
    await deleted(store)
