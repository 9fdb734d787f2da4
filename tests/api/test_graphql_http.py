"""GraphQL over HTTP: the public audits, and what clients from before it and after it are told."""

import json
from typing import Any

import pytest

from app.local import frontend
from tests.api.wire import post, request
from tests.e2e.service import ROOT, Service

GRAPHQL = "application/graphql-response+json"
BOTH = f"{GRAPHQL}, application/json;q=0.9"
VIEWER = "{ viewer { name } }"

_VARIABLES = "MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting"
BY_GET = {
    "MAY accept application/x-www-form-urlencoded formatted GET requests",
    f"{_VARIABLES} application/graphql-response+json",
    f"{_VARIABLES} application/json",
}
"""What is not passed on purpose: a GET could be sent by a link."""


def test_the_public_audits(api: Service) -> None:
    done = frontend.run_script(
        ROOT / "tests" / "api" / "graphql_http.mjs",
        environment={
            "STORE_PLATFORM_URL": f"{api.url}/graphql",
            "STORE_PLATFORM_TOKEN": api.token("auditor"),
        },
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {audit["name"] for audit in found["failed"]} == BY_GET, found
    assert {audit["reason"] for audit in found["failed"]} == {"Response status code is not 200"}
    assert found["audits"] == 61


def test_a_get(api: Service) -> None:
    answer = request(api, "GET", "/graphql?query=%7B__typename%7D", headers={"Accept": GRAPHQL})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


STATUSES: list[tuple[dict[str, Any], bool, int]] = [
    ({"query": VIEWER}, True, 200),
    ({"query": VIEWER}, False, 401),
    ({"query": '{ __type(name: "Store") { name } }'}, False, 401),
    ({"query": "{ __typename }"}, False, 200),
    ({"query": "{"}, True, 400),
    ({"query": "{ nothing }"}, True, 400),
    ({"query": "{ __typename }", "operationName": "x"}, True, 400),
    ({"query": "{ " + "x" * 1001 + " }"}, True, 400),
    ({"query": "{ auditLog { edges { cursor } } }"}, True, 200),
    ({"query": "{ __typename store(id: 1) { id } }"}, True, 200),
    ({"query": "subscription { storesChanged { cursor } }"}, True, 406),
    ({"query": []}, True, 400),
]


@pytest.mark.parametrize(("body", "is_signed_in", "status"), STATUSES)
def test_what_the_status_says(
    api: Service, body: dict[str, Any], *, is_signed_in: bool, status: int
) -> None:
    answer = post(api, body, api.token("merchant") if is_signed_in else None, Accept=BOTH)
    content = json.loads(answer.text)
    assert answer.status == status
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert ("data" in content) == (status == 200)
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


@pytest.mark.parametrize("accept", ["application/json", "*/*", f"application/json, {GRAPHQL}", ""])
@pytest.mark.parametrize("query", [VIEWER, "{", "{ nothing }"])
def test_clients_from_before(api: Service, accept: str, query: str) -> None:
    answer = post(api, {"query": query}, Accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert json.loads(answer.text)["data"] is None
    assert len(answer.errors) == 1
