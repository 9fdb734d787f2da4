"""What nobody has signed in for is bounded by address, and keeps nobody out who can sign in."""

import http.client
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing

import pytest
from websockets.exceptions import ConnectionClosed

from tests.api.conftest import running_service
from tests.api.wire import Answer, closed_with, post, receive, request, send, socket, subscribe
from tests.e2e.service import Service

VIEWER = "{ viewer { name } }"
CHANGES = "subscription { storesChanged { cursor } }"
FAILURES = """{ auditLog(first: 100, filter: {action: "SIGN_IN"}) {
  edges { node { clientAddress arguments } } } }"""
HELLO = {"query": "{ __typename }"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with little patience, behind a proxy on this machine."""
    with running_service(
        tmp_path_factory.mktemp("anonymous"),
        # By the month: when an hour ends, there is room for one more at once.
        STORE_PLATFORM_FAILED_SIGN_IN_RATE="2/month",
        STORE_PLATFORM_ANONYMOUS_OPERATION_RATE="5/month",
        STORE_PLATFORM_ANONYMOUS_PAGE_RATE="3/month",
        STORE_PLATFORM_INTROSPECTION_RATE="2/month",
        STORE_PLATFORM_MAX_WAITING_CONNECTIONS="3",
        STORE_PLATFORM_TRUSTED_PROXIES="127.0.0.0/8",
    ) as running:
        yield running


def of_viewer(name: str) -> dict[str, object]:
    return {"data": {"viewer": {"name": name}}}


def is_rate_limited(answer: Answer) -> bool:
    """Whether an answer is a refusal, and says when to come back in its body and its headers."""
    (error,) = answer.errors
    seconds = error["extensions"].get("retryAfterSeconds")
    return answer.codes == ["RATE_LIMITED"] and answer.headers["retry-after"] == str(seconds)


def test_a_valid_token_is_let_in_whatever_failed_at_its_address(service: Service) -> None:
    token, there = service.token("victim"), {"X_Forwarded_For": "10.1.0.4"}
    for number in range(100):
        refused = post(service, {"query": VIEWER}, f"sp_{number}", **there)
        if number < 2:
            assert refused.codes == ["UNAUTHENTICATED"]
        else:
            assert (refused.status, is_rate_limited(refused)) == (200, True)
            assert json.loads(refused.text)["data"] is None
    assert json.loads(post(service, {"query": VIEWER}, token, **there).text) == of_viewer("victim")
    # What fails goes on to be refused, and what needs no sign-in is answered
    assert is_rate_limited(post(service, {"query": VIEWER}, "sp_wrong", **there))
    assert json.loads(post(service, HELLO, **there).text) == {"data": {"__typename": "Query"}}
    # 101 failures are told in seven entries
    log = json.loads(post(service, {"query": FAILURES}, service.token("boss", role="admin")).text)
    told = [edge["node"] for edge in log["data"]["auditLog"]["edges"]]
    assert [
        entry["arguments"]["numberThisHour"]
        for entry in told
        if entry["clientAddress"] == "10.1.0.4"
    ] == [64, 32, 16, 8, 4, 2, 1]


async def test_the_same_over_websockets(service: Service) -> None:
    there = {"X_Forwarded_For": "10.1.0.5"}
    codes = []
    for number in range(100):
        async with socket(service, **there) as opened:
            payload = {"authorization": f"Bearer sp_{number}"}
            await send(opened, {"type": "connection_init", "payload": payload})
            codes.append((await closed_with(opened))[0])
    assert codes == [4403] * 2 + [1013] * 98
    async with socket(service, service.token("victim"), **there) as opened:
        await send(opened, subscribe("1", VIEWER))
        assert (await receive(opened))["payload"] == of_viewer("victim")


def first_of(service: Service, token: str, address: str) -> str:
    """Ask for a stream of events; return what comes first."""
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        headers = {
            "Accept": "text/event-stream",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X-Forwarded-For": address,
        }
        connection.request("POST", "/graphql", json.dumps({"query": CHANGES}), headers)
        return connection.getresponse().read1(1000).decode()


def test_the_same_over_event_streams(service: Service) -> None:
    refused = [first_of(service, f"sp_{number}", "10.1.0.6") for number in range(100)]
    assert [text for text in refused[:2] if "UNAUTHENTICATED" not in text] == []
    assert [text for text in refused[2:] if "RATE_LIMITED" not in text] == []
    assert first_of(service, service.token("victim"), "10.1.0.6").startswith("id: ")


def test_more_operations_than_an_address_may_ask_for(service: Service) -> None:
    there = {"X_Forwarded_For": "10.1.0.7"}
    for _ in range(5):
        assert post(service, HELLO, **there).errors == []
    refused = post(service, HELLO, **there)
    assert (refused.status, is_rate_limited(refused)) == (200, True)
    # Who signs in is not meant, and neither is another address
    assert post(service, {"query": VIEWER}, service.token("ada"), **there).errors == []
    assert post(service, HELLO, X_Forwarded_For="10.1.0.8").errors == []


async def test_websockets_that_do_not_sign_in_count_too(service: Service) -> None:
    there = {"X_Forwarded_For": "10.1.0.9"}
    codes = []
    for payload in ({}, None, {"token": "x"}, {}, {}, {}):
        async with socket(service, **there) as opened:
            await send(opened, {"type": "connection_init", "payload": payload})
            codes.append((await closed_with(opened))[0])
    assert codes == [4403] * 5 + [1013]
    async with socket(service, service.token("ada"), **there):
        pass


async def test_more_websockets_that_wait_than_an_address_may_have(service: Service) -> None:
    there = {"X_Forwarded_For": "10.1.0.10"}
    payload = {"authorization": f"Bearer {service.token('eve')}"}
    async with AsyncExitStack() as stack:
        waiting = [await stack.enter_async_context(socket(service, **there)) for _ in range(3)]
        # The newest gets in, and what has waited longest is gone
        newest = await stack.enter_async_context(socket(service, service.token("eve"), **there))
        with pytest.raises(ConnectionClosed):
            await waiting[0].recv()
        for opened in waiting[1:]:
            await send(opened, {"type": "connection_init", "payload": payload})
            assert (await receive(opened))["type"] == "connection_ack"
        await send(newest, subscribe("1", VIEWER))
        assert (await receive(newest))["payload"] == of_viewer("eve")


@pytest.mark.parametrize("path", ["/", "/config.json", "/icon.svg", "/assets/none.js", "/metrics"])
def test_more_pages_than_an_address_may_ask_for(service: Service, path: str) -> None:
    headers = {"X-Forwarded-For": f"10.2.{len(path)}.1", "Accept": "text/html"}
    statuses = [request(service, "GET", path, headers=headers).status for _ in range(4)]
    assert 429 not in statuses[:3]
    assert statuses[3] == 429
    refused = request(service, "GET", path, headers=headers)
    assert refused.text == (
        f"Too many requests. Try again in {refused.headers['retry-after']} s.\n"
    )
    assert "content-security-policy" in refused.headers
    # Signing in is not hindered, and neither are those who look whether the service is well
    assert post(service, HELLO, X_Forwarded_For=headers["X-Forwarded-For"]).errors == []
    for probe in ("/livez", "/readyz"):
        for _ in range(5):
            assert request(service, "GET", probe, headers=headers).status in (200, 503)


def looking_at(type_name: str) -> dict[str, object]:
    query = "query ($name: String!) { __type(name: $name) { name } }"
    return {"query": query, "variables": {"name": type_name}}


def test_more_different_looks_at_the_schema_than_a_caller_may_have(service: Service) -> None:
    curious, other = service.token("curious"), service.token("other")
    for name in ("Store", "Pod", "Store", "Store"):
        answer = post(service, looking_at(name), curious)
        assert json.loads(answer.text) == {"data": {"__type": {"name": name}}}
    assert is_rate_limited(post(service, looking_at("Step"), curious))
    # What was answered lately is answered still, and others may look
    assert post(service, looking_at("Pod"), curious).errors == []
    assert post(service, looking_at("Step"), other).errors == []
    assert post(service, looking_at("Step"), curious).errors == []
