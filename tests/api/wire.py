"""The API as bytes: requests and frames that no client library would send."""

import http.client
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from tests.e2e.service import Service

JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)["data"]
        return found

    @property
    def errors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.text).get("errors", [])
        return found

    @property
    def codes(self) -> list[str]:
        return [error.get("extensions", {}).get("code") for error in self.errors]


def post(
    service: Service,
    body: str | bytes | dict[str, Any] | list[Any],
    token: str | None = None,
    **headers: str,
) -> Answer:
    """Send a body as it is; anything that is no text is written as JSON."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    sent = {"Content-Type": JSON} | _named(headers)
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    return request(service, "POST", "/graphql", content, sent)


def request(
    service: Service,
    method: str,
    path: str,
    body: str | bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read().decode())
    finally:
        connection.close()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@asynccontextmanager
async def socket(
    service: Service, token: str | None = None, **headers: str
) -> AsyncIterator[ClientConnection]:
    """Open a websocket; with a token, signed in."""
    async with websockets.connect(
        f"ws://127.0.0.1:{service.port}/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers=_named(headers),
        max_size=None,
    ) as opened:
        if token is not None:
            payload = {"authorization": f"Bearer {token}"}
            await send(opened, {"type": "connection_init", "payload": payload})
            assert (await receive(opened))["type"] == "connection_ack"
        yield opened


async def send(opened: ClientConnection, message: object) -> None:
    await opened.send(json.dumps(message))


async def receive(opened: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await opened.recv())
    return message


async def closed_with(opened: ClientConnection) -> tuple[int, str]:
    """Read to the end of a websocket; return the code and the reason of its close."""
    with suppress(ConnectionClosedError):  # how one ends that was not closed with 1000
        async for _ in opened:
            pass
    received = opened.protocol.close_rcvd
    assert received is not None
    return received.code, received.reason


def subscribe(operation_id: str, query: str, **variables: Any) -> dict[str, Any]:
    payload = {"query": query, "variables": variables}
    return {"type": "subscribe", "id": operation_id, "payload": payload}
