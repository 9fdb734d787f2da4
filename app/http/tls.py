"""Sends who came without TLS to where there is TLS, where a proxy in front takes both."""

from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_PLAIN = frozenset({"http", "ws"})
_PERMANENT, _REFUSED = 308, 1008


class RedirectToTls:
    """Middleware that redirects what the proxy says came without TLS, and refuses such websockets.

    Nobody is believed about TLS: whoever forges the header is redirected, and nothing else. What
    comes without it, such as a probe, did not come through the proxy.
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
    if not url.hostname:
        return PlainTextResponse("Use https://.\n", 400)
    return RedirectResponse(url.replace(scheme="https", port=None), _PERMANENT)
