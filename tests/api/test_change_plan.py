"""changePlan: only of a shop that is open, and to a plan that it can have; else nothing changes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Records, records_of
from tests.api.test_audit import entries_of, entry
from tests.api.test_retry_and_cancel import put_in
from tests.api.test_suspension import DELETING, ONLY_ONE, an_open_shop
from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases
Read = Callable[[], Records]
CHANGE = """mutation ($input: ChangePlanInput!) { changePlan(input: $input) {
  store { status nextPlan plan { name } }
  operation { kind status parameters steps { name status } } errors { code field message } } }"""
CHANGES = """query ($id: ID!) { store(id: $id) {
  planChanges { way isClosed message plan { name } } } }"""
CHANGING = f"The shop is getting another plan (PLAN), {ONLY_ONE}"


@pytest.fixture
def records(api: Service) -> Read:
    return lambda: records_of(api)


def change(api: Service, token: str, store_id: str, plan: str) -> dict[str, Any]:
    given = {"id": store_id, "plan": plan}
    payload: dict[str, Any] = api.execute(token, CHANGE, input=given)["changePlan"]
    return payload


def refused(payload: dict[str, Any]) -> tuple[str, str, str]:
    assert (payload["store"], payload["operation"]) == (None, None)
    (error,) = payload["errors"]
    return error["code"], error["field"], error["message"]


@pytest.mark.parametrize("status", ["READY", "DEGRADED"])
def test_a_shop_that_is_open_gets_a_smaller_plan(api: Service, status: str) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token, plan="large")
    put_in(api, store_id, status)

    begun = change(api, token, store_id, "small")

    assert begun == {
        "store": {"status": status, "nextPlan": "small", "plan": {"name": "large"}},
        "operation": {
            "kind": "PLAN", "status": "QUEUED", "parameters": {"id": store_id, "plan": "small"},
            "steps": [
                {"name": "HELM_INSTALL", "status": "PENDING"},
                {"name": "WORKLOADS_READY", "status": "PENDING"},
                {"name": "EXPAND", "status": "PENDING"},
            ],
        },
        "errors": [],
    }  # fmt: skip
    assert entries_of(api, storeId=store_id, action="changePlan") == [
        entry("mira", "changePlan", "ACCEPTED", storeId=store_id,
              arguments={"id": store_id, "plan": "small"})
    ]  # fmt: skip
    assert refused(change(api, token, store_id, "medium"))[::2] == ("OPERATION_UNDER_WAY", CHANGING)


@pytest.mark.parametrize(
    ("status", "operation", "plan", "answer"),
    [
        ("READY", None, "huge", ("PLAN_UNKNOWN", "plan",
         "WooCommerce has no plan 'huge'; choose one of: small, medium, large.")),
        ("READY", None, "medium", ("PLAN_NOT_CHANGEABLE", "plan",
         "The shop has the plan medium already; choose one of: small, medium, large.")),
        ("FAILED", ("CREATE", "FAILED"), "small", ("PLAN_NOT_CHANGEABLE", "id",
         ("Only the shop of a store that is READY or DEGRADED can get another plan; this one is"
          " FAILED. Retry it first."))),
        ("SUSPENDED", ("SUSPEND", "SUCCEEDED"), "small", ("PLAN_NOT_CHANGEABLE", "id",
         "The shop is paused. Resume it first, then change its plan.")),
        ("DELETING", ("DELETE", "RUNNING"), "small", DELETING),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused(
    api: Service,
    records: Read,
    status: str,
    operation: tuple[str, str] | None,
    plan: str,
    answer: tuple[str, str, str],
) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token, plan="medium")
    if operation is not None:
        put_in(api, store_id, status, operation)
    before = records()
    assert refused(change(api, token, store_id, plan)) == answer
    assert records() == before


def test_growth_is_refused_while_the_cluster_does_not_say_whether_it_can_be(
    api: Service, records: Read
) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    before = records()
    code, field, message = refused(change(api, token, store_id, "large"))
    assert (code, field) == ("PLAN_NOT_CHANGEABLE", "id")
    assert message.startswith("Whether the shop's volumes can grow cannot be asked of the cluster")
    assert records() == before
