"""Bodies of requests: no larger and no slower than is reasonable."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSE = {"Connection": "close"}  # the rest of what the client sends is not read


class BodyLimit:
    """Middleware that reads each body before anything is done with it."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, timeout_seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._timeout_seconds):
                body = await self._read(Headers(scope=scope), receive)
        except TimeoutError:
            text = f"The body did not arrive within {self._timeout_seconds:g} s.\n"
            await PlainTextResponse(text, 408, _CLOSE)(scope, receive, send)
            return
        if body is None:
            text = f"A request may have at most {self._max_bytes} bytes.\n"
            await PlainTextResponse(text, 413, _CLOSE)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> list[Message] | None:
        """Return the messages that make up the body, or None when it is too large."""
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            return None
        messages: list[Message] = []
        size = 0
        while True:
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
            if size > self._max_bytes:
                return None
            if not messages[-1].get("more_body", False):
                return messages


def _has_body(headers: Headers) -> bool:
    return "content-length" in headers or "transfer-encoding" in headers


def _replay(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replayed() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return replayed
