"""What an attacker sends: refused, without a word about the inside, and life goes on."""

import json
import socket as sockets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from graphql import get_introspection_query

from tests.api.conftest import running_service
from tests.api.wire import closed_with, post, receive, request, send, socket, subscribe
from tests.e2e.service import Service
from tests.unit.test_documents import doubling

VIEWER = "{ viewer { name } }"
NEVER_SAID = ("Traceback", "site-packages", ".py", "sqlite", "SELECT ", "Error(")
LIMIT = 100_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose log has nothing in it that went wrong, after all these tests."""
    with running_service(tmp_path_factory.mktemp("attacked")) as running:
        yield running
    # uvicorn writes of each frame that is no UTF-8 with a traceback of its own.
    lines = running.log.read_text().splitlines()
    log = "\n".join(line for line in lines if "Invalid UTF-8 sequence" not in line)
    assert "Traceback" not in log
    assert "unexpected_error" not in log
    assert "ASGI" not in log


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("attacker")


@pytest.fixture(autouse=True)
def still_serving(service: Service, token: str) -> Iterator[None]:
    """After each attack the same process answers as before."""
    yield
    assert service.process is not None
    assert service.process.poll() is None
    answer = post(service, {"query": VIEWER}, token)
    assert json.loads(answer.text) == {"data": {"viewer": {"name": "attacker"}}}


TOO_COMPLEX = {
    "deep": "{ a " * 150 + "{ b }" + "}" * 150,
    "too deep to be parsed": "{ a " * 400 + "{ b }" + "}" * 400,
    "wide": "{ platform { " + "version " * 990 + "} }",
    "equal fields to be merged": "{" + "platform { version } " * 245 + "}",
    "equal fields in fragments": "{"
    + "".join(f"...F{i} " for i in range(90))
    + "}"
    + "".join(f"fragment F{i} on Query {{ platform {{ version }} }}" for i in range(90)),
    "aliased": "{" + "".join(f"a{i}: viewer {{ name }} " for i in range(150)) + "}",
    "a bomb of fragments": doubling(25),
    "a bigger bomb": doubling(70),
    "huge": "{ platform { " + "version " * 12_000 + "} }",
    "pages in pages":
    "{ stores(first: 100) { edges { node { events(first: 500) { edges { cursor } } } } } }",
    "introspection in a loop": "{ __schema { types " + "{ fields { type " * 20 + "{ name }"
    + " } }" * 20 + "} }",
    "introspection over and over": "{" + "".join(
        f"a{i}: __schema {{ types {{ fields {{ args {{ type {{ name }} }} }} }} }} "
        for i in range(14)
    ) + "".join(f'b{i}: __type(name: "Store") {{ fields {{ name }} }} ' for i in range(2)) + "}",
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_COMPLEX)
def test_a_document_that_asks_for_too_much(service: Service, token: str, name: str) -> None:
    answer = post(service, {"query": TOO_COMPLEX[name]}, token)
    assert answer.status == 200
    assert json.loads(answer.text).get("data") is None
    if name == "too deep to be parsed":
        assert "nested" in answer.text
    else:
        assert set(answer.codes) == {"TOO_COMPLEX"}
    assert not [word for word in NEVER_SAID if word in answer.text]


@pytest.mark.parametrize("name", TOO_COMPLEX)
async def test_the_same_over_a_websocket(service: Service, token: str, name: str) -> None:
    async with socket(service, token) as opened:
        await send(opened, subscribe("1", TOO_COMPLEX[name]))
        if name == "too deep to be parsed":
            code, reason = await closed_with(opened)
            assert (code, "nested" in reason) == (4400, True)
        else:
            answer = await receive(opened)
            assert (answer["type"], answer["id"]) == ("error", "1")
            codes = {error["extensions"]["code"] for error in answer["payload"]}
            assert codes == {"TOO_COMPLEX"}


def test_the_usual_introspection_is_answered(service: Service, token: str) -> None:
    usual = {"query": get_introspection_query(input_value_deprecation=True)}
    first, again = (post(service, usual, token).text for _ in range(2))
    assert set(json.loads(first)) == {"data"}
    assert again == first


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        '{ __type(name: "Store") { name } }',
        "query { ...F } fragment F on Query { ... { s: __schema { queryType { name } } } }",
    ],
)
def test_introspection_without_a_sign_in(service: Service, query: str) -> None:
    answer = post(service, {"query": query})
    assert (answer.codes, json.loads(answer.text)["data"]) == (["UNAUTHENTICATED"], None)


def test_fragments_in_a_cycle(service: Service, token: str) -> None:
    cycle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A viewer { name } }"
    (error,) = post(service, {"query": cycle}, token).errors
    assert error["message"] == "Cannot spread fragment 'A' within itself via 'B'."


def test_many_requests_in_one(service: Service, token: str) -> None:
    create = {"query": 'mutation { createStore(input: {name: "a", engine: "b"}) { store { id } } }'}
    answer = post(service, [create] * 10, token)
    assert (answer.status, answer.text) == (400, "Batching is not enabled")


NO_REQUESTS: dict[str, str | bytes] = {
    "nothing": b"",
    "no JSON": "query { viewer }",
    "a text": '"x"',
    "a number": "5",
    "null": "null",
    "NaN": '{"query": NaN}',
    "a list as the query": '{"query": []}',
    "a text as the variables": '{"query": "{ viewer { name } }", "variables": "x"}',
    "a list as the extensions": '{"query": "{ viewer { name } }", "extensions": [1]}',
    "a list as the operation's name": '{"query": "{ viewer { name } }", "operationName": []}',
    "an object as the operation's name": '{"query": "{ viewer { name } }", "operationName": {}}',
    "an operation that is not there": '{"query": "{ viewer { name } }", "operationName": "x"}',
    "no operation at all": '{"query": "fragment F on Query { viewer { name } }"}',
    "no query": "{}",
    "brackets": "[" * 50_000,
    "braces": '{"a":' * 15_000,
    "a number of many digits":
    '{"query": "{ viewer { name } }", "variables": {"n": ' + "9" * 5000 + "}}",
    "half a pair of surrogates": '{"query": "{ viewer { name } }", "variables": {"n": "\\ud800"}}',
    "no UTF-8": b'{"query": "\xff\xfe"}',
    "UTF-16": '{"query": "{ viewer { name } }"}'.encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_a_body_that_is_no_request(service: Service, token: str, name: str) -> None:
    answer = post(service, NO_REQUESTS[name], token)
    assert answer.status == 400
    assert not [word for word in NEVER_SAID if word in answer.text]


@pytest.mark.parametrize(
    "variables",
    [{"name": "\x00"}, {"name": "\U0010ffff"}, {"name": "'; DROP TABLE stores; --"}, {"name": 5}],
)
def test_strange_values(service: Service, token: str, variables: dict[str, Any]) -> None:
    query = "query ($name: String!) { storeByName(name: $name) { id } }"
    answer = post(service, {"query": query, "variables": variables}, token)
    assert answer.status == 200
    assert "INTERNAL" not in answer.codes


def test_a_body_that_is_too_large(service: Service, token: str) -> None:
    answer = post(service, b" " * (LIMIT + 1), token)
    assert (answer.status, answer.text) == (413, f"A request may have at most {LIMIT} bytes.\n")


def test_a_body_whose_size_is_not_told(service: Service) -> None:
    with sockets.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(11):
            connection.sendall(b"2710\r\n" + b" " * 10_000 + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
    ],
)
def test_what_a_form_on_another_site_could_send(
    service: Service, token: str, content_type: str
) -> None:
    body = json.dumps({"query": VIEWER})
    answer = post(service, body, token, Content_Type=content_type)
    assert (answer.status, answer.text) == (400, "Unsupported content type")


def test_a_mutation_by_a_link(service: Service, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    path = "/graphql?query=mutation{deleteStore(input:{id:1}){store{id}}}"
    assert request(service, "GET", path, headers=headers).status == 405


MALFORMED = {
    "a list": "[]",
    "a text": '"x"',
    "null": "null",
    "no JSON": "{",
    "brackets": "[" * 50_000,
    "no type": "{}",
    "a list as the type": '{"type": []}',
    "an unknown type": json.dumps({"type": "x" * 500}),
    "payload null": '{"type": "subscribe", "id": "1", "payload": null}',
    "no payload": '{"type": "subscribe", "id": "1"}',
    "a list as the id":
    '{"type": "subscribe", "id": [], "payload": {"query": "{ viewer { name } }"}}',
    "a list as the query": '{"type": "subscribe", "id": "1", "payload": {"query": []}}',
    "a text as the variables": json.dumps(
        {"type": "subscribe", "id": "1", "payload": {"query": VIEWER, "variables": "x"}}
    ),
    "an object as the operation's name": json.dumps(
        {"type": "subscribe", "id": "1", "payload": {"query": VIEWER, "operationName": {}}}
    ),
    "an operation that is not there": json.dumps(
        {"type": "subscribe", "id": "1", "payload": {"query": VIEWER, "operationName": "x"}}
    ),
    "a document that is none": json.dumps(subscribe("1", "{" + "'" * 300)),
    "no id to complete": '{"type": "complete"}',
    "a list to complete": '{"type": "complete", "id": []}',
    "a text as the payload of a ping": '{"type": "ping", "payload": "x"}',
    "a list as the payload of init": '{"type": "connection_init", "payload": []}',
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_frame(service: Service, token: str, name: str) -> None:
    async with socket(service, token) as opened:
        await opened.send(MALFORMED[name])
        code, reason = await closed_with(opened)
    assert code == 4400
    assert not [word for word in NEVER_SAID if word in reason]


async def test_a_binary_frame(service: Service, token: str) -> None:
    async with socket(service, token) as opened:
        await opened.send(b"\x00\x01")
        assert await closed_with(opened) == (4400, "WebSocket message type must be text")


async def test_a_frame_that_is_no_utf8(service: Service, token: str) -> None:
    async with socket(service, token) as opened:
        await opened.send(b"\xff\xfe", text=True)
        assert (await closed_with(opened))[0] == 1007


async def test_a_frame_that_is_too_large(service: Service, token: str) -> None:
    async with socket(service, token) as opened:
        await opened.send(" " * (LIMIT + 1))
        assert (await closed_with(opened))[0] == 1009


async def test_an_operation_before_signing_in(service: Service) -> None:
    async with socket(service) as opened:
        await send(opened, subscribe("1", VIEWER))
        assert (await closed_with(opened))[0] == 4401


async def test_signing_in_twice(service: Service, token: str) -> None:
    async with socket(service, token) as opened:
        await send(opened, {"type": "connection_init"})
        assert (await closed_with(opened))[0] == 4429


async def test_two_operations_of_one_id(service: Service, token: str) -> None:
    store_id = service.create(token, "followed")["store"]["id"]
    follow = "subscription ($id: ID!) { storeStatus(id: $id) { version } }"
    name = "x" * 1000
    async with socket(service, token) as opened:
        await send(opened, subscribe(name, follow, id=store_id))
        assert (await receive(opened))["type"] == "next"
        await send(opened, subscribe(name, follow, id=store_id))
        assert (await closed_with(opened))[0] == 4409


async def test_a_flood_of_pings(service: Service, token: str) -> None:
    async with socket(service, token) as opened:
        for _ in range(61):
            await send(opened, {"type": "ping"})
        assert await closed_with(opened) == (4429, "Too many pings")


async def test_a_websocket_that_never_signs_in(tmp_path: Path) -> None:
    with running_service(tmp_path, STORE_PLATFORM_SIGN_IN_TIMEOUT_SECONDS="0.2") as impatient:
        async with socket(impatient) as opened:
            assert (await closed_with(opened))[0] == 4408


async def test_a_websocket_of_another_protocol(service: Service) -> None:
    url = f"ws://127.0.0.1:{service.port}/graphql"
    async with websockets.connect(url) as opened:
        assert (await closed_with(opened))[0] == 4406


async def test_more_subscriptions_than_a_connection_may_have(service: Service, token: str) -> None:
    store_id = service.create(token, "subscribed")["store"]["id"]
    follow = "subscription ($id: ID!) { storeStatus(id: $id) { version } }"
    async with socket(service, token) as opened:
        for number in range(100):
            await send(opened, subscribe(str(number), follow, id=store_id))
            assert (await receive(opened))["type"] == "next"
        await send(opened, subscribe("100", follow, id=store_id))
        refused = await receive(opened)
        assert (refused["id"], refused["type"]) == ("100", "error")
        assert refused["payload"][0]["message"] == (
            "There are 100 operations open on this connection already, the limit. Complete one"
            " first."
        )
        await send(opened, {"type": "complete", "id": "7"})
        await send(opened, subscribe("again", follow, id=store_id))
        assert (await receive(opened))["type"] == "next"


def test_headers_without_end(service: Service) -> None:
    with sockets.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nX-Long: " + b"x" * 100_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
