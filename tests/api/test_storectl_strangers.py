"""storectl where something else answers in the platform's place, or nothing that makes sense."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trustme

from app.storectl import documents
from app.storectl.account import Account
from app.storectl.api import Api
from app.storectl.errors import NotSignedInError, RefusedError, StorectlError, UnreachableError

HTML = b"<html>\x1b[31m" + b"<p>Welcome</p>" * 1000


def answer(status: str, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def stranger(said: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Give the port of a server that says the same to everybody."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("said", "kind", "says"),
    [
        (answer("200 OK", HTML), UnreachableError, "Not a JSON answer"),
        (answer("200 OK", b""), UnreachableError, "Not a JSON answer"),
        (answer("200 OK", b"[]"), UnreachableError, "cannot be reached"),
        (answer("200 OK", b'{"data": null}'), UnreachableError, "something else"),
        (answer("200 OK", b'{"data": {}}'), UnreachableError, "something else"),
        (answer("302 Found", b"", "Location: https://sso/"), UnreachableError, "cannot be reached"),
        (answer("500 Oops", HTML), UnreachableError, "500"),
        (answer("401 No", b""), NotSignedInError, "The token is not valid"),
        (answer("429 Slow", b""), RefusedError, "slow down"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", UnreachableError, "cannot be reached"),
        (b"", UnreachableError, "cannot be reached"),
        (answer("200 OK", b"{")[:-1], UnreachableError, "cannot be reached"),
        (answer("200 OK", b"\x1f\x8bno", "Content-Encoding: gzip"), UnreachableError, "cannot be"),
    ],
)  # fmt: skip
async def test_another_answer(said: bytes, kind: type[StorectlError], says: str) -> None:
    async with stranger(said) as port:
        api = Api(Account(f"http://127.0.0.1:{port}", "sp_x"))
        with pytest.raises(kind) as failed:
            await api.execute(documents.VIEWER)
        with pytest.raises(StorectlError):
            await anext(api._updates("store_x", None))
    assert says in str(failed.value)
    assert len(str(failed.value)) < 500


async def test_a_certificate_that_nobody_knows() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with stranger(answer("200 OK", b"{}"), tls) as port:
        api = Api(Account(f"https://127.0.0.1:{port}", "sp_x"))
        tries: list[Callable[[], object]] = [
            lambda: api.execute(documents.VIEWER),
            lambda: anext(api._updates("store_x", None)),
        ]
        for begin in tries:
            with pytest.raises(UnreachableError, match="certificate verify failed"):
                await begin()  # type: ignore[misc]


async def test_no_proxy_holds_for_requests_and_websockets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("all_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with stranger(answer("401 No", b"")) as port:
        api = Api(Account(f"http://127.0.0.1:{port}", "sp_x"))
        with pytest.raises(NotSignedInError):
            await api.execute(documents.VIEWER)
        with pytest.raises(UnreachableError, match="HTTP 401"):
            await anext(api._updates("store_x", None))


async def test_the_proxy_is_used_by_requests_and_websockets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with stranger(answer("401 No", b"")) as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        api = Api(Account("http://shops.invalid", "sp_x"))
        with pytest.raises(NotSignedInError):
            await api.execute(documents.VIEWER)
        with pytest.raises(UnreachableError, match="401"):
            await anext(api._updates("store_x", None))
