"""Request ids, the line in the log, and the measurement around every request."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import LogCapture

from app.http.requests import Requests
from provisioner.testing import RecordedMeasurements


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def broken(_: Request) -> Response:
    raise ValueError("a secret detail")


@pytest.fixture
def measurements() -> RecordedMeasurements:
    return RecordedMeasurements()


@pytest.fixture
async def client(measurements: RecordedMeasurements) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(
        routes=[Route("/hello/{name}", hello), Route("/broken", broken)],
        middleware=[Middleware(Requests, measurements=measurements)],
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as opened:
        yield opened


@pytest.fixture
def log() -> Iterator[Any]:
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, capture],
        cache_logger_on_first_use=False,
    )
    yield capture.entries
    structlog.configure(**before)


async def test_a_harmless_id_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/hello/anna", headers={"X-Request-Id": "from-a-proxy:1.2_3"})
    assert answer.headers["X-Request-Id"] == "from-a-proxy:1.2_3"


@pytest.mark.parametrize("given", ["", "a" * 65, "with space", "line\\nbreak{}", "ümlaut"])
async def test_any_other_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/hello/anna", headers=[(b"X-Request-Id", given.encode())])
    made = answer.headers["X-Request-Id"]
    assert made != given
    assert len(made) == 16
    assert int(made, 16) >= 0


async def test_one_line_with_the_route_and_not_the_path(
    client: httpx.AsyncClient, measurements: RecordedMeasurements, log: list[dict[str, Any]]
) -> None:
    await client.get("/hello/anna", headers={"X-Request-Id": "r1"})

    (line,) = log
    assert line.pop("seconds") >= 0
    assert line == {
        "event": "request", "log_level": "info", "request_id": "r1",
        "method": "GET", "route": "/hello/{name}", "status": 200,
    }  # fmt: skip
    assert measurements.ended == [
        ("http", {"method": "GET", "request_id": "r1", "route": "/hello/{name}"}, "200")
    ]


async def test_what_is_no_route_of_ours(
    client: httpx.AsyncClient, measurements: RecordedMeasurements
) -> None:
    assert (
        await client.request("BREW", "/coffee", headers={"X-Request-Id": "r1"})
    ).status_code == 404
    assert measurements.ended == [
        ("http", {"method": "other", "request_id": "r1", "route": "other"}, "404")
    ]


async def test_an_exception_is_told_by_its_id_only(
    client: httpx.AsyncClient, log: list[dict[str, Any]]
) -> None:
    answer = await client.get("/broken", headers={"X-Request-Id": "r1"})

    assert answer.status_code == 500
    assert answer.json()["id"] == answer.headers["X-Request-Id"] == "r1"
    assert "secret detail" not in answer.text
    assert [(line["event"], line["request_id"]) for line in log] == [
        ("request_failed", "r1"),
        ("request", "r1"),
    ]
