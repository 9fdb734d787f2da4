"""A shop is asked at its Service inside the cluster, as an ingress controller would ask it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from provisioner.domain.engines import PageVisit
from provisioner.domain.errors import ServiceUnreachableError
from provisioner.domain.stores import Store
from provisioner.kubernetes.prober import HttpProber
from tests.stores import a_store

WALK = (
    PageVisit("/", {}, {"product": 'href="([^"]+)"'}),
    PageVisit("/cart", {"product": "{product}"}, {}),
    PageVisit("/checkout", {}, {"country": "country"}),
)
NOWHERE = "http://127.0.0.1:1"
"""Where nobody listens, and only a test that fails asks."""


@dataclass
class Service:
    """A shop's Service, and with which headers its pages were asked for."""

    status: int = 200
    is_cut: bool = False
    """Whether each connection is cut before an answer."""
    hangs: bool = False
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        sent = request.headers
        self.asked.append((request.path, sent["Host"], sent.get("X-Forwarded-Proto")))
        self.origins.append(sent.get("Origin", ""))
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_cut and request.transport is not None:
            request.transport.abort()
        text = {"/": '<a href="/tea">', "/checkout": "country"}.get(request.path, "")
        return web.Response(status=self.status, text=text)


@asynccontextmanager
async def serving(service: Service, address: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve the shop on a free port of an address; give the base URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, address, 0).start()
    host = f"[{address}]" if ":" in address else address
    yield f"http://{host}:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def behind(service: Service) -> AsyncIterator[str]:
    async with serving(service) as base:
        yield base


@pytest.fixture(params=["http", "https"])
def store(request: pytest.FixtureRequest) -> Store:
    return replace(a_store(), host="my-shop.test", url=f"{request.param}://my-shop.test:8443/")


@pytest.mark.parametrize("ingress", [None, NOWHERE])
async def test_it_takes_the_place_of_the_ingress(
    service: Service, behind: str, store: Store, ingress: str | None
) -> None:
    async with HttpProber(ingress) as prober:
        assert await prober.problem(store, "/login", behind=behind + "/") is None
    proto = "https" if store.url.startswith("https") else None
    assert service.asked == [("/login", "my-shop.test", proto)]


async def test_a_walk_through_it(service: Service, behind: str, store: Store) -> None:
    async with HttpProber(NOWHERE) as prober:
        assert await prober.walk_problem(store, WALK, behind=behind) is None
    proto = "https" if store.url.startswith("https") else None
    assert service.asked == [(path, "my-shop.test", proto) for path in ("/", "/cart", "/checkout")]
    assert set(service.origins) == {store.url.rstrip("/")}


async def test_an_ingress_is_told_nothing_of_it(
    service: Service, behind: str, store: Store
) -> None:
    async with HttpProber(behind) as prober:
        assert await prober.problem(store, "/") is None
    assert service.asked == [("/", "my-shop.test", None)]


async def test_no_proxy_of_the_environment_is_asked(
    service: Service, behind: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    monkeypatch.setenv("ALL_PROXY", NOWHERE)
    async with HttpProber(None) as prober:
        assert await prober.problem(store, "/", behind=behind) is None
    assert len(service.asked) == 1


async def test_an_address_of_the_sixth_version(service: Service, store: Store) -> None:
    async with serving(service, "::1") as base, HttpProber(None) as prober:
        assert base.startswith("http://[::1]:")
        assert await prober.problem(store, "/", behind=base) is None
        assert await prober.walk_problem(store, WALK, behind=base) is None
    assert {host for _, host, _ in service.asked} == {"my-shop.test"}


@pytest.mark.parametrize("status", [404, 500, 502, 503])
async def test_an_error_is_the_shops(
    service: Service, behind: str, store: Store, status: int
) -> None:
    service.status = status
    async with HttpProber(None) as prober:
        assert await prober.problem(store, "/", behind=behind) == f"it answered {status}."
        said = await prober.walk_problem(store, WALK, behind=behind)
    assert said == f"its page / answered {status}."


async def test_a_connection_that_breaks_is_the_shops(
    service: Service, behind: str, store: Store
) -> None:
    service.is_cut = True
    async with HttpProber(None) as prober:
        for said in (
            await prober.problem(store, "/", behind=behind),
            await prober.walk_problem(store, WALK, behind=behind),
        ):
            assert said is not None
    assert service.asked


async def test_silence_is_the_shops(service: Service, behind: str, store: Store) -> None:
    service.hangs = True
    async with HttpProber(None, timeout_seconds=0.05, walk_seconds=0.05) as prober:
        said = await prober.problem(store, "/", behind=behind)
        assert said == "it did not answer within 0.05 seconds."
        said = await prober.walk_problem(store, WALK, behind=behind)
    assert said == "its pages did not answer within 0.05 seconds."


@contextmanager
def refusing() -> Iterator[str]:
    """Give the address of a port at which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


@contextmanager
def silent() -> Iterator[str]:
    """Give the address of a port at which connections are never made: too many wait already."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003
            each.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}"
        for each in waiting:
            each.close()


@pytest.mark.parametrize("nobody", [refusing, silent])
async def test_nobody_there_is_told_apart(
    store: Store, nobody: Callable[[], AbstractContextManager[str]]
) -> None:
    with nobody() as base:
        async with HttpProber(None, connect_seconds=0.2) as prober:
            with pytest.raises(ServiceUnreachableError, match=r"^no connection could be made \("):
                await prober.problem(store, "/", behind=base)
            with pytest.raises(ServiceUnreachableError, match=r"^no connection could be made \("):
                await prober.walk_problem(store, WALK, behind=base)
            # By a shop's own address it is a problem of the shop, as ever.
            said = await prober.problem(replace(store, url=NOWHERE), "/")
    assert said == "no connection could be made (All connection attempts failed)."
