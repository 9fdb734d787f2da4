"""Limits how often one address may ask for pages and files, which need no sign-in.

Some requests are not counted here:

- The probes ``/livez`` and ``/readyz``. Otherwise a stranger behind the same proxy could use up the
  limit; the probes would then be refused, and the service restarted. Probes cost little, because
  all callers of ``/readyz`` share one check.
- GraphQL requests. They are counted later, when the caller is known.
- Requests for ``/metrics`` with a token, because the service only compares the token.
"""

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.addresses import Proxies, client_address
from app.limits.errors import RateLimitedError
from app.limits.rates import RateLimiter

_NOT_COUNTED = frozenset({"/graphql", "/livez", "/readyz"})
_WITH_A_TOKEN_OF_ITS_OWN = "/metrics"  # noqa: S105 - a path


class AnonymousRequests:
    """ASGI middleware that answers 429 when an address has sent too many requests."""

    def __init__(self, app: ASGIApp, *, rates: RateLimiter, proxies: Proxies) -> None:
        self._app = app
        self._rates = rates
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_counted(scope):
            address = client_address(HTTPConnection(scope), self._proxies)
            try:
                await self._rates.count_anonymous_request(address)
            except RateLimitedError as error:
                headers = {"Retry-After": str(error.retry_after_seconds)}
                refusal = PlainTextResponse(f"{error.message}\n", 429, headers)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_counted(scope: Scope) -> bool:
    if scope["path"] == _WITH_A_TOKEN_OF_ITS_OWN:
        # Any token will do here: ``MetricsEndpoint`` compares it.
        return "authorization" not in Headers(scope=scope)
    return scope["path"] not in _NOT_COUNTED
