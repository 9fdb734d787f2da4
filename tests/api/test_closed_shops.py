"""Visitors of closed shops, at a port where there is nothing else: the real service's two ports."""

import base64
import hashlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from app.local.cluster.ports import free_port
from tests.api.conftest import METRICS_TOKEN, running_service, unreachable_cluster
from tests.api.test_operations import await_lines
from tests.api.wire import Answer
from tests.e2e.service import Service
from tests.postgres import PostgresServer

JSON = {"Accept": "application/json"}
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SQL = "UPDATE stores SET status = :status, ready_at = 1 WHERE name = :name RETURNING 1 AS one"

# As the operator's pattern was before: the name alone makes no shop of this host.
MOVED = """UPDATE stores SET host = 'moved-shop.before.test' WHERE name = 'moved-shop'
RETURNING 1 AS one"""


def closed_port(service: Service) -> int:
    return int(service.settings["STORE_PLATFORM_CLOSED_SHOPS_PORT"])


def visit(
    service: Service,
    host: str,
    path: str = "/",
    *,
    method: str = "GET",
    body: bytes | None = None,
    port: int | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    sent = {"Accept": HTML, "Host": host} | (headers or {})
    with closing(
        http.client.HTTPConnection("127.0.0.1", port or closed_port(service), timeout=60)
    ) as connection:
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read().decode())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a shop in some of the ways to be closed."""
    with running_service(
        tmp_path_factory.mktemp("closed"),
        STORE_PLATFORM_CLOSED_SHOPS_PORT=str(free_port()),
        STORE_PLATFORM_METRICS_TOKEN=METRICS_TOKEN,
        STORE_PLATFORM_SHOP_URL="http://{name}.shops.test:8000",
    ) as running:
        token = running.token("merchant")
        for name, status in {
            "new-shop": None, "paused-shop": "SUSPENDED", "lost-shop": "FAILED",
            "old-shop": "DELETED", "moved-shop": None,
        }.items():  # fmt: skip
            assert running.create(token, name)["errors"] == []
            if status:
                assert running.sql(SQL, status=status, name=name) == [(1,)]
        assert running.sql(MOVED) == [(1,)]
        yield running


def test_a_paused_shop_says_so_in_its_name(service: Service) -> None:
    answer = visit(service, "paused-shop.shops.test")
    assert answer.status == 503
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["retry-after"] == "3600"
    for part in ("<title>", "<h1>"):
        assert f"{part}paused-shop is closed for now</" in answer.text
    assert '<html lang="en">' in answer.text
    assert answer.text.count("<main>") == 1


def test_the_other_ways_to_be_closed(service: Service) -> None:
    for host, status, seconds, title in (
        ("new-shop.shops.test", 503, "10", "new-shop is being prepared"),
        ("lost-shop.shops.test", 503, "30", "lost-shop cannot be reached just now"),
        ("old-shop.shops.test", 404, None, "There is no shop at this address"),
        ("no-shop.shops.test", 404, None, "There is no shop at this address"),
        ("moved-shop.shops.test", 404, None, "There is no shop at this address"),
        ("paused-shop.elsewhere.test", 404, None, "There is no shop at this address"),
        ("[::1]:8000", 404, None, "There is no shop at this address"),
        ("<script>", 404, None, "There is no shop at this address"),
    ):
        answer = visit(service, host)
        assert (answer.status, answer.headers.get("retry-after")) == (status, seconds), host
        assert f"<h1>{title}</h1>" in answer.text
        assert "<script" not in answer.text


@pytest.mark.parametrize("host", ["Paused-Shop.SHOPS.test:8000", "paused-shop.shops.test."])
def test_other_spellings_of_a_host(service: Service, host: str) -> None:
    assert "<h1>paused-shop is closed for now</h1>" in visit(service, host).text


def test_programs_get_json(service: Service) -> None:
    answer = visit(service, "paused-shop.shops.test", headers=JSON)
    assert (answer.status, answer.headers["content-type"]) == (503, "application/json")
    assert json.loads(answer.text) == {
        "error": "paused-shop is closed for now. The shop has been paused by its merchant. Nothing"
        " in it is lost.",
        "retryAfterSeconds": 3600,
    }
    unknown = visit(service, "no-shop.shops.test", headers=JSON)
    assert (unknown.status, list(json.loads(unknown.text))) == (404, ["error"])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_every_method_and_path_is_answered_alike(service: Service, method: str) -> None:
    answer = visit(
        service, "paused-shop.shops.test", "/wp-json/cart?a=1", method=method, body=b"x" * 1000
    )
    assert (answer.status, answer.headers["retry-after"]) == (503, "3600")
    assert "paused-shop is closed for now" in answer.text


def test_a_body_of_any_size_is_not_waited_for(service: Service) -> None:
    with closing(socket.create_connection(("127.0.0.1", closed_port(service)), 60)) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: paused-shop.shops.test\r\nContent-Length: 9999999999\r\n\r\n"
        )
        assert client.recv(4096).startswith(b"HTTP/1.1 503 ")


def test_head_has_no_body(service: Service) -> None:
    answer = visit(service, "paused-shop.shops.test", method="HEAD")
    assert (answer.status, answer.headers["retry-after"], answer.text) == (503, "3600", "")
    assert int(answer.headers["content-length"]) > 0


def test_what_browsers_and_search_engines_are_told(service: Service) -> None:
    answer = visit(service, "paused-shop.shops.test")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    # The platform's own demand for TLS says nothing about a shop's host.
    assert "strict-transport-security" not in answer.headers
    style = re.search(r"<style>(.*)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]


@pytest.mark.parametrize("path", ["/graphql", "/metrics", "/livez", "/readyz", "/config.json"])
def test_nothing_of_the_platform_is_behind_a_shops_address(service: Service, path: str) -> None:
    token = METRICS_TOKEN if path == "/metrics" else service.token("merchant")
    given = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | JSON
    for host in ("paused-shop.shops.test", "127.0.0.1", "no-shop.shops.test"):
        for method, body in (("GET", None), ("POST", b'{"query": "{ viewer { name } }"}')):
            answer = visit(service, host, path, method=method, body=body, headers=given)
            assert answer.status == (503 if host.startswith("paused") else 404)
            assert "error" in json.loads(answer.text)


def test_no_shop_answers_at_the_platforms_port(service: Service) -> None:
    there = visit(service, "paused-shop.shops.test", "/livez", port=service.port)
    assert (there.status, json.loads(there.text)) == (200, {"status": "ok"})
    page = visit(service, "paused-shop.shops.test", port=service.port)
    assert "is closed for now" not in page.text


async def test_websockets_are_refused(service: Service) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with websockets.connect(
            f"ws://paused-shop.shops.test:{closed_port(service)}/graphql",
            host="127.0.0.1",
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        ):
            pass
    assert refused.value.response.status_code == 403


def failures(service: Service) -> list[str]:
    """Return what the metrics count of requests that were answered 503."""
    token = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    found = visit(service, "x", "/metrics", port=service.port, headers=token)
    assert "http_request_seconds_count" in found.text
    return [line for line in found.text.splitlines() if "_count" in line and '"503"' in line]


def test_the_log_has_a_line_and_no_alert_counts_it(service: Service) -> None:
    before = failures(service)
    given = {"X-Request-Id": "visitor-1"}
    answer = visit(service, "paused-shop.shops.test", "/secret-path", headers=given)
    assert (answer.status, answer.headers["x-request-id"]) == (503, "visitor-1")
    (line,) = await_lines(service, request_id="visitor-1")
    assert (line["route"], line["status"]) == ("/{closed_shop:path}", 503)
    assert failures(service) == before


def test_off_by_default(tmp_path: Path) -> None:
    with running_service(tmp_path) as plain:
        assert visit(plain, "a-shop.store.localhost", "/livez", port=plain.port).status == 200
        assert "CLOSED" not in plain.log.read_text()


def test_a_port_that_another_has(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = Service(
            tmp_path,
            unreachable_cluster(tmp_path),
            {"STORE_PLATFORM_CLOSED_SHOPS_PORT": str(port)},
            is_forked=True,
        )
        with pytest.raises(AssertionError, match=f"Port {port} of 127.0.0.1 cannot be listened on"):
            service.start(wait_until_ready=False)
    assert service.process is not None
    assert service.process.returncode == 2
    assert "Choose another by STORE_PLATFORM_CLOSED_SHOPS_PORT" in service.log.read_text()


def test_while_the_database_is_away(tmp_path: Path) -> None:
    with (
        PostgresServer() as server,
        running_service(
            tmp_path,
            STORE_PLATFORM_CLOSED_SHOPS_PORT=str(free_port()),
            STORE_PLATFORM_DATABASE_URL=server.url("postgres"),
        ) as service,
    ):
        service.create(service.token("merchant"), "my-shop")
        server.stop()
        answer = visit(service, "my-shop.store.localhost")
        assert (answer.status, answer.headers["retry-after"]) == (503, "30")
        assert "<h1>This shop cannot be reached just now</h1>" in answer.text
        assert visit(service, "elsewhere.test").status == 404
