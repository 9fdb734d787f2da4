"""Many who follow the same store: one execution for them all, and each still on their own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.graphql.shared_rendering import SharedRenderer
from app.telemetry.metrics import PrometheusMeasurements
from provisioner.domain.identities import Role
from provisioner.domain.owners import local
from resolvers import mapping
from schema.operations import Step
from tests.api.in_process import InProcess, running
from tests.api.raw_socket import signed_in
from tests.api.test_slow_readers import FOLLOW, MEGABYTE, replace_pods, subscribe
from tests.stores import a_pod

DOCUMENT = """subscription ($id: ID!, $pods: Boolean = true) { storeStatus(id: $id) {
  version events { version message }
  store { owner steps { name } pods @include(if: $pods) { message } } } }"""
MANY = 20


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with running(tmp_path) as made:
        yield made


@asynccontextmanager
async def following(
    service: InProcess, token: str, store_id: str, **variables: Any
) -> AsyncIterator[ClientConnection]:
    """Give a websocket that follows a store; its first frame is still to be read."""
    url = f"ws://127.0.0.1:{service.port}/graphql"
    protocol: Any = "graphql-transport-ws"
    async with connect(url, subprotocols=[protocol], open_timeout=60) as socket:
        payload = {"authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        asked = {"query": DOCUMENT, "variables": {"id": f"store_{store_id}", **variables}}
        await socket.send(json.dumps({"id": "one", "type": "subscribe", "payload": asked}))
        yield socket


async def update(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(60):
        message = json.loads(await socket.recv())
    assert (message["type"], message["id"]) == ("next", "one")
    found: dict[str, Any] = message["payload"]["data"]["storeStatus"]
    return found


async def say(service: InProcess, store_id: str, message: str) -> None:
    """Make one event."""
    await service.records.record_pods(store_id, [a_pod("1", message=message)])


async def admin(service: InProcess) -> str:
    return (await service.platform.tokens.issue(local("root"), Role.ADMIN)).secret


async def test_one_execution_for_all_who_get_the_same(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[int, int]] = []
    execute = SharedRenderer._execute

    async def counted(self: SharedRenderer, above: int, snapshot: Any) -> Any:
        made.append((above, snapshot.store.version))
        return await execute(self, above, snapshot)

    def told(_: object, stream: str, seconds: float) -> None:
        delays.append((stream, seconds >= 0))

    delays: list[tuple[str, bool]] = []
    monkeypatch.setattr(SharedRenderer, "_execute", counted)
    monkeypatch.setattr(PrometheusMeasurements, "record_stream_delay", told)
    store, token = await service.add_store(), await service.token()
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(following(service, token, store.id))
            for _ in range(MANY)
        ]
        for socket in sockets:
            assert (await update(socket))["version"] == store.version
        await service.until_followed_by(MANY)
        made.clear()
        for number in range(3):
            await say(service, store.id, f"said {number}")
            texts = {await socket.recv() for socket in sockets}
            assert len(texts) == 1
            found = json.loads(texts.pop())["payload"]["data"]["storeStatus"]
            assert found["store"]["pods"] == [{"message": f"said {number}"}]
            assert [event["version"] for event in found["events"]] == [found["version"]]
    first = store.version
    assert made == [(first + number, first + number + 1) for number in range(3)]
    # and each change is timed once, however many follow
    assert delays == [("storeStatus", True)] * 3


async def test_who_asked_for_something_else_gets_that(service: InProcess) -> None:
    store, token = await service.add_store(), await service.token()
    async with (
        following(service, token, store.id) as with_pods,
        following(service, token, store.id, pods=False) as without,
        following(service, token, store.id) as same,
    ):
        for socket in (with_pods, without, same):
            await update(socket)
        await say(service, store.id, "hello")
        assert (await update(with_pods))["store"]["pods"] == [{"message": "hello"}]
        assert "pods" not in (await update(without))["store"]
        assert (await update(same))["store"]["pods"] == [{"message": "hello"}]


async def test_anothers_store_is_refused_while_its_owner_follows(service: InProcess) -> None:
    store, token = await service.add_store(), await service.token()
    async with (
        following(service, token, store.id) as owner,
        following(service, await service.token("rival"), store.id) as rival,
    ):
        await update(owner)
        refused = json.loads(await rival.recv())["payload"]
        assert refused["data"] is None
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["NOT_FOUND"]
        assert json.loads(await rival.recv())["type"] == "complete"
        await say(service, store.id, "a secret")
        assert (await update(owner))["store"]["pods"] == [{"message": "a secret"}]
        await rival.send(json.dumps({"type": "ping"}))
        assert json.loads(await rival.recv())["type"] == "pong"  # and nothing came before it


async def test_a_field_that_depends_on_the_caller_is_never_anothers(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if somebody made a shared field depend on who asks, and forgot that it is shared."""
    told: list[object] = []

    async def private(self: mapping._Details) -> list[Step]:
        told.append(self._context.caller)
        return []

    monkeypatch.setattr(mapping._Details, "steps", private)
    store = await service.add_store()
    async with (
        following(service, await service.token(), store.id) as owner,
        following(service, await admin(service), store.id) as other,
    ):
        for socket in (owner, other):
            await update(socket)
        await say(service, store.id, "hello")
        for socket in (owner, other):
            assert (await update(socket))["store"]["owner"] == "merchant"
    assert set(told) == {None}


async def test_one_who_does_not_read_holds_up_nobody(tmp_path: Path) -> None:
    async with running(tmp_path, ping_seconds=3600) as service:
        store, token = await service.add_store(), await service.token()
        asked = {"id": f"store_{store.id}"}
        async with (
            signed_in(service.port, token) as slow,
            signed_in(service.port, token) as quick,
        ):
            for client in (slow, quick):
                await subscribe(client, FOLLOW, **asked)
            await service.until_followed_by(2)
            seen: list[int] = []
            for number in range(100):
                await replace_pods(service, store.id, number)
                last = (await service.records.get(store.id)).version
                while not seen or seen[-1] < last:
                    data = (await quick.message())["payload"]["data"]["storeStatus"]
                    seen += [event["version"] for event in data["events"]]
                assert service.unsent_bytes < 6 * MEGABYTE
            assert seen == list(range(1, last + 1))
            late: list[int] = []
            while not late or late[-1] < last:
                data = (await slow.message())["payload"]["data"]["storeStatus"]
                late += [event["version"] for event in data["events"]]
            assert late == seen


async def test_each_ends_with_its_own_credential(service: InProcess) -> None:
    store = await service.add_store()
    kept = await service.token()
    revoked = await service.platform.tokens.issue(local("merchant"), Role.OPERATOR)
    async with (
        following(service, kept, store.id) as stays,
        following(service, revoked.secret, store.id) as goes,
    ):
        for socket in (stays, goes):
            await update(socket)
        await service.platform.tokens.revoke(revoked.token.id)
        async with asyncio.timeout(60):
            with pytest.raises(ConnectionClosed) as closed:
                await goes.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403
        await say(service, store.id, "still here")
        assert (await update(stays))["store"]["pods"] == [{"message": "still here"}]
