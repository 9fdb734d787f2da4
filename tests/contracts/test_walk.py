"""A shopper's walk to the check-out, as Medusa's ``engine.yaml`` has it: what fails is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from provisioner.domain.engines import PageVisit, load_engine
from provisioner.domain.stores import Store
from provisioner.kubernetes.prober import HttpProber
from tests.stores import a_store

WALK = load_engine(Path(__file__).resolve().parents[2] / "charts" / "medusa").walk
PAGES = {
    "/": '<a href="/products/tea-pot">Tea pot</a>',
    "/products/tea-pot": (
        '<input name="product" value="tea-pot"> <input name="variant" value="v&amp;1">'
    ),
    "/cart": '<a href="/checkout">Check out</a>',
    "/checkout": '<select name="country_code">',
}


@dataclass
class Shop:
    """A shop that knows its shopper by a cookie."""

    pages: dict[str, str] = field(default_factory=lambda: dict(PAGES))
    broken: str = ""
    """The page that answers 500."""
    hanging: str = ""
    """The page that never answers."""
    orders: list[dict[str, str]] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        self.visits.append(f"{request.method} {request.path}")
        self.hosts.add(request.headers["Host"])
        if request.path == self.hanging:
            await asyncio.Event().wait()
        if request.path == self.broken:
            return web.Response(status=500)
        if request.method == "POST":
            origin = request.headers["Origin"]
            self.orders.append({**await request.post(), "origin": origin})  # type: ignore[dict-item]
            headers = {"Location": "/cart", "Set-Cookie": "cart=c1; Path=/; HttpOnly"}
            return web.Response(status=303, headers=headers)
        is_known = request.cookies.get("cart") == "c1"
        if request.path in ("/cart", "/checkout") and not is_known:
            return web.Response(text="Your cart is empty.")
        return web.Response(text=self.pages.get(request.path, ""))


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def ingress(shop: Shop) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", shop.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def store() -> Store:
    return replace(a_store(), url="http://my-shop.test/")


async def test_a_walk_to_the_check_out(shop: Shop, ingress: str, store: Store) -> None:
    async with HttpProber(ingress) as prober:
        assert await prober.walk_problem(store, WALK) is None
    assert shop.visits == [
        "GET /", "GET /products/tea-pot", "POST /cart/items", "GET /cart", "GET /checkout",
    ]  # fmt: skip
    assert shop.orders == [
        {"product": "tea-pot", "variant": "v&1", "quantity": "1", "origin": "http://my-shop.test"}
    ]
    assert shop.hosts == {store.host}


async def test_each_walk_is_another_shoppers(ingress: str, store: Store) -> None:
    async with HttpProber(ingress) as prober:
        await prober.walk_problem(store, WALK)
        assert await prober.walk_problem(store, WALK[3:]) == "its page /cart shows no check-out."


@pytest.mark.parametrize("page", ["/", "/products/tea-pot", "/cart/items", "/cart", "/checkout"])
async def test_a_page_that_fails(shop: Shop, ingress: str, store: Store, page: str) -> None:
    shop.broken = page
    async with HttpProber(ingress) as prober:
        assert await prober.walk_problem(store, WALK) == f"its page {page} answered 500."
    assert shop.visits[-1].endswith(f" {page}")


@pytest.mark.parametrize(
    ("page", "missing"),
    [
        ("/", "product"),
        ("/products/tea-pot", "handle"),
        ("/cart", "check-out"),
        ("/checkout", "country"),
    ],
)
async def test_a_page_that_lacks_something(
    shop: Shop, ingress: str, store: Store, page: str, missing: str
) -> None:
    shop.pages[page] = "We are closed."
    async with HttpProber(ingress) as prober:
        assert await prober.walk_problem(store, WALK) == f"its page {page} shows no {missing}."


async def test_the_walk_has_a_time_limit(shop: Shop, ingress: str, store: Store) -> None:
    shop.hanging = "/cart"
    async with HttpProber(ingress, walk_seconds=2) as prober:
        said = await prober.walk_problem(store, WALK)
    assert said == "its pages did not answer within 2 seconds."
    assert shop.visits[-1] == "GET /cart"


async def test_nobody_there(store: Store) -> None:
    async with HttpProber("http://127.0.0.1:1") as prober:
        said = await prober.walk_problem(store, WALK)
    assert said == "no connection could be made (All connection attempts failed)."


@pytest.mark.parametrize("link", ["@elsewhere.test/", ".elsewhere.test/", "//elsewhere.test/"])
async def test_a_link_leads_nowhere_else(shop: Shop, ingress: str, store: Store, link: str) -> None:
    shop.pages["/"] = f'<a href="{link}">'
    walk = [PageVisit("/", {}, {"page": 'href="([^"]+)"'}), PageVisit("{page}", {}, {})]
    async with HttpProber(ingress) as prober:
        assert await prober.walk_problem(store, walk) is None
    assert len(shop.visits) == 2
    assert shop.hosts == {store.host}
