"""The walk that engine.yaml has for WooCommerce, through pages as WooCommerce answers them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from provisioner.domain.engines import load_engine
from provisioner.kubernetes.shopper import Shopper
from tests.charts.rendering import WOOCOMMERCE
from tests.stores import a_store

WALK = load_engine(WOOCOMMERCE).walk
PRODUCT = "/product/sample-product/"


@dataclass
class WooCommerce:
    """A shop whose check-out leads to the cart when that is empty, with one product, number 17."""

    pages: dict[str, str] = field(
        default_factory=lambda: {
            "/": f'<a href="http://my-shop.test{PRODUCT}">Sample product</a>',
            PRODUCT: '<button type="submit" name="add-to-cart" value="17" class="button">',
            "/cart/": '<div class="wp-block-woocommerce-cart alignwide is-loading">',
            "/checkout/": '<div class="wp-block-woocommerce-checkout-fields-block">',
        }
    )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, session = request.url.path, "wp_woocommerce_session_1=t_1%7C"
        status, headers, page = 200, {}, self.pages.get(path, "")
        if request.method == "POST" and request.content == b"add-to-cart=17&quantity=1":
            headers["Set-Cookie"] = f"{session}; path=/"
        if path == "/checkout/" and session not in request.headers.get("Cookie", ""):
            status, headers, page = 302, {"Location": "/cart/"}, ""
        stream = httpx.ByteStream(page.encode())
        return httpx.Response(status, headers=headers, stream=stream)


async def problem(shop: Callable[[httpx.Request], httpx.Response]) -> str | None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(shop)) as client:
        return await Shopper(client, a_store(), "http://ingress.test", {}).problem(WALK)


async def test_a_walk_to_the_check_out() -> None:
    assert await problem(WooCommerce()) is None


@pytest.mark.parametrize(
    ("path", "missing"),
    [("/", "product"), (PRODUCT, "number"), ("/cart/", "cart"), ("/checkout/", "check-out")],
)
async def test_a_page_that_lacks_something(path: str, missing: str) -> None:
    shop = WooCommerce()
    shop.pages[path] = "This shop comes soon."
    assert await problem(shop) == f"its page {path} shows no {missing}."


async def test_a_cart_that_stays_empty() -> None:
    shop = WooCommerce()
    shop.pages[PRODUCT] = '<input name="add-to-cart" type="hidden" value="18">'
    assert await problem(shop) == "its page /checkout/ shows no check-out."
