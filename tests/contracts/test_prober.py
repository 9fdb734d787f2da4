"""``ports.Prober``, and how the real one asks."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from provisioner.domain.ports import Prober
from provisioner.domain.stores import Store
from provisioner.kubernetes.prober import HttpProber
from provisioner.testing import AlwaysAnswers
from tests.stores import a_store


@dataclass
class Shops:
    """An ingress that answers for every shop."""

    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.headers["Host"], request.path_qs))
        if self.status == 0:
            await asyncio.Event().wait()
        headers = {"Location": "https://elsewhere.invalid/"} if self.status == 302 else {}
        return web.Response(status=self.status, headers=headers)


@pytest.fixture
async def shops() -> AsyncIterator[Shops]:
    made = Shops()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
def store(shops: Shops) -> Store:
    return replace(a_store(), url=shops.url)


@pytest.fixture(params=["fake", "real"])
async def prober(request: pytest.FixtureRequest, shops: Shops) -> AsyncIterator[Prober]:
    if request.param == "fake":
        yield AlwaysAnswers()
        return
    async with HttpProber(shops.url) as made:
        yield made


async def test_a_shop_that_answers_has_no_problem(prober: Prober, store: Store) -> None:
    assert await prober.problem(store, "/") is None


async def test_it_is_asked_by_its_name_through_the_ingress(shops: Shops, store: Store) -> None:
    async with HttpProber(shops.url + "/") as prober:
        assert await prober.problem(store, "/wp-login.php?a=b") is None
    assert shops.asked == [(store.host, "/wp-login.php?a=b")]


async def test_it_is_asked_at_its_own_address(shops: Shops, store: Store) -> None:
    async with HttpProber(None) as prober:
        assert await prober.problem(store, "/") is None
    assert shops.asked == [(shops.url.removeprefix("http://"), "/")]


@pytest.mark.parametrize(
    ("status", "problem"),
    [(204, None), (302, None), (404, "it answered 404."), (503, "it answered 503.")],
)
async def test_what_counts_as_an_answer(
    shops: Shops, store: Store, status: int, problem: str | None
) -> None:
    shops.status = status
    async with HttpProber(shops.url) as prober:
        assert await prober.problem(store, "/") == problem
    assert len(shops.asked) == 1  # a redirect is not followed


async def test_nobody_there(store: Store) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with HttpProber(f"http://127.0.0.1:{closed.getsockname()[1]}") as prober:
            said = await prober.problem(store, "/")
    assert said == "no connection could be made (All connection attempts failed)."


async def test_no_answer_in_time(shops: Shops, store: Store) -> None:
    shops.status = 0
    async with HttpProber(shops.url, timeout_seconds=0.05) as prober:
        assert await prober.problem(store, "/") == "it did not answer within 0.05 seconds."


@pytest.mark.parametrize("ingress", ["http://[::1", "not a url", "ftp://a.invalid"])
async def test_an_ingress_that_is_no_address(store: Store, ingress: str) -> None:
    async with HttpProber(ingress) as prober:
        assert await prober.problem(store, "/")
