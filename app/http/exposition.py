"""``/metrics``: open only to whoever has the token of ``STORE_PLATFORM_METRICS_TOKEN``."""

import asyncio
import secrets

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from app.auth.bearer import bearer_token
from app.telemetry.gauges import PlatformGauges
from app.telemetry.metrics import PrometheusMeasurements
from provisioner.domain.stores import StoreStatus
from provisioner.platform import Platform

_DATABASE_SECONDS = 3.0


class MetricsEndpoint:
    """Renders counters and, read at this moment, gauges.

    A token of its own rather than a caller's: metrics must be there when the database, which knows
    the callers' tokens, is not.
    """

    def __init__(self, measurements: PrometheusMeasurements, token: SecretStr | None) -> None:
        self._measurements = measurements
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        response = self._refusal(request) or await self._metrics(request.app.state.platform)
        await response(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if self._token is None:
            return PlainTextResponse(
                "Metrics are closed here. Set STORE_PLATFORM_METRICS_TOKEN to open them.\n", 403
            )
        given = bearer_token(request.headers.get("authorization")) or ""
        if secrets.compare_digest(given.encode(), self._token.get_secret_value().encode()):
            return None
        return PlainTextResponse(
            "Send the token of STORE_PLATFORM_METRICS_TOKEN as `Authorization: Bearer`.\n",
            401,
            headers={"WWW-Authenticate": "Bearer"},
        )

    async def _metrics(self, platform: Platform) -> Response:
        problems = await platform.check.problems()
        stores = None if problems["database"] else await _stores(platform)
        gauges = CollectorRegistry()
        gauges.register(PlatformGauges(platform, problems, stores))
        content = generate_latest(gauges) + generate_latest(self._measurements.registry)
        return Response(content, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


async def _stores(platform: Platform) -> dict[StoreStatus, int] | None:
    """Return the stores by status, or None when the database cannot tell just now."""
    try:
        async with asyncio.timeout(_DATABASE_SECONDS):
            return dict((await platform.stores.load()).stores)
    except Exception:  # noqa: BLE001 - part_up says it on the next scrape
        return None
