"""Every text, list and name that the contract takes has a length: generated from the contract.

A new argument or input field is among these tests the moment it is in the schema.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

from app.graphql.app import build_schema
from tests.api.conftest import Records
from tests.api.wire import Answer, post, receive, request, send, socket, subscribe
from tests.e2e.service import Service

SCHEMA = build_schema()._schema
TEXTS = {"String", "ID", "DateTime"}
LONG = {"a text": "x" * 90_000, "brackets": "[" * 90_000, "pairs": "[]" * 45_000}
STRANGE = {
    "as long as may be": "x" * 1000,
    "brackets": "[" * 1000,
    "brackets as a cursor": base64.urlsafe_b64encode(b"[" * 700).decode(),
    "an object as a cursor": base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "a pattern": "%_\\" * 300,
    "a bell": "\x07",
    "beyond the first plane": "\U0001f3c3" * 500,
    "before time": "0001-01-01T00:00:00+14:00",
    "after time": "9999-12-31T23:59:59-12:00",
    "in the year 292277": "292277-01-09T04:00:54Z",
    "all digits": "9" * 1000,
}


@dataclass(frozen=True)
class Place:
    """Where a value can be put: the operation's text with ``$value`` there."""

    kind: str
    name: str
    type_name: str
    text: str
    is_list: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.text.partition('{')[2].strip()}"


def named(kind: GraphQLInputType) -> GraphQLNamedType:
    return get_named_type(kind)


def an_example(kind: GraphQLInputType) -> str:
    """Return a literal that a required argument or field may have."""
    found = named(kind)
    if isinstance(found, GraphQLInputObjectType):
        fields = {n: f.type for n, f in found.fields.items() if is_required_input_field(f)}
        return "{" + ", ".join(f"{n}: {an_example(t)}" for n, t in fields.items()) + "}"
    if isinstance(found, GraphQLEnumType):
        return str(next(iter(found.values)))
    return {"Int": "1", "Boolean": "true"}.get(found.name, '"x"')


def values(kind: GraphQLInputType) -> Iterator[tuple[str, str, bool, str]]:
    """Yield, for each text or list within a type, its name, type, and a literal with it inside."""
    found, is_list = named(kind), isinstance(get_nullable_type(kind), GraphQLList)
    if isinstance(found, GraphQLInputObjectType):
        for name, field in found.fields.items():
            others = "".join(
                f", {n}: {an_example(f.type)}"
                for n, f in found.fields.items()
                if n != name and is_required_input_field(f)
            )
            for inner, type_name, is_inner_list, literal in values(field.type):
                yield inner or name, type_name, is_inner_list, f"{{{name}: {literal}{others}}}"
    elif is_list or found.name in TEXTS:
        yield "", str(get_nullable_type(kind)), is_list, "$value"


def places_under(kind: str, parent: GraphQLObjectType, before: str, after: str) -> Iterator[Place]:
    for field_name, field in parent.fields.items():
        for name, argument in field.args.items():
            others = "".join(
                f", {n}: {an_example(a.type)}"
                for n, a in field.args.items()
                if n != name and is_required_argument(a)
            )
            selection = "{ __typename }" if is_composite_type(named_output(field.type)) else ""
            for inner, type_name, is_list, literal in values(argument.type):
                yield Place(
                    kind, inner or name, type_name,
                    f"{before}{field_name}({name}: {literal}{others}) {selection}{after}", is_list,
                )  # fmt: skip


def named_output(kind: Any) -> GraphQLNamedType:
    found: GraphQLNamedType = get_named_type(kind)
    return found


def all_places() -> list[Place]:
    roots = {
        "query": SCHEMA.query_type,
        "mutation": SCHEMA.mutation_type,
        "subscription": SCHEMA.subscription_type,
    }
    found = [
        place
        for kind, root in roots.items()
        if root is not None
        for place in places_under(kind, root, "{ ", " }")
    ]
    assert len(found) >= 20
    return found


PLACES = all_places()


def with_variable(place: Place) -> str:
    return f"{place.kind} ($value: {place.type_name}!) {place.text}"


async def ask(api: Service, token: str, place: Place, text: str, **variables: Any) -> list[Any]:
    """Run an operation; return its errors, those within a mutation's payload included."""
    if place.kind == "subscription":
        async with socket(api, token) as opened:
            await send(opened, subscribe("1", text, **variables))
            payload = (await receive(opened))["payload"]
            return payload if isinstance(payload, list) else payload.get("errors", [])
    return post(api, {"query": text, "variables": variables}, token).errors


@pytest.fixture(scope="module")
def admin(api_process: Service) -> str:
    """Return a token of an admin: one for all tests, since nobody may have more than a hundred."""
    return api_process.token("admin", role="admin")


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_what_is_too_long_is_refused_by_its_name(
    api: Service, admin: str, records: Callable[[], Records], place: Place
) -> None:
    before = records()
    for value in LONG.values():
        given = [value] if place.is_list else value
        (error,) = await ask(api, admin, place, with_variable(place), value=given)
        assert error["extensions"] == {"code": "INPUT_TOO_LONG", "field": "value"}
        assert error["message"] == "`value` has 90000 characters; the limit is 1000."
        literal = place.text.replace("$value", json.dumps(given))
        (error,) = await ask(api, admin, place, f"{place.kind} {literal}")
        assert error["extensions"] == {"code": "INPUT_TOO_LONG", "field": place.name}
    assert records() == before


