"""Gives every request an id, a line in the log, and a measurement."""

import re
import secrets
from time import perf_counter

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry.metrics import HTTP
from provisioner.domain.ports import Measurements

_log = structlog.get_logger("app.http.requests")

HEADER = "X-Request-Id"
# A caller's id goes into the log and back into a header, so it has to be short and harmless.
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
# https://www.w3.org/TR/trace-context/: 55 characters, and maybe more in later versions.
_TRACE = re.compile(r"[0-9a-f-]{1,64}")
# Clients may invent methods, and each method is the label of a time series.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked for every few seconds: at the usual level the log would hold little else.
_PROBES = frozenset({"/livez", "/readyz", "/metrics"})


class Requests:
    """ASGI middleware around all others, except the one that adds security headers.

    The id of a request is the one that the caller sent, if it is short and harmless, else a new
    one. It is in the header X-Request-Id of the answer, and in every line logged meanwhile.
    """

    def __init__(self, app: ASGIApp, *, measurements: Measurements) -> None:
        self._app = app
        self._measurements = measurements

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, began = _begin(scope), perf_counter()
        method = scope["method"] if scope["method"] in _METHODS else "other"
        status: int | None = None  # until the application begins an answer

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        labels = {"method": method, "request_id": request_id}
        traceparent = Headers(scope=scope).get("traceparent", "")
        if _TRACE.fullmatch(traceparent):
            labels["traceparent"] = traceparent
        with self._measurements.measure(HTTP, **labels) as measured:
            try:
                await self._app(scope, receive, answer)
            except Exception:
                _log.exception("request_failed")
                # An answer that was begun cannot be replaced: uvicorn cuts it off when this raises.
                if status is not None:
                    raise
                await _apology(request_id)(scope, receive, answer)
            finally:
                # Known only now: Starlette puts the route into the scope further in.
                measured.labels["route"], measured.outcome = route_of(scope), str(status)
                log = _log.debug if measured.labels["route"] in _PROBES else _log.info
                log(
                    "request",
                    method=method,
                    route=measured.labels["route"],
                    status=status,
                    seconds=_since(began),
                )

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        _begin(scope)
        structlog.contextvars.bind_contextvars(transport="websocket")
        began, closed_with = perf_counter(), None

        async def answer(message: Message) -> None:
            nonlocal closed_with
            if message["type"] == "websocket.close":
                closed_with = message.get("code", 1000)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            _log.info(
                "websocket",
                route=route_of(scope),
                closed_with=closed_with,
                seconds=_since(began),
            )


def _apology(request_id: str) -> Response:
    message = (
        f"Something went wrong on our side. It was recorded as {request_id}; try again, and name"
        " that id if it stays."
    )
    return JSONResponse({"error": message, "id": request_id}, status_code=500)


def route_of(scope: Scope) -> str:
    """Return the pattern of the route that was taken, or "other"; never the path itself.

    Callers choose paths, so there would be a time series for each.
    """
    route = scope.get("route")
    return str(getattr(route, "path", "other")) if isinstance(route, BaseRoute) else "other"


def _begin(scope: Scope) -> str:
    given = Headers(scope=scope).get(HEADER, "")
    request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
    # Whatever the context may hold, only this request's fields belong into its lines.
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def _since(began: float) -> float:
    return round(perf_counter() - began, 4)
