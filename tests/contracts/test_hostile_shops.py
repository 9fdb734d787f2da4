"""The prober asks shops that mean harm: it reads little, ends in time, and says what is wrong.

What it reads is counted where it is sent: the shop sends until its connection is cut.
"""

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.domain.engines import PageVisit
from provisioner.kubernetes.prober import HttpProber
from tests.stores import a_store

PATIENCE_SECONDS = 60.0
WINDOW = 64 * 1024
"""What the system may hold of a connection, on the sending side."""
MUCH = 4 << 20
"""More than is ever read of a shop, the system's own buffers included."""
FLOOD = 64 << 20
"""As much as a shop sends, if it is read."""


@dataclass
class HostileShop:
    """A server that takes a request and then does as its ``behaviour`` says."""

    behaviour: Callable[["HostileShop", asyncio.StreamWriter], Awaitable[None]]
    requests: list[bytes] = field(default_factory=list)
    sent: int = 0
    is_cut_off: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            await self.behaviour(self, writer)
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.is_cut_off.set()
            writer.close()

    async def send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()
        self.sent += len(data)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def running(shop: HostileShop, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, WINDOW)
    listening.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(shop.answer, sock=listening, ssl=tls)
    shop.port = listening.getsockname()[1]
    async with server:
        yield


async def asked(shop: HostileShop, *, timeout_seconds: float = PATIENCE_SECONDS) -> str | None:
    """Return what the prober says of it, after it has let go of the connection."""
    async with running(shop), HttpProber(shop.url, timeout_seconds=timeout_seconds) as prober:
        said = await prober.problem(a_store(), "/")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await shop.is_cut_off.wait()
    return said


