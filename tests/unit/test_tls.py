"""What came without TLS is sent to where there is; a websocket follows nobody, and is refused."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.http.tls import RedirectToTls


async def inside(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    await send({"type": "inside"})


def answered(kind: str, *headers: tuple[bytes, bytes]) -> list[Message]:
    """Return what the middleware sends for a request or websocket with these headers."""
    sent: list[Message] = []
    scope: dict[str, Any] = {
        "type": kind, "scheme": "http", "path": "/page", "query_string": b"a=b",
        "headers": headers, "server": ("127.0.0.1", 8080),
    }  # fmt: skip

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(RedirectToTls(inside)(scope, receive, send))
    return sent


HOST = (b"host", b"platform.test:8080")


@pytest.mark.parametrize("said", [b"http", b"HTTP", b"ws"])
def test_without_tls(said: bytes) -> None:
    plain = (b"x-forwarded-proto", said)
    start, _ = answered("http", plain, HOST)
    assert start["status"] == 308
    assert dict(start["headers"])[b"location"] == b"https://platform.test/page?a=b"
    (closed,) = answered("websocket", plain, HOST)
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)


@pytest.mark.parametrize("headers", [[HOST], [HOST, (b"x-forwarded-proto", b"https")]])
@pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
def test_with_tls_or_no_proxy(kind: str, headers: list[tuple[bytes, bytes]]) -> None:
    assert answered(kind, *headers) == [{"type": "inside"}]
