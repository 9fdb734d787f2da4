"""Nobody reads or changes what is not theirs, and nothing tells them of it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
import websockets
from gql import gql
from gql.transport.exceptions import TransportQueryError
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from tests.api.conftest import Records
from tests.e2e.service import FOLLOW, Service

Read = Callable[[], Records]
STORE = "query ($id: ID!) { store(id: $id) { name } node(id: $id) { id } }"
BY_NAME = "query ($name: String!) { storeByName(name: $name) { id } }"
STORES = "{ stores { totalCount edges { node { name } } } }"


@pytest.mark.parametrize("token", ["sp_wrong", "nonsense"])
def test_without_a_valid_token(api: Service, records: Read, token: str) -> None:
    with pytest.raises(TransportQueryError) as refused:
        api.create(token, "my-shop")
    assert refused.value.errors is not None
    (error,) = refused.value.errors
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Authorization: Bearer <token>" in error["message"]
    assert not any(records().values())


async def test_a_websocket_without_a_valid_token(api: Service) -> None:
    url = f"ws://127.0.0.1:{api.port}/graphql"
    protocol = Subprotocol("graphql-transport-ws")
    async with websockets.connect(url, subprotocols=[protocol]) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


def test_a_viewer_only_reads(api: Service, records: Read) -> None:
    store = api.create(api.token("merchant"), "my-shop")["store"]
    viewer = api.token("merchant", role="viewer")
    before = records()
    created, deleted = api.create(viewer, "other"), api.delete(viewer, store["id"])
    assert [e["code"] for e in created["errors"] + deleted["errors"]] == ["FORBIDDEN"] * 2
    assert records() == before
    assert api.execute(viewer, STORE, id=store["id"])["store"] == {"name": "my-shop"}


async def test_another_owners_store_does_not_exist(api: Service, records: Read) -> None:
    store_id = api.create(api.token("merchant"), "my-shop")["store"]["id"]
    rival = api.token("rival")
    before = records()

    assert api.execute(rival, STORE, id=store_id) == {"store": None, "node": None}
    assert api.execute(rival, BY_NAME, name="my-shop") == {"storeByName": None}
    assert api.execute(rival, STORES) == {"stores": {"totalCount": 0, "edges": []}}
    refused, unknown = api.delete(rival, store_id), api.delete(rival, "store_" + "0" * 32)
    assert refused["errors"] == unknown["errors"]
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [("NOT_FOUND", "id")]
    request = gql(FOLLOW)
    request.variable_values = {"id": store_id}
    async with api.websocket(rival) as session:
        with pytest.raises(TransportQueryError, match="There is no such store"):
            async for _ in session.subscribe(request):
                pass
    assert records() == before


def test_an_admin_sees_all(api: Service) -> None:
    for owner in ("merchant", "rival"):
        api.create(api.token(owner), f"shop-of-{owner}")
    assert api.execute(api.token("root", role="admin"), STORES)["stores"]["totalCount"] == 2


def test_no_query_by_link(api: Service, records: Read) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{api.url}/graphql?query={{stores{{totalCount}}}}", timeout=5)
    refused.value.close()
    assert refused.value.code == 405
    assert not any(records().values())


def test_a_mistake_in_the_query_is_told(api: Service) -> None:
    request = urllib.request.Request(
        f"{api.url}/graphql",
        json.dumps({"query": "{ stors { totalCount } }"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        (error,) = json.load(answer)["errors"]
    assert "Did you mean 'store' or 'stores'?" in error["message"]
