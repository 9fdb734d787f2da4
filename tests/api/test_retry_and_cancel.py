"""cancelStore and retryStore: only where they mean something; refused, they change nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Records
from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases

Read = Callable[[], Records]
CALL = """mutation ($input: %sStoreInput!) {
  %sStore(input: $input) { store { status target } errors { code field message } } }"""


def call(api: Service, token: str, verb: str, store_id: str) -> dict[str, Any]:
    document = CALL % (verb.capitalize(), verb)
    payload: dict[str, Any] = api.execute(token, document, input={"id": store_id})[f"{verb}Store"]
    return payload


OPERATIONS = {
    "QUEUED": ("CREATE", "QUEUED"), "PROVISIONING": ("CREATE", "RUNNING"),
    "READY": ("CREATE", "SUCCEEDED"), "DEGRADED": ("CREATE", "SUCCEEDED"),
    "FAILED": ("CREATE", "FAILED"), "DELETING": ("DELETE", "RUNNING"),
    "DELETED": ("DELETE", "SUCCEEDED"),
}  # fmt: skip


def put_in(
    api: Service, store_id: str, status: str, operation: tuple[str, str] | None = None
) -> None:
    """Put a store and its operation in a status that they cannot reach without a cluster."""
    key = store_id[len("store_") :]
    change = "UPDATE stores SET status = :status, reason_code = 'X', reason_message = 'x'"
    api.sql(f"{change} WHERE id = :id RETURNING id", status=status, id=key)
    kind, ended = operation or OPERATIONS[status]
    api.sql(
        "UPDATE operations SET kind = :kind, status = :status WHERE store_id = :id"
        " AND number = (SELECT attempt FROM stores WHERE id = :id) RETURNING number",
        kind=kind, status=ended, id=key,
    )  # fmt: skip


def test_a_waiting_store_is_cancelled(api: Service, records: Read) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    payload = call(api, token, "cancel", store_id)
    assert payload == {"store": {"status": "QUEUED", "target": "DELETED"}, "errors": []}
    before = records()
    assert call(api, token, "cancel", store_id) == payload
    assert records() == before


def test_a_failed_store_is_tried_again(api: Service, records: Read) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    put_in(api, store_id, "FAILED")
    payload = call(api, token, "retry", store_id)
    assert payload == {"store": {"status": "QUEUED", "target": "READY"}, "errors": []}
    shown = "query ($id: ID!) { store(id: $id) { reason { code } steps { status }"
    shown += " operation { number } events { edges { node { subject status message } } } } }"
    store = api.execute(token, shown, id=store_id)["store"]
    assert store["reason"] is None
    assert {step["status"] for step in store["steps"]} == {"PENDING"}
    assert store["operation"] == {"number": 2}
    assert store["events"]["edges"][-1]["node"]["message"] == "merchant asked to try again."
    before = records()
    again = call(api, token, "retry", store_id)
    (error,) = again["errors"]
    assert (error["code"], error["field"]) == ("OPERATION_UNDER_WAY", "id")
    assert error["message"] == (
        "The store is being tried again (RETRY), and only one operation can be under way. Wait"
        " until that has ended, then ask again."
    )
    assert records() == before


def test_a_delete_that_failed_is_tried_at_once(api: Service, records: Read) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    assert call(api, token, "delete", store_id)["errors"] == []
    put_in(api, store_id, "FAILED", ("DELETE", "RUNNING"))
    payload = call(api, token, "delete", store_id)
    assert payload == {"store": {"status": "QUEUED", "target": "DELETED"}, "errors": []}
    shown = """query ($id: ID!) { store(id: $id) {
      reason { code } events { edges { node { message } } } } }"""
    store = api.execute(token, shown, id=store_id)["store"]
    assert store["reason"] is None
    assert (
        store["events"]["edges"][-1]["node"]["message"]
        == "merchant asked again for the store to be deleted."
    )
    before = records()
    assert call(api, token, "delete", store_id) == payload
    assert records() == before


@pytest.mark.parametrize("status", ["READY", "DEGRADED", "FAILED", "DELETING", "DELETED"])
def test_what_has_got_further_is_not_cancelled(api: Service, records: Read, status: str) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    put_in(api, store_id, status)
    before = records()
    payload = call(api, token, "cancel", store_id)
    assert payload["store"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["field"]) == ("NOT_CANCELLABLE", "id")
    assert f"this one is {status}" in error["message"]
    assert records() == before


@pytest.mark.parametrize("status", ["QUEUED", "PROVISIONING"])
def test_a_shop_that_was_open_before_is_not_cancelled(
    api: Service, records: Read, status: str
) -> None:
    """It would be deleted, with all that is in it."""
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    put_in(api, store_id, status, ("RETRY", "RUNNING"))
    key = store_id.removeprefix("store_")
    api.sql("UPDATE stores SET ready_at = created_at WHERE id = :id RETURNING id", id=key)
    before = records()
    (error,) = call(api, token, "cancel", store_id)["errors"]
    assert (error["code"], error["field"], error["message"]) == (
        "NOT_CANCELLABLE",
        "id",
        (
            "The shop of this store was open before, and a cancel would remove all that is in it."
            " To remove it all the same, delete it."
        ),
    )
    assert records() == before
    shown = "query ($id: ID!) { store(id: $id) { operation { isCancellable } } }"
    assert api.execute(token, shown, id=store_id)["store"]["operation"] == {"isCancellable": False}


@pytest.mark.parametrize("status", ["QUEUED", "PROVISIONING", "DELETING"])
def test_what_is_worked_on_is_not_retried(api: Service, records: Read, status: str) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    put_in(api, store_id, status)
    before = records()
    payload = call(api, token, "retry", store_id)
    assert payload["store"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["field"]) == ("OPERATION_UNDER_WAY", "id")
    assert f"({OPERATIONS[status][0]}), and only one operation" in error["message"]
    assert records() == before


@pytest.mark.parametrize("status", ["READY", "DEGRADED", "DELETED"])
def test_what_has_not_failed_is_not_retried(api: Service, records: Read, status: str) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    put_in(api, store_id, status)
    before = records()
    payload = call(api, token, "retry", store_id)
    assert payload["store"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["field"]) == ("NOT_RETRYABLE", "id")
    assert error["message"] == f"Only a failed store can be retried; this one is {status}."
    assert records() == before


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_not_by_others(api: Service, records: Read, verb: str) -> None:
    store_id = api.create(api.token("merchant"), "my-shop")["store"]["id"]
    put_in(api, store_id, "FAILED")
    before = records()
    for token, code in (
        (api.token("rival"), "NOT_FOUND"),
        (api.token("merchant", role="viewer"), "FORBIDDEN"),
    ):
        assert [e["code"] for e in call(api, token, verb, store_id)["errors"]] == [code]
    assert records() == before
