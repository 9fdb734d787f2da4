"""Who may read the metrics."""

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from app.http.exposition import MetricsEndpoint
from app.telemetry.metrics import PrometheusMeasurements

TOKEN = SecretStr("a-token-for-the-metrics")


@pytest.mark.parametrize(
    ("token", "given", "status", "says"),
    [
        (None, {}, 403, "Set STORE_PLATFORM_METRICS_TOKEN to open them."),
        (None, {"Authorization": "Bearer "}, 403, "Metrics are closed here."),
        (TOKEN, {}, 401, "Send the token of STORE_PLATFORM_METRICS_TOKEN"),
        (TOKEN, {"Authorization": "Bearer a-token-for-the-metric"}, 401, "Send the token"),
        (TOKEN, {"Authorization": "Basic a-token-for-the-metrics"}, 401, "Send the token"),
        (TOKEN, {"Authorization": "Bearer ü"}, 401, "Send the token"),
    ],
)
async def test_refused(
    token: SecretStr | None, given: dict[str, str], status: int, says: str
) -> None:
    endpoint = MetricsEndpoint(PrometheusMeasurements(), token)
    app = Starlette(routes=[Route("/metrics", endpoint)])
    headers = [(key.encode(), value.encode()) for key, value in given.items()]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://service"
    ) as client:
        answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert says in answer.text
    assert "store_platform_" not in answer.text
