"""What was done with a store: who may see it, in pages, mutations and the stream."""

from collections.abc import Callable
from typing import Any

import pytest
from gql import GraphQLRequest
from gql.transport.exceptions import TransportQueryError

from tests.api.conftest import Records
from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases

Read = Callable[[], Records]
OPERATION = """id number kind status reason { code } askedBy askedBySource askedByName tokenId
  parameters isCancellable queuedAt startedAt finishedAt steps { name status }"""
LATEST = f"query ($id: ID!) {{ store(id: $id) {{ operation {{ {OPERATION} }} }} }}"
HISTORY = """query ($id: ID!, $first: Int!, $after: String) { store(id: $id) {
  operations(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor } edges { node { number kind status } } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id ... on Operation { number kind } } }"
DELETE = """mutation ($id: ID!) { deleteStore(input: {id: $id}) {
  operation { number kind status } errors { code } } }"""

FOLLOW = """subscription ($id: ID!, $after: Int) { storeStatus(id: $id, after: $after) {
  version events { version subject status }
  store { operation { number kind status } steps { name } } } }"""


def latest(api: Service, token: str, store_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.execute(token, LATEST, id=store_id)["store"]["operation"]
    return found


def test_it_says_what_is_done_and_who_asked(api: Service) -> None:
    token = api.token("mirabel")  # whose only token this is
    create = """mutation { createStore(input: {name: "my-shop", engine: "medusa"}) {
      store { id } operation { kind status number } } }"""
    payload = api.execute(token, create)["createStore"]
    assert payload["operation"] == {"kind": "CREATE", "status": "QUEUED", "number": 1}
    found = latest(api, token, payload["store"]["id"])
    (used,) = api.execute(token, "query { tokens { edges { node { id } } } }")["tokens"]["edges"]
    assert found.pop("queuedAt") is not None
    assert {step["status"] for step in found["steps"]} == {"PENDING"}
    assert [step["name"] for step in found.pop("steps")][:2] == ["NAMESPACE", "CREDENTIALS"]
    assert found == {
        "id": f"operation_{payload['store']['id'].removeprefix('store_')}_1",
        "number": 1, "kind": "CREATE", "status": "QUEUED", "reason": None,
        "askedBy": "mirabel", "askedBySource": "local", "askedByName": "mirabel",
        "tokenId": used["node"]["id"], "parameters": {"name": "my-shop", "engine": "medusa"},
        "isCancellable": True, "startedAt": None, "finishedAt": None,
    }  # fmt: skip


def test_a_delete_takes_its_place(api: Service) -> None:
    token, admin = api.token("merchant"), api.token("boss", role="admin")
    store_id = api.create(token, "my-shop")["store"]["id"]
    payload = api.execute(admin, DELETE, id=store_id)["deleteStore"]
    assert payload == {
        "operation": {"number": 2, "kind": "DELETE", "status": "QUEUED"}, "errors": [],
    }  # fmt: skip
    found = latest(api, token, store_id)
    assert (found["askedBy"], found["isCancellable"]) == ("boss", False)
    page = api.execute(token, HISTORY, id=store_id, first=1)["store"]["operations"]
    assert [edge["node"] for edge in page["edges"]] == [
        {"number": 2, "kind": "DELETE", "status": "QUEUED"}
    ]
    assert page["pageInfo"]["hasNextPage"]
    after = page["pageInfo"]["endCursor"]
    rest = api.execute(token, HISTORY, id=store_id, first=5, after=after)["store"]["operations"]
    assert [edge["node"] for edge in rest["edges"]] == [
        {"number": 1, "kind": "CREATE", "status": "CANCELLED"}
    ]
    assert not rest["pageInfo"]["hasNextPage"]


def test_a_refused_mutation_has_none(api: Service, records: Read) -> None:
    store_id = api.create(api.token("merchant"), "my-shop")["store"]["id"]
    before = records()
    payload = api.execute(api.token("rival"), DELETE, id=store_id)["deleteStore"]
    assert payload == {"operation": None, "errors": [{"code": "NOT_FOUND"}]}
    assert records() == before


def test_it_has_an_id_for_those_who_may_see_it(api: Service) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    key = latest(api, token, store_id)["id"]
    assert api.execute(token, NODE, id=key)["node"] == {"id": key, "number": 1, "kind": "CREATE"}
    assert api.execute(api.token("rival"), NODE, id=key)["node"] is None
    for wrong in (f"{key}0", "operation_", "operation__1", "operation_x_99999999999", f"{key}\n"):
        assert api.execute(token, NODE, id=wrong)["node"] is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": 0}, "PAGE_SIZE_INVALID"),
        ({"first": 101}, "PAGE_SIZE_INVALID"),
        ({"first": 5, "after": "x"}, "CURSOR_INVALID"),
    ],
)
def test_wrong_pages_are_refused(api: Service, given: dict[str, Any], code: str) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    with pytest.raises(TransportQueryError) as refused:
        api.execute(token, HISTORY, id=store_id, **{"after": None, **given})
    (error,) = refused.value.errors or []
    assert error["extensions"]["code"] == code


async def test_the_stream_tells_of_each_change_and_resumes(api: Service) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    async with api.websocket(token) as session:
        stream = session.subscribe(follow_from(store_id, after=None))
        first = (await anext(stream))["storeStatus"]
        assert first["store"]["operation"] == {"number": 1, "kind": "CREATE", "status": "QUEUED"}
        api.execute(token, DELETE, id=store_id)
        told = (await anext(stream))["storeStatus"]
        assert told["store"]["operation"] == {"number": 2, "kind": "DELETE", "status": "QUEUED"}
        assert [step["name"] for step in told["store"]["steps"]] == [
            "HELM_UNINSTALL", "NAMESPACE_GONE",
        ]  # fmt: skip
        await stream.aclose()
        again = session.subscribe(follow_from(store_id, after=first["version"]))
        assert (await anext(again))["storeStatus"] == told
        await again.aclose()


def follow_from(store_id: str, *, after: int | None) -> GraphQLRequest:
    return GraphQLRequest(FOLLOW, variable_values={"id": store_id, "after": after})
