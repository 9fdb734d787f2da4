"""Much of everything at once, and the slowest of clients: memory stays flat, nobody else waits."""

import asyncio
import json
import socket as sockets
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.api.conftest import service_to_measure
from tests.api.wire import post, receive, send, socket, subscribe
from tests.e2e.service import Service

VIEWER = "{ viewer { name } }"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service_to_measure(tmp_path_factory.mktemp("endurance")) as running:
        yield running


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("attacker")


def memory(service: Service) -> float:
    """Return the resident megabytes of the service."""
    assert service.process is not None
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def test_ten_thousand_operations_on_one_websocket(service: Service, token: str) -> None:
    async with socket(service, token) as opened:

        async def run(operations: range) -> None:
            for number in operations:
                await send(
                    opened, subscribe(str(number), f"{{ viewer {{ n{number % 300}: name }} }}")
                )
                answer = await receive(opened)
                assert answer["type"] == "next", answer
                assert (await receive(opened)) == {"id": str(number), "type": "complete"}

        await run(range(1000))
        before = memory(service)
        await run(range(1000, 10_000))
        assert memory(service) < before + 30


async def test_ten_thousand_operations_at_once(service: Service, token: str) -> None:
    before = memory(service)
    async with socket(service, token) as opened:
        ended = 0

        async def read() -> None:
            nonlocal ended
            while ended < 10_000:
                answer = await receive(opened)
                if answer["type"] == "error":
                    (error,) = answer["payload"]
                    assert error["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
                ended += answer["type"] in {"complete", "error"}

        reading = asyncio.create_task(read())
        for number in range(10_000):
            await send(opened, subscribe(str(number), VIEWER))
        await reading
    assert memory(service) < before + 30


def test_half_a_request(service: Service, token: str) -> None:
    """Many connections that begin a request and never end it are closed; nobody else waits."""
    opened = [sockets.create_connection(("127.0.0.1", service.port)) for _ in range(100)]
    for connection in opened:
        connection.sendall(b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    answer = post(service, {"query": VIEWER}, token)
    assert json.loads(answer.text) == {"data": {"viewer": {"name": "attacker"}}}
    for connection in opened:
        with closing(connection), suppress(ConnectionResetError):
            connection.settimeout(60)
            assert connection.recv(1) == b""
