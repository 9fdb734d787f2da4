"""What a document may ask for, through the real schema; nothing is executed of one refused."""

from typing import Any, cast

import pytest
from graphql import GraphQLError, get_introspection_query
from strawberry import Schema

from app.graphql.app import build_schema
from app.limits.documents import DocumentPolicy
from app.limits.settings import LimitSettings
from provisioner.platform import Platform
from resolvers.context import Context

SCHEMA = build_schema()._schema
CONTEXT = Context(platform=cast("Platform", None), version="1")


def schema(**settings: int | bool) -> Schema:
    return build_schema(limits=LimitSettings.model_validate(settings).usage_limits())


async def errors(document: str, **settings: int | bool) -> list[GraphQLError]:
    result = await schema(**settings).execute(document, {"n": 100}, CONTEXT)
    return result.errors or []


def doubling(levels: int) -> str:
    """Return a document that unfolds to two to the power of ``levels`` fields."""
    spreads = "".join(
        f"fragment F{i} on Platform {{ ...F{i + 1} ...F{i + 1} }} " for i in range(levels)
    )
    return f"{{ platform {{ ...F0 }} }} {spreads} fragment F{levels} on Platform {{ version }}"


PAGES_IN_PAGES = """query ($n: Int) { stores(first: $n) { edges { node {
  events(first: 500) { edges { cursor } } } } } }"""
TOO_COMPLEX = {
    "{ platform { " + "version " * 1000 + "} }": (
        "The document has more than 1000 tokens. Ask for less at a time."
    ),
    "query Deep " + "{ viewer " * 11 + "}" * 11: (
        "The operation `Deep` is 11 fields deep; the limit is 10. Ask for what lies deeper in a"
        " request of its own."
    ),
    "{ __schema " + "{ types " * 20 + "{ name }" + "}" * 20 + "}": (
        "The operation looks 22 fields deep into the schema; the limit is 20. Use the usual"
        " introspection query."
    ),
    "{" + "platform { version } " * 31 + "}": (
        "The document selects `platform` 31 times; the limit is 30. Put what repeats into a"
        " fragment."
    ),
    "query Aliased {" + "".join(f"a{i}: platform {{ version }} " for i in range(16)) + "}": (
        "The operation `Aliased` has 16 aliases, those in fragments each time they are spread; the"
        " limit is 15. Use several requests."
    ),
    PAGES_IN_PAGES: (
        "The operation may answer with 50302 fields; the limit is 25000. Ask for smaller pages"
        " (`first`) or fewer fields."
    ),
    doubling(60): (
        "The operation may answer with over 1000000000 fields; the limit is 25000. Ask for smaller"
        " pages (`first`) or fewer fields."
    ),
}


@pytest.mark.parametrize(("document", "message"), TOO_COMPLEX.items())
async def test_too_complex(document: str, message: str) -> None:
    (error,) = await errors(document)
    assert error.message == message
    assert error.extensions == {"code": "TOO_COMPLEX", "field": None}


@pytest.mark.parametrize("document", TOO_COMPLEX)
async def test_the_limits_are_settings(document: str) -> None:
    found = await errors(
        document,
        max_query_tokens=5000,
        max_query_depth=50,
        max_introspection_depth=50,
        max_query_repetitions=5000,
        max_query_aliases=50,
        max_query_cost=2**70,
    )
    assert "TOO_COMPLEX" not in {(error.extensions or {}).get("code") for error in found}


async def test_the_usual_introspection_passes_for_who_has_signed_in() -> None:
    query = get_introspection_query(input_value_deprecation=True, schema_description=True)
    assert build_schema().documents.errors(query, {}) == []
    (error,) = await errors(query)
    assert (error.extensions or {})["code"] == "UNAUTHENTICATED"


async def test_introspection_can_be_switched_off() -> None:
    (first, *_) = await errors(get_introspection_query(), introspection=False)
    assert "introspection" in first.message
    assert await errors("{ __typename }", introspection=False) == []


async def test_a_cycle_of_fragments_is_told_as_such() -> None:
    (error,) = await errors("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }")
    assert error.message == "Cannot spread fragment 'A' within itself via 'B'."


@pytest.mark.parametrize("variables", [None, {"n": "x"}, {"n": None}, {"n": [1]}, {"n": 10**30}])
async def test_a_page_whose_size_is_no_number_counts_as_the_largest(
    variables: dict[str, Any] | None,
) -> None:
    document = "query ($n: Int) { stores(first: $n) { edges { cursor } } }"
    result = await schema(max_query_cost=101).execute(document, variables, CONTEXT)
    assert result.errors is not None
    assert "102 fields" in result.errors[0].message


async def test_a_document_is_parsed_and_validated_once() -> None:
    policy = DocumentPolicy(SCHEMA, LimitSettings.model_validate({}).usage_limits().documents)
    document = "query ($n: Int) { stores(first: $n) { totalCount } }"
    for size in (1, 1, 2, 1):
        assert policy.errors(document, {"n": size, "other": object()}) == []
    assert policy.parse.cache_info().misses == 1
    assert policy.check.cache_info().misses == 2
