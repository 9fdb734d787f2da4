"""What happened to a store, page by page."""

import asyncio
from typing import Any

import pytest
from gql import gql
from gql.transport.exceptions import TransportQueryError

from tests.e2e.service import Service

PAGE = """query ($id: ID!, $first: Int! = 100, $after: String) { store(id: $id) {
  events(first: $first, after: $after) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { version message } } } } }"""

FOLLOW = """subscription ($id: ID!, $after: Int) { storeStatus(id: $id, after: $after) {
  version hasGap events { version } } }"""


def page_of(api: Service, token: str, store_id: str, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.execute(token, PAGE, id=store_id, **given)["store"]["events"]
    return found


def a_store_with_events(api: Service, token: str, name: str, number: int) -> str:
    store_id: str = api.create(token, name)["store"]["id"]
    for version in range(2, number + 1):
        api.sql(
            "INSERT INTO events (store_id, version, kind, subject, status, message, at) VALUES"
            " (:id, :version, 'STEP', 'NAMESPACE', 'RUNNING', '', 0) RETURNING version",
            id=store_id.removeprefix("store_"), version=version,
        )  # fmt: skip
    return store_id


def versions(page: dict[str, Any]) -> list[int]:
    return [edge["node"]["version"] for edge in page["edges"]]


def test_every_event_once_in_order(api: Service) -> None:
    token = api.token("merchant")
    store_id = a_store_with_events(api, token, "my-shop", 5)
    first = page_of(api, token, store_id, first=3)
    second = page_of(api, token, store_id, first=3, after=first["pageInfo"]["endCursor"])
    assert (versions(first), versions(second)) == ([1, 2, 3], [4, 5])
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": first["edges"][0]["cursor"],
        "endCursor": first["edges"][2]["cursor"],
    }
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (
        False, True,
    )  # fmt: skip
    assert [edge["node"]["message"] for edge in second["edges"]] == [None, None]
    end = page_of(api, token, store_id, after=second["pageInfo"]["endCursor"])
    assert (end["edges"], end["pageInfo"]["endCursor"]) == ([], None)
    # A page that is just full is the last
    assert not page_of(api, token, store_id, first=5)["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"first": 0}, "PAGE_SIZE_INVALID", "first"),
        ({"first": 501}, "PAGE_SIZE_INVALID", "first"),
        ({"after": "1"}, "CURSOR_INVALID", "after"),
    ],
)
def test_refused_pages(api: Service, given: dict[str, Any], code: str, field: str) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    assert refusal_of(api, token, store_id, **given) == {"code": code, "field": field}


def test_the_cursor_of_another_store(api: Service) -> None:
    token = api.token("merchant")
    one, another = (a_store_with_events(api, token, name, 2) for name in ("shop-a", "shop-b"))
    cursor = page_of(api, token, one)["edges"][0]["cursor"]
    assert versions(page_of(api, token, one, after=cursor)) == [2]
    refused = refusal_of(api, token, another, after=cursor)
    assert refused == {"code": "CURSOR_INVALID", "field": "after"}


async def test_events_that_are_no_longer_kept_are_a_gap(api: Service) -> None:
    token = api.token("merchant")
    store_id = await asyncio.to_thread(a_store_with_events, api, token, "my-shop", 6)
    key = store_id.removeprefix("store_")
    api.sql("UPDATE stores SET version = 6 WHERE id = :id RETURNING id", id=key)
    api.sql("DELETE FROM events WHERE store_id = :id AND version IN (3, 4) RETURNING 1", id=key)

    page = await asyncio.to_thread(page_of, api, token, store_id, first=2)
    assert (versions(page), page["pageInfo"]["hasNextPage"]) == ([1, 2], True)
    end = page["pageInfo"]["endCursor"]
    rest = await asyncio.to_thread(page_of, api, token, store_id, after=end)
    assert versions(rest) == [5, 6]

    for after, seen, has_gap in ((2, [5, 6], True), (3, [5, 6], True), (4, [5, 6], False)):
        request = gql(FOLLOW)
        request.variable_values = {"id": store_id, "after": after}
        async with api.websocket(token) as session:
            frame = await anext(session.subscribe(request))
        update = frame["storeStatus"]
        assert [event["version"] for event in update["events"]] == seen
        assert (update["version"], update["hasGap"]) == (6, has_gap)


def refusal_of(api: Service, token: str, store_id: str, **given: Any) -> dict[str, Any]:
    with pytest.raises(TransportQueryError) as refused:
        page_of(api, token, store_id, **given)
    assert refused.value.errors is not None
    (error,) = refused.value.errors
    return dict(error["extensions"])
