"""Traces of the real service, received over OTLP/HTTP and decoded."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import NewService
from tests.e2e.service import CREATE, Service, follow
from tests.e2e.trace_receiver import TraceReceiver, receiving_traces

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
STEPS = [
    "NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "WORKLOADS_READY", "SETUP_JOB", "REACHABLE",
]  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[TraceReceiver]:
    with receiving_traces() as made:
        yield made


async def test_a_store_from_the_request_to_helm(
    new_service: NewService, receiver: TraceReceiver
) -> None:
    service = new_service(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, OTEL_BSP_SCHEDULE_DELAY="200")
    service.start()
    token = service.token("merchant")

    # When a store is asked for within a trace of the caller's
    store = await asyncio.to_thread(_create_within_a_trace, service, token)
    async with service.websocket(token) as session, asyncio.timeout(90):
        updates = await follow(session, store["id"], until={"READY", "FAILED"})
    assert updates[-1]["store"]["status"] == "READY"

    # Then its request is a span of that trace, with the operation below it
    handled = await asyncio.to_thread(receiver.wait_for, "POST /graphql")
    assert (handled.trace_id, handled.parent_id) == (TRACE, PARENT)
    assert handled.attributes == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": "200",
        "store_platform.request_id": "traced",
    }
    assert handled.resource["service.name"] == "store-platform"
    operation = await asyncio.to_thread(receiver.wait_for, "mutation createStore")
    assert (operation.trace_id, operation.parent_id) == (TRACE, handled.id)
    assert f'"trace_id": "{TRACE}"' in service.log.read_text()

    # And the work on it is a trace of its own: each step below it, helm below its step
    work = await asyncio.to_thread(receiver.wait_for, "work PROVISION")
    store_id = store["id"].removeprefix("store_")
    assert (work.parent_id, work.is_error) == ("", False)
    assert work.attributes["store_platform.store_id"] == store_id
    assert work.attributes["store_platform.outcome"] == "READY"
    steps = [await asyncio.to_thread(receiver.wait_for, f"step {name}") for name in STEPS]
    assert {(step.trace_id, step.parent_id) for step in steps} == {(work.trace_id, work.id)}
    helm = await asyncio.to_thread(receiver.wait_for, "helm upgrade")
    assert helm.parent_id == steps[2].id

    # When it is deleted and the service stops, what is not sent yet is sent
    service.delete(token, store["id"])
    async with service.websocket(token) as session, asyncio.timeout(60):
        await follow(session, store["id"], until={"DELETED"})
    service.stop()
    assert receiver.wait_for("work DELETE").attributes["store_platform.store_id"] == store_id
    assert token not in str(receiver.spans)


def _create_within_a_trace(service: Service, token: str) -> dict[str, str]:
    given = {"input": {"name": "traced-shop", "engine": "woocommerce"}}
    request = urllib.request.Request(
        f"{service.url}/graphql",
        data=json.dumps({"query": CREATE, "variables": given}).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "traceparent": f"00-{TRACE}-{PARENT}-01",
            "X-Request-Id": "traced",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        store: dict[str, str] = json.load(answer)["data"]["createStore"]["store"]
    return store
