"""The short way for plain fields gives the same answers and the same errors as the long one."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql.execution.executor import Executor
from strawberry import ID
from strawberry.extensions import SchemaExtension

from app.graphql.app import build_schema
from app.graphql.plain_fields import PlainFieldExecutor, plain_fields


@strawberry.enum
class Colour(Enum):
    RED = "the colour red"


@strawberry.type
class Part:
    name: str


@strawberry.type
class Thing:
    id: strawberry.ID
    count: int
    colour: Colour
    note: str | None
    part: Part | None
    parts: list[Part]

    @strawberry.field
    def loud(self, times: int = 1) -> str:
        return "!" * times


@dataclass
class AnyThing:
    """Has the attributes of a Thing, of any kind."""

    id: Any = "1"
    count: Any = 1
    colour: Any = Colour.RED
    note: Any = None
    part: Any = None
    parts: Any = ()
    times: int = 1

    def loud(self, times: int = 1) -> str:
        return "!" * times


def a_thing(**given: Any) -> Thing:
    usual = {"id": ID("1"), "count": 3, "colour": Colour.RED, "note": None, "part": None}
    return Thing(**{**usual, "parts": [], **given})


def a_part(name: Any) -> Part:
    """Also one whose name is none that it may have."""
    return Part(name=name)


class Seen(SchemaExtension):
    names: list[str] = []  # noqa: RUF012 - of the test

    def resolve(self, _next: Any, root: Any, info: Any, *args: str, **given: Any) -> Any:
        self.names.append(info.field_name)
        return _next(root, info, *args, **given)


@dataclass
class Special(Part):
    """A Part that is more than one."""


QUERY = """query ($yes: Boolean = true) { thing { __typename id count colour note
  part { name } parts { kind: __typename name } again: count loud(times: 2)
  missing: note @skip(if: $yes) ... on Thing { part { same: name } some: parts @include(if: $yes) {
  name @skip(if: $yes) __typename } } } }"""


async def run(
    thing: Any, *, short: bool, extensions: Any = (), query: str = QUERY, **variables: Any
) -> tuple[Any, list[Any]]:
    @strawberry.type
    class Query:
        @strawberry.field
        def thing(self) -> Thing | None:
            return thing  # type: ignore[no-any-return] # anything

    schema = strawberry.Schema(
        Query,
        extensions=extensions,
        execution_context_class=PlainFieldExecutor if short else None,
    )
    result = await schema.execute(query, variables)
    return result.data, [error.formatted for error in result.errors or []]


@pytest.mark.parametrize(
    "thing",
    [
        a_thing(part=Part(name="p"), parts=[Part(name="a"), Part(name="b")]),
        a_thing(note="n", parts=[Part(name="a")]),
        AnyThing(count=None),
        AnyThing(count="not a number"),
        AnyThing(count=2**40),
        AnyThing(colour="no colour"),
        AnyThing(note=ValueError("a value that is an error")),
        AnyThing(part=AnyThing()),
        AnyThing(parts=None),
        a_thing(part=a_part(None)),
        a_thing(part=a_part(3)),
        a_thing(part=Special(name="more")),
        a_thing(parts=[Part(name="a"), None]),
        a_thing(parts=[a_part("a"), a_part(None), a_part("c")]),
        a_thing(parts=(Part(name="a"), Special(name="b"))),
        a_thing(parts=Part(name="no list")),
        object(),
    ],
)
async def test_the_same_either_way(thing: Any) -> None:
    assert await run(thing, short=True) == await run(thing, short=False)


async def test_a_selection_that_cannot_be_made_fails_where_it_is() -> None:
    thing = a_thing(part=Part(name="p"))
    query = """query ($yes: Boolean = true) { thing { count part { name @skip(if: $yes) } } }"""
    data, errors = await run(thing, short=True, query=query, yes=None)
    assert data == {"thing": {"count": 3, "part": None}}
    assert [error["path"] for error in errors] == [["thing", "part"]]
    assert (data, errors) == await run(thing, short=False, query=query, yes=None)


async def test_what_is_plain_all_the_way_down_is_read_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = []
    execute_field = Executor.execute_field

    def noted(self: Any, kind: Any, source: Any, details: Any, *rest: Any) -> Any:
        names.append(details[0].node.name.value)
        return execute_field(self, kind, source, details, *rest)

    monkeypatch.setattr(Executor, "execute_field", noted)
    thing = a_thing(part=Part(name="p"), parts=[Part(name="a")] * 50)
    data, errors = await run(thing, short=True)
    assert data["thing"]["parts"] == [{"kind": "Part", "name": "a"}] * 50
    assert errors == []
    assert names == ["thing", "loud", "parts"]  # the last has a directive


async def test_middleware_sees_every_field() -> None:
    thing = a_thing()
    Seen.names.clear()
    await run(thing, short=True, extensions=[Seen])
    assert {"id", "count", "colour", "note"} <= set(Seen.names)


def test_what_is_plain() -> None:
    found = plain_fields(build_schema()._schema)
    assert found["Store", "engineVersion"].attribute == "engine_version"
    assert not found["Store", "engineVersion"].is_nullable
    assert found["Store", "reason"].is_nullable
    assert ("Store", "steps") not in found
    assert ("Query", "stores") not in found
