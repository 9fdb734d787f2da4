"""``/metrics``, open only to callers with the token in ``STORE_PLATFORM_METRICS_TOKEN``."""

import asyncio
import secrets
from collections.abc import Awaitable

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

_DATABASE_SECONDS = 3.0  # then a scrape goes on without the figures that the database has


class MetricsEndpoint:
    """Serves the counters, and the gauges as they are at the moment of the request.

    It has a token of its own, and takes none of a caller. The callers' tokens are in the database,
    and metrics must be there when the database is not.
    """

    def __init__(self, measurements: PrometheusMeasurements, token: SecretStr | None) -> None:
        self._measurements = measurements
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = self._refusal(request) or await self._metrics(request.app.state.platform)
        await response(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if self._token is None:
            return PlainTextResponse(
                "Metrics are closed here. Set STORE_PLATFORM_METRICS_TOKEN to open them.\n", 403
            )
        given = bearer_token(request.headers.get("authorization")) or ""
        # ``compare_digest`` takes as long for any wrong token. It raises an error for a text beyond
        # ASCII, so bytes are compared.
        if secrets.compare_digest(given.encode(), self._token.get_secret_value().encode()):
            return None
        return PlainTextResponse(
            "Send the token of STORE_PLATFORM_METRICS_TOKEN as `Authorization: Bearer`.\n",
            401,
            headers={"WWW-Authenticate": "Bearer"},
        )

    async def _metrics(self, platform: Platform) -> Response:
        problems = await platform.check.problems()
        # Where the check has just failed, the query would only make the scrape wait once more.
        stores = None if problems["database"] else await _stores(platform)
        # A registry for this scrape alone: its gauges hold values that were read just now.
        gauges = CollectorRegistry()
        are_kept = stores is not None and platform.backups.settings is not None
        late = await _number(platform.backups.late()) if are_kept else None
        faulty = await _number(platform.verifier.faulty()) if are_kept else None
        gauges.register(PlatformGauges(platform, problems, stores, late, faulty))
        content = generate_latest(gauges) + generate_latest(self._measurements.registry)
        return Response(content, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


async def _stores(platform: Platform) -> dict[StoreStatus, int] | None:
    """Return the number of stores by status, or None when the database does not answer."""
    try:
        async with asyncio.timeout(_DATABASE_SECONDS):
            return dict((await platform.stores.load()).stores)
    except Exception:  # noqa: BLE001 - the gauge part_up shows it at the next scrape
        return None


async def _number(read: Awaitable[int | None]) -> int | None:
    """Return what is read from the database, or None when it does not answer."""
    try:
        async with asyncio.timeout(_DATABASE_SECONDS):
            return await read
    except Exception:  # noqa: BLE001 - the gauge part_up shows it at the next scrape
        return None
