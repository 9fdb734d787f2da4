"""Metrics and logs of the real service process."""

import json
import math
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError
from prometheus_client.parser import text_string_to_metric_families

from provisioner.storage.tokens import digest
from tests.api.conftest import METRICS_TOKEN
from tests.e2e.service import CREATE, Service, follow

Samples = dict[tuple[str, ...], float]


def scrape(api: Service) -> dict[str, Samples]:
    """Return every sample by metric and label values, in the order of the labels' names."""
    request = urllib.request.Request(
        f"{api.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = answer.read().decode()
    found: dict[str, Samples] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[key] = sample.value
    return found


def grown(before: Samples, after: Samples) -> Samples:
    """Return by how much counters rose, without those that did not."""
    rises = {key: value - before.get(key, 0.0) for key, value in after.items()}
    return {key: rise for key, rise in rises.items() if rise}


def lines(api: Service, **wanted: object) -> list[dict[str, Any]]:
    """Return the log lines that have these fields."""
    found = [json.loads(line) for line in api.log.read_text().splitlines()]
    return [line for line in found if wanted.items() <= line.items()]


def await_lines(api: Service, **wanted: object) -> list[dict[str, Any]]:
    """Return such lines once there are any: a socket's end is logged after the client saw it."""
    deadline = time.monotonic() + 10
    while not (found := lines(api, **wanted)):
        assert time.monotonic() < deadline, api.log.read_text()
        time.sleep(0.01)
    return found


def post(api: Service, token: str, request_id: str, document: str, **variables: Any) -> Any:
    """Send an operation over HTTP under a request id; return the answer."""
    request = urllib.request.Request(
        f"{api.url}/graphql",
        data=json.dumps({"query": document, "variables": variables}).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X-Request-Id": request_id,
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["X-Request-Id"] == request_id
        return json.load(answer)


@pytest.mark.parametrize("token", [None, "", "wrong-token-of-some-length"])
def test_metrics_are_closed_without_their_token(api: Service, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{api.url}/metrics", headers=headers))
    assert refused.value.code == 401
    assert "store_platform" not in refused.value.read().decode()


def test_creates_are_counted_by_engine_and_outcome(api: Service) -> None:
    token = api.token("merchant")
    before = scrape(api).get("store_platform_create_requests_total", {})

    api.create(token, "counted-shop")
    api.create(token, "counted-shop")
    api.create(token, "counted-shop-2", engine="words of the caller")

    after = scrape(api)["store_platform_create_requests_total"]
    assert grown(before, after) == {
        ("woocommerce", "ACCEPTED"): 1.0,
        ("woocommerce", "NAME_TAKEN"): 1.0,
        ("unknown", "ENGINE_UNKNOWN"): 1.0,
    }


def test_the_state_at_the_moment(api: Service) -> None:
    token = api.token("merchant")
    api.create(token, "waiting-shop")

    found = scrape(api)

    assert found["store_platform_stores"]["QUEUED",] == 1.0
    assert found["store_platform_stores"]["READY",] == 0.0
    assert found["store_platform_stores"]["UPDATING",] == 0.0
    assert found["store_platform_queue_waiting"]["PROVISION",] >= 1.0
    assert found["store_platform_queue_running"]["PROVISION",] == 0.0
    assert found["store_platform_part_up"]["cluster",] == 0.0
    assert found["store_platform_part_up"]["database",] == 1.0
    assert found["store_platform_watch_staleness_seconds"] == {
        (kind,): math.inf for kind in ("namespaces", "pods", "jobs", "claims", "events")
    }
    assert found["store_platform_subscribers"] == {("storeStatus",): 0.0, ("storesChanged",): 0.0}
    assert list(found["store_platform_build_info"].values()) == [1.0]
    assert found["process_resident_memory_bytes"][()] > 0


def test_operations_by_kind_field_and_outcome(api: Service) -> None:
    name, token = "store_platform_graphql_operation_seconds_count", api.token("merchant")
    before = scrape(api).get(name, {})

    api.execute(token, "{ viewer { name } }")
    api.execute(token, "query Mine { a: viewer { name } b: engines { name } }")
    with pytest.raises(TransportQueryError):
        api.execute("sp_wrong", "{ viewer { name } }")
    post(api, token, "r1", "{ no_such_field }")

    after = scrape(api)[name]
    # By label: field, kind, outcome
    assert grown(before, after) == {
        ("viewer", "query", "SUCCEEDED"): 1.0,
        ("several", "query", "SUCCEEDED"): 1.0,
        ("viewer", "query", "REFUSED"): 1.0,
        ("none", "none", "INVALID"): 1.0,
    }
    assert scrape(api)["store_platform_http_request_seconds_count"]["POST", "200", "/graphql"] >= 4


def test_a_request_is_one_line_with_who_what_and_which_store(api: Service) -> None:
    token, request_id = api.token("merchant"), uuid.uuid4().hex
    ((token_id,),) = api.sql("SELECT id FROM tokens WHERE digest = :digest", digest=digest(token))
    given = {"name": "logged-shop", "engine": "woocommerce"}
    created = post(api, token, request_id, CREATE, input=given)

    (line,) = await_lines(api, request_id=request_id)
    assert line.pop("seconds") > 0
    assert line.pop("timestamp")
    assert line == {
        "event": "request", "level": "info", "request_id": request_id,
        "method": "POST", "route": "/graphql", "status": 200,
        "caller": "merchant", "caller_source": "local", "token_id": token_id,
        "operation": "mutation createStore",
        "store_id": created["data"]["createStore"]["store"]["id"].removeprefix("store_"),
    }  # fmt: skip


async def test_an_operation_on_a_websocket_is_a_line_too(api: Service) -> None:
    token = api.token("follower")
    api.create(api.token("merchant"), "not-mine")
    store_id = api.create(token, "followed-shop")["store"]["id"]
    async with api.websocket(token) as session:
        await follow(session, store_id, until={"QUEUED"})

    (line,) = await_lines(api, event="operation", caller="follower")
    assert line["operation"] == "subscription storeStatus"
    assert line["store_id"] == store_id.removeprefix("store_")
    (closed,) = await_lines(api, event="websocket", request_id=line["request_id"])
    assert closed["route"] == "/graphql"


def test_no_token_reaches_the_log(api: Service) -> None:
    token = api.token("careless")
    for place in (f"/{token}", f"/graphiql?token={token}", f"/graphql#{token}"):
        api.status(place)
    post(api, token, "r2", "query ($id: ID!) { store(id: $id) { name } }", id=token)
    post(api, token, "r3", "{ store(id: 1.5) { name } }")
    text = api.log.read_text()
    assert token not in text
    assert token.removeprefix("sp_") not in text
    assert METRICS_TOKEN not in text
