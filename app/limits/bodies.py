"""Limits the size of request bodies, and the time that they may take to arrive."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The rest of the refused body is not read, so the connection cannot carry another request.
_CLOSE = {"Connection": "close"}


class BodyLimit:
    """ASGI middleware that reads the whole body of a request before the application gets it.

    A body that is too large is answered with 413, and one that takes too long with 408.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, timeout_seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        try:
            # One limit for the whole body: a limit for each part would let a client send a byte at
            # a time for ever.
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
        """Return the ASGI messages that make up the body, or None when it is too large."""
        # Refuse by the declared size before anything is read. A chunked body declares none, so
        # what arrives is counted as well.
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
            # A client that has gone ends the loop too: ``http.disconnect`` has no ``more_body``.
            # The application gets that message as it would without this middleware.
            if not messages[-1].get("more_body", False):
                return messages


def _has_body(headers: Headers) -> bool:
    return "content-length" in headers or "transfer-encoding" in headers


def _replay(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replayed() -> Message:
        message = next(waiting, None)
        # After the body, the application still has to hear that the client has gone.
        return await receive() if message is None else message

    return replayed
