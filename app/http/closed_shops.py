"""Answers visitors of shops that are closed, at a port where nothing else is answered.

While a shop is closed, the ingress controller leads its visitors here. So whoever asks may ask for
anything at all: nothing of the API, its pages or its probes is behind this port.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.closed_notices import CONTENT_POLICY, Notice
from app.http.headers import SecurityHeaders, security_headers
from app.http.requests import Requests
from provisioner.domain.instrumentation import Unmeasured

_REFUSED = 1008  # a violated policy; before the handshake, it is answered with 403

FindNotice = Callable[[Request, str], Awaitable[Notice]]
"""Finds what to tell the sender of a request about the shop at a host."""


class AtPort:
    """ASGI middleware that leaves whatever comes in at one port to another application."""

    def __init__(self, app: ASGIApp, *, port: int, other: ASGIApp) -> None:
        self._app = app
        self._port = port
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # By the socket that it came in at, since the sender chooses everything else.
        is_there = scope["type"] != "lifespan" and scope["server"][1] == self._port
        await (self._other if is_there else self._app)(scope, receive, send)


def closed_shops(find: FindNotice) -> ASGIApp:
    """Return the application for visitors of closed shops."""
    # Not measured: its 503s are meant, and would look like failures of the API. TLS is the shop's,
    # so what the platform asks of browsers for its own host is not asked for here.
    requests = Requests(_ClosedShops(find), measurements=Unmeasured())
    headers = security_headers(policy=CONTENT_POLICY, hsts_seconds=0)
    return SecurityHeaders(requests, headers=headers)


class _ClosedShops:
    """Answers every method and path with a notice about the shop at the host."""

    def __init__(self, find: FindNotice) -> None:
        self._find = find
        # Not one that is taken: it says in the log where a request came in.
        self._route = Route("/{closed_shop:path}", self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self._route
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _REFUSED})
            return
        request = Request(scope)
        notice = await self._find(request, _host_of(request))
        await notice.response(request.headers.get("accept", ""))(scope, receive, send)


def _host_of(request: Request) -> str:
    """Return the host of a request in small letters, without port and the root's dot."""
    host, colon, port = request.headers.get("host", "").lower().rpartition(":")
    return (host if colon and port.isdecimal() else f"{host}{colon}{port}").removesuffix(".")
