"""Lists of stores, page by page."""

from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError

from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases

PAGE = """query ($first: Int!, $after: String, $order: StoreOrderInput, $filter: StoreFilterInput) {
  stores(first: $first, after: $after, orderBy: $order, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { name } } } }"""


def read_all(api: Service, token: str, first: int, **more: Any) -> list[str]:
    names: list[str] = []
    after = None
    while True:
        page = api.execute(token, PAGE, first=first, after=after, **more)["stores"]
        names += [edge["node"]["name"] for edge in page["edges"]]
        assert len(page["edges"]) <= first
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(names)
            return names
        after = page["pageInfo"]["endCursor"]


def test_every_store_once_in_order(api: Service) -> None:
    token = api.token("merchant")
    names = ["shop-c", "shop-a", "shop-e", "shop-b", "shop-d"]
    for name in names:
        api.create(token, name)
    assert read_all(api, token, 2) == names[::-1]
    by_name = {"field": "NAME", "direction": "ASC"}
    assert read_all(api, token, 2, order=by_name) == sorted(names)
    assert read_all(api, token, 100, filter={"nameContains": "-C"}) == ["shop-c"]
    assert read_all(api, token, 100, filter={"nameContains": "%"}) == []
    assert read_all(api, token, 100, filter={"statuses": ["READY"]}) == []


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"first": 0}, "PAGE_SIZE_INVALID", "first"),
        ({"first": 101}, "PAGE_SIZE_INVALID", "first"),
        ({"first": 5, "after": "nonsense"}, "CURSOR_INVALID", "after"),
        ({"first": 5, "after": "WyJuYW1lIiwgImEiLCAiYiJd"}, "CURSOR_INVALID", "after"),
    ],
)
def test_refused_pages(api: Service, given: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(TransportQueryError) as refused:
        api.execute(api.token("merchant"), PAGE, **given)
    assert refused.value.errors is not None
    assert [error["extensions"] for error in refused.value.errors] == [
        {"code": code, "field": field}
    ]