async def packed_flood(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    await shop.send(writer, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    packer = zlib.compressobj(wbits=31)
    while shop.sent < FLOOD:
        # Of noise: if it were read and unpacked one day, this test would not fill the machine.
        noise = os.urandom(WINDOW)
        await shop.send(writer, packer.compress(noise) + packer.flush(zlib.Z_FULL_FLUSH))


async def plain_flood(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    await shop.send(writer, f"HTTP/1.1 200 OK\r\nContent-Length: {FLOOD}\r\n\r\n".encode())
    while shop.sent < FLOOD:
        await shop.send(writer, bytes(WINDOW))


async def headers_without_end(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    await shop.send(writer, b"HTTP/1.1 200 OK\r\n")
    while shop.sent < FLOOD:
        await shop.send(writer, b"X-More: " + b"x" * 1000 + b"\r\n")


async def one_header_without_end(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    await shop.send(writer, b"HTTP/1.1 200 OK\r\nX-Long: ")
    while shop.sent < FLOOD:
        await shop.send(writer, b"x" * WINDOW)


async def slow_drip(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: each is in time, and the headers never end."""
    await shop.send(writer, b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        await shop.send(writer, b"x")
        await asyncio.sleep(0.005)


async def early_hints_without_end(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    while True:
        await shop.send(writer, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await asyncio.sleep(0.005)


async def redirect_to_itself(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    await shop.send(writer, b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")


async def cookie(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: kept=yes; Path=/\r\nConnection: close\r\n"
    await shop.send(writer, head + b"Content-Length: 0\r\n\r\n")
    writer.close()


async def no_http(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
    await shop.send(writer, b"\x1b[2J\x1b]0;owned\x07 SSH-2.0\r\n\r\n" + b"\x00" * 1000)


async def hang_up(_: HostileShop, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize("behaviour", [packed_flood, plain_flood])
async def test_a_body_is_not_read(
    behaviour: Callable[[HostileShop, asyncio.StreamWriter], Awaitable[None]],
) -> None:
    shop = HostileShop(behaviour)
    assert await asked(shop) is None
    assert shop.sent < MUCH


@pytest.mark.parametrize("behaviour", [packed_flood, plain_flood])
async def test_of_a_page_of_a_walk_only_the_beginning_is_read(
    behaviour: Callable[[HostileShop, asyncio.StreamWriter], Awaitable[None]],
) -> None:
    shop = HostileShop(behaviour)
    walk = [PageVisit("/", {}, {"product": "href"})]
    async with running(shop), HttpProber(shop.url) as prober:
        assert await prober.walk_problem(a_store(), walk) == "its page / shows no product."
        async with asyncio.timeout(PATIENCE_SECONDS):
            await shop.is_cut_off.wait()
    assert shop.sent < MUCH


async def test_cookies_of_a_walk_are_few() -> None:
    async def many_cookies(shop: HostileShop, writer: asyncio.StreamWriter) -> None:
        lines = b"".join(b"Set-Cookie: c%d=v; Path=/\r\n" % number for number in range(500))
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n"
        await shop.send(writer, head + lines + b"\r\n")
        writer.close()

    shop = HostileShop(many_cookies)
    async with running(shop), HttpProber(shop.url) as prober:
        assert await prober.walk_problem(a_store(), [PageVisit("/", {}, {})] * 2) is None
    (sent,) = [line for line in shop.requests[1].split(b"\r\n") if line.startswith(b"Cookie: ")]
    assert sent.split(b"; ")[-1] == b"c19=v"


async def test_no_packed_body_is_asked_for() -> None:
    shop = HostileShop(hang_up)
    await asked(shop)
    lines = shop.requests[0].lower().split(b"\r\n")
    assert [line for line in lines if line.startswith(b"accept-encoding")] == [
        b"accept-encoding: identity"
    ]


@pytest.mark.parametrize("behaviour", [headers_without_end, one_header_without_end])
async def test_headers_have_a_limit(
    behaviour: Callable[[HostileShop, asyncio.StreamWriter], Awaitable[None]],
) -> None:
    shop = HostileShop(behaviour)
    said = await asked(shop)
    assert said is not None
    assert said.startswith("it sent no valid HTTP response (")
    assert shop.sent < MUCH


@pytest.mark.parametrize("behaviour", [slow_drip, early_hints_without_end])
async def test_an_answer_in_small_pieces_has_no_more_time_than_any_other(
    behaviour: Callable[[HostileShop, asyncio.StreamWriter], Awaitable[None]],
) -> None:
    shop = HostileShop(behaviour)
    assert await asked(shop, timeout_seconds=0.3) == "it did not answer within 0.3 seconds."


async def test_a_redirect_to_itself_is_asked_once() -> None:
    shop = HostileShop(redirect_to_itself)
    assert await asked(shop) is None
    assert len(shop.requests) == 1


async def test_no_cookie_is_kept() -> None:
    shop = HostileShop(cookie)
    async with running(shop), HttpProber(shop.url) as prober:
        assert await prober.problem(a_store(), "/") is None
        assert await prober.problem(a_store(), "/") is None
    assert len(shop.requests) == 2
    assert not any(b"cookie" in request.lower() for request in shop.requests)


async def test_what_is_no_http_is_told_without_control_characters() -> None:
    said = await asked(HostileShop(no_http))
    assert said is not None
    assert said.startswith("it sent no valid HTTP response (")
    assert said.isprintable()


async def test_a_connection_that_is_hung_up() -> None:
    said = await asked(HostileShop(hang_up))
    assert (
        said == "it sent no valid HTTP response (Server disconnected without sending a response)."
    )


async def test_a_certificate_that_nobody_vouches_for() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    shop = HostileShop(redirect_to_itself)
    async with running(shop, tls), HttpProber(shop.url.replace("http", "https")) as prober:
        assert await prober.problem(a_store(), "/") == (
            "its certificate is not trusted (unable to get local issuer certificate)."
        )
    assert shop.requests == []


async def test_no_tls_where_it_is_expected() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, HttpProber(f"https://127.0.0.1:{port}") as prober:
        said = await prober.problem(a_store(), "/")
    assert said is not None
    assert said.startswith("no TLS connection could be made (")


@pytest.mark.parametrize(
    "url",
    [
        "http://xn--zz", "http://xn--a.invalid", "http://xn--", "http://-ä", "http://käse..x",
        f"http://{'ä' * 100}", "http://\udcff", "http://a\x00b", "http://[::1", "http://", "",
        "http://127.0.0.1:1\r\nHost: other", "http://a:b@c:d", "file:///etc/passwd",
    ],
)  # fmt: skip
async def test_an_address_that_cannot_be_asked_is_told_in_a_sentence(url: str) -> None:
    async with HttpProber(None) as prober:
        said = await prober.problem(replace(a_store(), url=url), "/")
    assert said is not None
    assert said.startswith("its address cannot be asked (")
    assert said.isprintable()


@settings(max_examples=5, deadline=None)
@given(asked=st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), min_size=30))
async def test_whatever_name_and_path_a_store_has_there_is_a_sentence(
    asked: list[tuple[str, str]],
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with HttpProber(f"http://127.0.0.1:{closed.getsockname()[1]}") as prober:
            for host, path in asked:
                said = await prober.problem(replace(a_store(), host=host), f"/{path}")
                assert said is not None
                assert said.endswith(").")
