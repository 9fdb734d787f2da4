"""Answers about the schema are worked out once for all who ask in the same words."""

from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema, build_schema, execute, parse

from app.limits.introspection import SchemaAnswers, introspects

SCHEMA = build_schema("type Query { a: Int }")
WHOLE = "{ __schema { queryType { name } } }"


class Executions:
    """Counts what is worked out."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, schema: GraphQLSchema, document: Any, **options: Any) -> Any:
        self.number += 1
        return execute(schema, document, **options)


@pytest.mark.parametrize(
    ("text", "variables", "is_kept"),
    [
        (WHOLE, None, True),
        ("{ __typename ...F } fragment F on Query { s: __schema { description } }", {}, True),
        ("query ($n: String!) { __type(name: $n) { name } }", {"n": "Query"}, True),
        ("{ __typename }", None, False),
        ("{ a __schema { queryType { name } } }", None, False),
        ("query ($n: String!) { __type(name: $n) { name } }", {"n": 5}, False),
    ],
)  # fmt: skip
def test_what_is_worked_out_once(text: str, variables: Any, *, is_kept: bool) -> None:
    executions, answers = Executions(), SchemaAnswers()
    once, document = answers.wrap(executions), parse(text)
    asked = {"variable_values": variables, "operation_name": None}
    first: ExecutionResult = once(SCHEMA, document, **asked)
    assert once(SCHEMA, document, **asked).formatted == first.formatted
    assert executions.number == (1 if is_kept else 2)
    assert answers.has(document, None, variables) == is_kept


def test_each_has_its_own_answer() -> None:
    executions, answers = Executions(), SchemaAnswers()
    once = answers.wrap(executions)
    document = parse("query ($n: String!) { __type(name: $n) { name } }")
    found = [
        once(SCHEMA, document, variable_values={"n": name}).data["__type"]
        for name in ("Query", "Int", "Query", "None")
    ]
    assert found == [{"name": "Query"}, {"name": "Int"}, {"name": "Query"}, None]
    assert executions.number == 3


def test_only_the_last_are_kept() -> None:
    executions, answers = Executions(), SchemaAnswers()
    once = answers.wrap(executions)
    documents = [parse(f"query Q{number} {WHOLE}") for number in range(9)]
    for document in documents:
        once(SCHEMA, document)
    assert [answers.has(document, None, None) for document in documents] == [False] + [True] * 8


@pytest.mark.parametrize(
    ("text", "does"),
    [(WHOLE, True), ("{ a __schema { queryType { name } } }", True), ("{ a __typename }", False)],
)
def test_which_operations_ask_for_the_schema(text: str, *, does: bool) -> None:
    assert introspects(parse(text), None) == does
