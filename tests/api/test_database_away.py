"""A database that goes away and comes back, or is not there: told, and no password with it."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import unreachable_cluster
from tests.e2e.service import Service
from tests.postgres import PASSWORD, PostgresServer

VIEWER = "{ viewer { name } }"
SECRET = PASSWORD.split("/")[0]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    with PostgresServer() as started:
        yield started


def a_service(folder: Path, server: PostgresServer) -> Service:
    url = {"STORE_PLATFORM_DATABASE_URL": server.url("postgres")}
    return Service(folder, unreachable_cluster(folder), url)


def ask(service: Service, token: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        f"{service.url}/graphql",
        data=json.dumps({"query": VIEWER}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def until(service: Service, *, database: str) -> None:
    deadline = time.monotonic() + 60
    while (said := json.loads(service.status("/readyz")[1])["parts"]["database"]) != database:
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


def test_away_and_back(tmp_path: Path, server: PostgresServer) -> None:
    service = a_service(tmp_path, server)
    service.start(wait_until_ready=False)
    try:
        token = service.token("merchant")
        service.create(token, "my-shop")
        until(service, database="ok")

        server.stop()
        until(service, database="The database does not answer just now.")
        status, body = ask(service, token)
        assert status == 503
        (error,) = body["errors"]
        assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 2}
        assert error["message"].startswith("The database does not answer just now. Try again")

        server.start()
        until(service, database="ok")
        assert ask(service, token) == (200, {"data": {"viewer": {"name": "merchant"}}})
        assert [name for (name,) in service.sql("SELECT name FROM stores")] == ["my-shop"]
        assert service.create(token, "another")["errors"] == []
        assert SECRET not in service.log.read_text()
    finally:
        service.stop()


def test_not_there_at_the_start(tmp_path: Path, server: PostgresServer) -> None:
    service = a_service(tmp_path, server)
    server.stop()
    with pytest.raises(AssertionError, match=f"The database at 127.0.0.1:{server.port}/postgres"):
        service.start()
    assert service.process is not None
    assert service.process.returncode != 0
    said = service.log.read_text()
    assert '"event": "cannot_start"' in said
    assert "Check that it runs, and the database URL." in said
    assert SECRET not in said
