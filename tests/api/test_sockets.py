"""What stays open: signed in at once or closed, and closed again when the credential ends."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.e2e.curl import events
from tests.e2e.service import FOLLOW, ROOT, Service

REVOKE = "mutation ($id: ID!) { revokeToken(input: {id: $id}) { token { id } } }"
TOKENS = "{ tokens { edges { node { id } } } }"


@asynccontextmanager
async def connected(
    api: Service, token: str | None = None, origin: str | None = None
) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{api.port}/graphql"
    protocol = Subprotocol("graphql-transport-ws")
    given = None if origin is None else Origin(origin)
    async with websockets.connect(url, subprotocols=[protocol], origin=given) as socket:
        if token is not None:
            await send(socket, "connection_init", payload={"authorization": f"Bearer {token}"})
            assert json.loads(await socket.recv())["type"] == "connection_ack"
        yield socket


async def send(socket: ClientConnection, kind: str, **more: Any) -> None:
    await socket.send(json.dumps({"type": kind, **more}))


async def follow(socket: ClientConnection, store_id: str) -> dict[str, Any]:
    """Subscribe to a store; return the first frame."""
    payload = {"query": FOLLOW, "variables": {"id": store_id}}
    await send(socket, "subscribe", id="1", payload=payload)
    frame: dict[str, Any] = json.loads(await socket.recv())
    return frame


async def close_of(socket: ClientConnection) -> tuple[int, str, list[dict[str, Any]]]:
    """Return the close code and reason, and the frames that came before."""
    frames = []
    with suppress(ConnectionClosed):
        while True:
            frames.append(json.loads(await socket.recv()))
    assert socket.close_code is not None
    assert socket.close_reason is not None
    return socket.close_code, socket.close_reason, frames


def token_id(api: Service, token: str) -> str:
    (edge,) = api.execute(token, TOKENS)["tokens"]["edges"]
    found: str = edge["node"]["id"]
    return found


async def test_one_that_does_not_sign_in_is_closed(api: Service) -> None:
    async with connected(api) as socket:
        code, _, _ = await close_of(socket)
    assert code == 4408


async def test_one_that_subscribes_before_is_closed(api: Service) -> None:
    async with connected(api) as socket:
        await send(socket, "subscribe", id="1", payload={"query": "{ viewer { name } }"})
        assert (await close_of(socket))[0] == 4401


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"payload": None},
        {"payload": {}},
        {"payload": {"authorization": "Bearer sp_wrong"}},
        {"payload": {"authorization": 7}},
        {"payload": {"token": "x"}},
    ],
)
async def test_one_that_cannot_sign_in_is_closed(api: Service, given: dict[str, Any]) -> None:
    async with connected(api) as socket:
        await send(socket, "connection_init", **given)
        assert (await close_of(socket))[:2] == (4403, "Forbidden")


async def test_a_page_of_another_origin_may_not_connect(api: Service) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connected(api, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    async with connected(api, api.token("merchant"), origin=api.url):
        pass


async def test_revoking_a_token_ends_what_is_open_with_it(api: Service) -> None:
    token, other = api.token("hal"), api.token("hal-too")
    store_id = api.create(token, "hal-shop")["store"]["id"]
    async with connected(api, token) as socket, connected(api, other) as unharmed:
        assert (await follow(socket, store_id))["type"] == "next"
        api.execute(token, REVOKE, id=token_id(api, token))
        assert await close_of(socket) == (4403, "Credential no longer valid", [])
        await send(unharmed, "ping")
        assert json.loads(await unharmed.recv())["type"] == "pong"


async def test_revoking_on_the_command_line_does_too(api: Service) -> None:
    token = api.token("ida")
    store_id = api.create(token, "ida-shop")["store"]["id"]
    async with connected(api, token) as socket:
        await follow(socket, store_id)
        revoking = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "token", "revoke", "--owner", "ida",
            cwd=ROOT, env=api.environment,
        )  # fmt: skip
        assert await revoking.wait() == 0
        assert await close_of(socket) == (4403, "Credential no longer valid", [])


async def test_a_token_whose_time_is_over_ends_it(api: Service) -> None:
    token = api.token("jon", seconds=2)
    async with connected(api, token) as socket:
        assert await close_of(socket) == (4403, "Credential no longer valid", [])
    async with connected(api) as socket:
        await send(socket, "connection_init", payload={"authorization": f"Bearer {token}"})
        assert (await close_of(socket))[:2] == (4403, "Forbidden")


async def test_an_event_stream_ends_too(api: Service) -> None:
    token = api.token("kim")
    store_id = api.create(token, "kim-shop")["store"]["id"]
    async with events(api, token, FOLLOW, id=store_id) as stream, asyncio.timeout(30):
        first = await anext(aiter(stream))
        api.execute(token, REVOKE, id=token_id(api, token))
        rest = [event.name async for event in stream]
    assert first.name == "next"
    assert set(rest) <= {""}  # comments, and no `complete`: the store goes on
