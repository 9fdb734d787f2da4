"""Limits on how often and how many, and what every answer tells a browser, as settings have it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing

import pytest
from graphql import get_introspection_query

from tests.api.conftest import running_service
from tests.api.wire import closed_with, post, receive, request, send, socket, subscribe
from tests.e2e.service import CREATE, DELETE, Service

VIEWER = "{ viewer { name } }"
FOLLOW = "subscription ($id: ID!) { storeStatus(id: $id) { version } }"
ORIGIN = "https://pages.example.com"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with little patience, behind a proxy on this machine."""
    with running_service(
        tmp_path_factory.mktemp("limited"),
        # By the month: when an hour ends, there is room for one more at once.
        STORE_PLATFORM_MUTATION_RATE_PER_CALLER="3/month",
        STORE_PLATFORM_MUTATION_RATE_PER_ADDRESS="5/month",
        STORE_PLATFORM_MAX_CONNECTIONS_PER_CALLER="2",
        STORE_PLATFORM_MAX_SUBSCRIPTIONS_PER_CALLER="3",
        STORE_PLATFORM_TRUSTED_PROXIES="127.0.0.0/8",
        STORE_PLATFORM_ALLOWED_ORIGINS=ORIGIN,
        STORE_PLATFORM_HSTS_SECONDS="600",
        STORE_PLATFORM_INTROSPECTION="false",
        STORE_PLATFORM_GRAPHIQL="false",
    ) as running:
        yield running


def stores_of(service: Service, owner: str) -> int:
    with closing(sqlite3.connect(service.folder / "platform.db", timeout=10)) as connection:
        query = "SELECT count(*) FROM stores WHERE owner = ?"
        count: int = connection.execute(query, (owner,)).fetchone()[0]
        return count


def creating(name: str) -> dict[str, object]:
    return {"query": CREATE, "variables": {"input": {"name": name, "engine": "woocommerce"}}}


def test_more_mutations_than_a_caller_may_ask_for(service: Service) -> None:
    token = service.token("busy")
    for number in range(3):
        assert (
            post(service, creating(f"busy-{number}"), token, X_Forwarded_For="10.1.0.1").errors
            == []
        )
    answer = post(service, creating("busy-3"), token, X_Forwarded_For="10.1.0.1")
    assert answer.status == 200
    assert answer.codes == ["RATE_LIMITED"]
    seconds = answer.errors[0]["extensions"]["retryAfterSeconds"]
    assert answer.headers["retry-after"] == str(seconds)
    assert 1 <= seconds <= 30 * 86400
    assert stores_of(service, "busy") == 3
    # Reading goes on, and so does everybody else
    assert post(service, {"query": VIEWER}, token).errors == []
    other = service.token("calm")
    assert post(service, creating("calm-0"), other, X_Forwarded_For="10.1.0.1").errors == []


def test_one_operation_of_many_mutations(service: Service) -> None:
    token = service.token("sly")
    fields = "".join(
        f'm{i}: createStore(input: {{name: "sly-{i}", engine: "woocommerce"}}) {{ __typename }} '
        for i in range(4)
    )
    document = f"mutation {{ ...All }} fragment All on Mutation {{ {fields} }}"
    answer = post(service, {"query": document}, token, X_Forwarded_For="10.1.0.2")
    assert answer.codes == ["RATE_LIMITED"]
    assert stores_of(service, "sly") == 0


def test_more_mutations_than_may_come_from_an_address(service: Service) -> None:
    for number in range(2):
        token = service.token(f"neighbour-{number}")
        for _ in range(3 - number):
            given = {"query": DELETE, "variables": {"input": {"id": "store_x"}}}
            assert post(service, given, token, X_Forwarded_For="6.6.6.6, 10.1.0.3").errors == []
    third = service.token("neighbour-2")
    refused = post(service, creating("third"), third, X_Forwarded_For="7.7.7.7, 10.1.0.3")
    assert refused.codes == ["RATE_LIMITED"]
    assert stores_of(service, "neighbour-2") == 0


async def test_the_same_over_a_websocket(service: Service) -> None:
    token = service.token("live")
    async with socket(service, token) as opened:
        for number in range(4):
            await send(opened, subscribe(str(number), DELETE, input={"id": "store_x"}))
            answer = await receive(opened)
            if number == 3:
                assert answer["type"] == "error"
                assert answer["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
            else:
                assert answer["type"] == "next"
                assert (await receive(opened))["type"] == "complete"


async def test_more_websockets_than_a_caller_may_have(service: Service) -> None:
    token = service.token("tabs")
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(socket(service, token))
        await stack.enter_async_context(socket(service, token))
        async with socket(service) as third:
            payload = {"authorization": f"Bearer {token}"}
            await send(third, {"type": "connection_init", "payload": payload})
            assert await closed_with(third) == (
                1013, "You have 2 websockets open already; close one first."
            )  # fmt: skip
        # When one is closed there is room again
        await first.close()
        await stack.enter_async_context(socket(service, token))


async def test_more_subscriptions_than_a_caller_may_have(service: Service) -> None:
    token = service.token("subscriber")
    created = json.loads(post(service, creating("subscribed"), token).text)
    store_id = created["data"]["createStore"]["store"]["id"]
    async with socket(service, token) as one, socket(service, token) as other:
        for number, opened in enumerate([one, one, other]):
            await send(opened, subscribe(str(number), FOLLOW, id=store_id))
            assert (await receive(opened))["type"] == "next"
        await send(other, subscribe("more", FOLLOW, id=store_id))
        answer = await receive(other)
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        assert errors[0]["message"].startswith("There are 3 operations open by you already")
        # Queries are not subscriptions
        await send(one, subscribe("query", VIEWER))
        assert (await receive(one))["payload"] == {"data": {"viewer": {"name": "subscriber"}}}


@pytest.mark.parametrize("path", ["/", "/graphql", "/livez", "/assets/none.js", "/metrics"])
def test_every_answer_has_the_security_headers(service: Service, path: str) -> None:
    headers = request(service, "GET", path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"] == "max-age=600; includeSubDomains"
    assert "set-cookie" not in headers


def test_tls_is_not_demanded_where_it_is_not_set_up(api: Service) -> None:
    assert "strict-transport-security" not in request(api, "GET", "/livez").headers


def asked_by(service: Service, origin: str) -> dict[str, str]:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, last-event-id",
    }
    return request(service, "OPTIONS", "/graphql", headers=headers).headers


def test_a_page_on_another_site_may_not_ask(service: Service, api: Service) -> None:
    for asked in (service, api):
        assert "access-control-allow-origin" not in asked_by(asked, "https://evil.example.com")


def test_a_page_that_the_operator_allows_may_ask(service: Service) -> None:
    allowed = asked_by(service, ORIGIN)
    assert allowed["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in allowed


def test_introspection_and_graphiql_can_be_switched_off(service: Service, api: Service) -> None:
    token = service.token("curious")
    (error, *_) = post(service, {"query": get_introspection_query()}, token).errors
    assert "introspection" in error["message"]
    assert request(service, "GET", "/graphiql", headers={"Accept": "text/html"}).status == 404
    assert post(api, {"query": get_introspection_query()}, api.token("curious")).errors == []
    assert request(api, "GET", "/graphiql", headers={"Accept": "text/html"}).status in {200, 503}
