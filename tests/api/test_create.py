"""createStore: what is refused is refused with code and field, and changes nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.conftest import Records
from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases

Read = Callable[[], Records]


def test_created(api: Service) -> None:
    payload = api.create(api.token("merchant"), "my-shop")
    assert payload["errors"] == []
    assert payload["store"]["id"].startswith("store_")
    assert (payload["store"]["name"], payload["store"]["status"]) == ("my-shop", "QUEUED")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "My Shop"}, [("NAME_INVALID", "name")]),
        ({"name": "a"}, [("NAME_INVALID", "name")]),
        ({"name": "x" * 1000}, [("NAME_INVALID", "name")]),
        ({"name": "kube-system"}, [("NAME_RESERVED", "name")]),
        ({"engine": "magento"}, [("ENGINE_UNKNOWN", "engine")]),
        ({"version": "0.0.1"}, [("VERSION_UNKNOWN", "version")]),
        ({"plan": "huge"}, [("PLAN_UNKNOWN", "plan")]),
        ({"plan": ""}, [("PLAN_UNKNOWN", "plan")]),
        ({"contactEmail": "ada"}, [("EMAIL_INVALID", "contactEmail")]),
        ({"contactEmail": ""}, [("EMAIL_INVALID", "contactEmail")]),
        ({"contactEmail": f"{'a' * 243}@example.com"}, [("EMAIL_INVALID", "contactEmail")]),
        ({"idempotencyKey": ""}, [("IDEMPOTENCY_KEY_INVALID", "idempotencyKey")]),
        (
            {"name": "-", "engine": "magento", "idempotencyKey": "k" * 129},
            [
                ("NAME_INVALID", "name"),
                ("IDEMPOTENCY_KEY_INVALID", "idempotencyKey"),
                ("ENGINE_UNKNOWN", "engine"),
            ],
        ),
    ],
)
def test_refused(
    api: Service, records: Read, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    payload = api.create(api.token("merchant"), **({"name": "my-shop"} | given))
    assert payload["store"] is None
    assert [(error["code"], error["field"]) for error in payload["errors"]] == expected
    assert not any(records().values())


@pytest.mark.parametrize("email", ["ada@example.com", "o'neil+shop@localhost", None])
def test_where_the_shop_reaches_its_merchant(api: Service, email: str | None) -> None:
    token = api.token("merchant")
    store = api.create(token, "my-shop", contactEmail=email)["store"]
    found = api.execute(
        token, "query ($id: ID!) { store(id: $id) { contactEmail } }", id=store["id"]
    )
    assert found == {"store": {"contactEmail": email}}


def test_whether_addresses_are_checked_is_told(api: Service) -> None:
    platform = api.execute(api.token("merchant"), "{ platform { isAddressChecked shopUrl } }")
    assert platform == {
        "platform": {"isAddressChecked": False, "shopUrl": "http://{name}.store.localhost"}
    }


def test_an_unknown_engine_is_answered_with_those_on_offer(api: Service) -> None:
    (error,) = api.create(api.token("merchant"), "my-shop", engine="magento")["errors"]
    assert error["message"] == "There is no engine 'magento'; choose one of: medusa, woocommerce."


@pytest.mark.parametrize("other", ["merchant", "rival"])
def test_a_name_that_is_taken(api: Service, records: Read, other: str) -> None:
    api.create(api.token("merchant"), "my-shop")
    before = records()
    payload = api.create(api.token(other), "my-shop")
    assert payload == {
        "store": None,
        "errors": [
            {
                "code": "NAME_TAKEN",
                "field": "name",
                "message": "A store named 'my-shop' already exists; choose another name.",
            }
        ],
    }
    assert records() == before


def test_of_many_at_once_one_gets_the_name(api: Service, records: Read) -> None:
    token = api.token("merchant")
    with ThreadPoolExecutor(8) as pool:
        payloads = list(pool.map(lambda _: api.create(token, "my-shop"), range(8)))
    assert sum(payload["store"] is not None for payload in payloads) == 1
    refused = [payload["errors"] for payload in payloads if payload["store"] is None]
    assert {error["code"] for (error,) in refused} == {"NAME_TAKEN"}
    assert len(records()["stores"]) == 1


def test_the_same_idempotency_key_is_the_same_store(api: Service, records: Read) -> None:
    token = api.token("merchant")
    first = api.create(token, "my-shop", idempotencyKey="order-1")
    before = records()
    assert api.create(token, "my-shop", idempotencyKey="order-1") == first
    assert records() == before
    other = api.create(api.token("rival"), "their-shop", idempotencyKey="order-1")
    assert other["store"]["id"] != first["store"]["id"]


def test_those_who_wait_see_their_place(api: Service) -> None:
    token = api.token("merchant")
    place = "query ($id: ID!) { store(id: $id) { queuePosition } }"
    ids = [api.create(token, f"shop-{index}")["store"]["id"] for index in range(3)]
    places = [api.execute(token, place, id=store_id)["store"]["queuePosition"] for store_id in ids]
    assert places == list(range(places[0], places[0] + 3))
