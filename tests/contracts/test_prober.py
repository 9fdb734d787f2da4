"""``ports.Prober``, and how the real one asks."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from provisioner.domain.ports import Prober
from provisioner.domain.stores import Store
from provisioner.kubernetes.prober import HttpProber
from provisioner.kubernetes.trust import trusting
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


@asynccontextmanager
async def served(app: web.Application, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve an application on a free port; give its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def shops() -> AsyncIterator[Shops]:
    made = Shops()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with served(app) as made.url:
        yield made


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


async def test_a_certificate_of_an_authority_of_ones_own(store: Store, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authorities.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with served(web.Application(), context) as url:
        async with HttpProber(url) as prober:
            said = await prober.problem(store, "/")
        assert said is not None
        assert said.startswith("its certificate is not trusted (")
        async with HttpProber(url, trust=trusting(tmp_path / "authorities.pem")) as prober:
            assert await prober.problem(store, "/") == "it answered 404."


@pytest.mark.parametrize("ingress", ["http://[::1", "not a url", "ftp://a.invalid"])
async def test_an_ingress_that_is_no_address(store: Store, ingress: str) -> None:
    async with HttpProber(ingress) as prober:
        assert await prober.problem(store, "/")
