"""Redirects requests that came without TLS, for proxies in front that take both kinds."""

from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_PLAIN = frozenset({"http", "ws"})
# 308 keeps the method and the body. A websocket cannot be redirected: 1008 is a violated policy.
_PERMANENT, _REFUSED = 308, 1008


class RedirectToTls:
    """ASGI middleware that redirects requests without TLS, and refuses such websockets.

    The proxy tells by ``X-Forwarded-Proto``. Nothing more depends on the header, so a client that
    forges it can only get itself redirected. A request without the header, such as a probe, did not
    come through the proxy and is let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not _is_plain(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _REFUSED, "reason": "Use wss://."})
        else:
            await _redirect(URL(scope=scope))(scope, receive, send)


def _is_plain(connection: HTTPConnection) -> bool:
    return connection.headers.get("x-forwarded-proto", "").strip().lower() in _PLAIN


def _redirect(url: URL) -> Response:
    if not url.hostname:  # the request has no header Host, so there is nowhere to redirect to
        return PlainTextResponse("Use https://.\n", 400)
    # Without the port, which is that of plain HTTP.
    return RedirectResponse(url.replace(scheme="https", port=None), _PERMANENT)