@pytest.mark.both_databases
@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_no_text_is_an_error_of_ours(
    api: Service, admin: str, records: Callable[[], Records], place: Place
) -> None:
    before = records()
    for name, value in STRANGE.items():
        given = [value] if place.is_list else value
        errors = await ask(api, admin, place, with_variable(place), value=given)
        codes = {error.get("extensions", {}).get("code") for error in errors}
        assert not codes & {"INTERNAL", "UNAVAILABLE"}, name
    (error,) = await ask(
        api, admin, place, with_variable(place), value=["\0"] if place.is_list else "\0"
    )
    assert error["extensions"] == {"code": "INPUT_INVALID", "field": "value"}
    assert records() == before


@pytest.mark.parametrize("place", [place for place in PLACES if place.is_list], ids=str)
async def test_a_list_without_end(api: Service, admin: str, place: Place) -> None:
    (error,) = await ask(api, admin, place, with_variable(place), value=["READY"] * 101)
    assert error["message"] == "`value` has 101 items; the limit is 100."
    literal = place.text.replace("$value", "[" + "READY " * 101 + "]")
    (error,) = await ask(api, admin, place, f"{place.kind} {literal}")
    assert error["extensions"] == {"code": "INPUT_TOO_LONG", "field": place.name}


VARIABLES: dict[str, tuple[dict[str, Any], str]] = {
    "a field of an input": ({"input": {"name": "x" * 1001}}, "name"),
    "one that is not used": ({"a": {"b": [{"c": "x" * 1001}]}}, "c"),
    "a name": ({"x" * 1001: 1}, "variables"),
    "a name in an input": ({"input": {"x" * 1001: 1}}, "variables"),
    "many": ({f"v{number}": 1 for number in range(101)}, "variables"),
    "deep": (json.loads('{"v":' * 12 + "1" + "}" * 12), "v"),
    "deep lists": ({"v": json.loads("[" * 12 + "]" * 12)}, "v"),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_variables_that_are_too_much(api: Service, name: str) -> None:
    variables, field = VARIABLES[name]
    answer = post(api, {"query": "{ __typename }", "variables": variables})
    (error,) = answer.errors
    assert error["extensions"] == {"code": "INPUT_TOO_LONG", "field": field}


@pytest.mark.parametrize(
    "query",
    [
        "{ " + "x" * 1001 + " }",
        "{ " + "x" * 1001 + ": __typename }",
        "query " + "x" * 1001 + " { __typename }",
        "{ __typename @" + "x" * 1001 + " }",
        'query ($v: String = "' + "x" * 1001 + '") { storeByName(name: $v) { id } }',
    ],
)  # fmt: skip
def test_names_without_end(api: Service, query: str) -> None:
    answer = post(api, {"query": query})
    assert answer.codes == ["INPUT_TOO_LONG"]


def test_the_name_of_an_operation(api: Service) -> None:
    answer = post(api, {"query": "{ __typename }", "operationName": "x" * 90_000})
    assert (answer.status, answer.text) == (
        400, "`operationName` has 90000 characters; the limit is 1000."
    )  # fmt: skip


FOLLOW = 'subscription { storeStatus(id: "store_x") { version } }'
CHANGES = "subscription { storesChanged { cursor } }"
HEADERS = {
    "a version beyond 64 bits": (FOLLOW, {"Last-Event-ID": "9" * 4000}),
    "a version of other digits": (FOLLOW, {"Last-Event-ID": "1_0"}),
    "a cursor of brackets": (CHANGES, {"Last-Event-ID": "[" * 30_000}),
    "a cursor of encoded brackets": (
        CHANGES, {"Last-Event-ID": base64.urlsafe_b64encode(b"[" * 20_000).decode()}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_where_a_stream_is_resumed(api: Service, name: str) -> None:
    query, headers = HEADERS[name]
    given = {"Accept": "text/event-stream", **headers}
    answer = stream(api, query, api.token("merchant"), given)
    assert answer.status == 200
    assert ("CURSOR_INVALID" in answer.text) != ("NOT_FOUND" in answer.text)
    assert "INTERNAL" not in answer.text


def stream(api: Service, query: str, token: str, headers: dict[str, str]) -> Answer:
    """Read a stream of events to its end."""
    sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers}
    return request(api, "POST", "/graphql", json.dumps({"query": query}), sent)


@pytest.mark.parametrize(
    "header",
    ["X-Request-Id", "traceparent", "Accept", "Accept-Language", "X-Forwarded-For", "Origin",
     "Content-Type", "User-Agent", "Cookie"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["x" * 30_000, "[" * 30_000, "," * 30_000, ";q=nan," * 4000])
def test_any_header(api: Service, header: str, value: str) -> None:
    given = {"Content-Type": "application/json", header: value}
    answer = request(api, "POST", "/graphql", '{"query": "{ __typename }"}', given)
    if header == "Content-Type":
        assert (answer.status, answer.text) == (400, "Unsupported content type")
    else:
        assert json.loads(answer.text) == {"data": {"__typename": "Query"}}
    assert len(answer.headers["x-request-id"]) <= 64


@pytest.mark.parametrize("token", ["sp_" + "x" * 30_000, "x" * 30_000, "[" * 30_000, ". ." * 9000])
async def test_a_token_without_end(api: Service, token: str) -> None:
    assert post(api, {"query": "{ viewer { name } }"}, token).codes == ["UNAUTHENTICATED"]
