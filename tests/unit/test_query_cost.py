"""Documents are measured as if they were unfolded, without unfolding them."""

from itertools import pairwise

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from app.graphql.app import build_schema
from app.limits.query_cost import USUAL_SIZES, QueryCost, measure, size_variables

SCHEMA = build_schema()._schema

TWO_PAGES = """{ a: stores(first: 3) { ...Page } b: stores(first: 5) { ...Page } }
fragment Page on StoreConnection { edges { cursor } }"""
CYCLE = """{ ...A } fragment A on Query { ...B viewer { name } }
fragment B on Query { ...A engines { name } }"""


def weigh(document: str, **sizes: int) -> QueryCost:
    (weight,) = measure(SCHEMA, parse(document), sizes).operations.values()
    return weight


@pytest.mark.parametrize(
    ("document", "depth", "cost"),
    [
        ("{ viewer { name role } }", 2, 3),
        ("{ stores { totalCount } }", 2, 2),
        # stores, edges, and for each of 20 (the default): node and name
        ("{ stores { edges { node { name } } } }", 4, 2 + 20 * 2),
        ("{ stores(first: 7) { edges { node { name } } totalCount } }", 4, 3 + 7 * 2),
        # More than there can be is the resolvers' to refuse
        ("{ stores(first: 1000000) { edges { cursor } } }", 3, 2 + 100),
        ("{ stores(first: -5) { edges { cursor } } }", 3, 2 + 1),
        ("query ($n: Int!) { stores(first: $n) { edges { cursor } } }", 3, 2 + 3),
        ("query ($m: Int!) { stores(first: $m) { edges { cursor } } }", 3, 2 + 100),
        # Lists within lists
        ("{ store(id: 1) { steps { name } events(first: 9) { edges { cursor } } } }", 4, 4 + 8 + 9),
        ("{ store(id: 1) { events(first: 1000000) { edges { cursor } } } }", 4, 3 + 500),
        ("{ stores(first: 2) { edges { node { pods { containers { name } } } } } }", 6,
         2 + 2 * (1 + 1 + 4 * (1 + 2))),
        ("{ store(id: 1) { backups(first: 5) { edges { node { counts { name } } } } } }", 6,
         1 + 1 + 1 + 5 * (1 + 1 + 2)),
        (("mutation { upgradeStores(input: {engine: 1, version: 2}) { plan { counts { count }"
         " stores { message } } } }"), 4, 1 + 1 + (1 + 5) + (1 + 100)),
        ("{ rollouts(first: 3) { edges { node { stores(first: 4) { edges { cursor } } } } } }", 6,
         1 + 1 + 3 * (1 + 1 + 1 + 4)),
        # A fragment on a connection costs what the connection's page says, each time
        (TWO_PAGES, 3, 2 * 2 + 3 + 5),
        ("{ node(id: 1) { id ... on Store { name reason { code } } } }", 3, 5),
        # What is wrong in other ways is for the rules of GraphQL to say
        ("{ viewer { nonsense { deep } ...Unknown } }", 3, 3),
        (CYCLE, 2, 7),
    ],
)  # fmt: skip
def test_what_an_operation_weighs(document: str, depth: int, cost: int) -> None:
    weight = weigh(document, n=3)
    assert (weight.depth, weight.cost, weight.per_item) == (depth, cost, 0)


def test_introspection_has_an_allowance_of_its_own() -> None:
    weight = weigh(get_introspection_query(input_value_deprecation=True))
    assert (weight.depth, weight.introspection_depth) == (1, 15)
    assert weight.cost < 10_000


def test_variables_that_decide_how_long_a_list_is() -> None:
    document = """query ($page: Int, $more: Int, $id: ID!, $after: String) {
      stores(first: $page, after: $after) { edges { node { ...Events } } } store(id: $id) { id } }
    fragment Events on Store { events(first: $more) { edges { cursor } } }"""
    assert size_variables(parse(document)) == {"page", "more"}


def test_a_document_that_doubles_at_each_level_is_measured_in_one_pass() -> None:
    spreads = "".join(
        f"fragment F{this} on Platform {{ ...F{following} ...F{following} }} "
        for this, following in pairwise(range(101))
    )
    document = f"{{ platform {{ ...F0 }} }} {spreads} fragment F100 on Platform {{ v: version }}"
    found = measure(SCHEMA, parse(document), {})
    assert found.visited_nodes == 1 + 1 + 2 * 100 + 1
    assert found.operations[""] == QueryCost(depth=2, aliases=2**100, cost=1 + 2**100)


def test_the_most_frequent_name_is_found_in_the_whole_document() -> None:
    document = (
        "{ engines { name } ...F viewer { name } } fragment F on Query { name: viewer { role } }"
    )
    found = measure(SCHEMA, parse(document), {})
    assert (found.repeated_field, found.repetitions) == ("name", 3)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw documents whose fragments spread later ones, or any at all: cycles too."""
    count = draw(st.integers(0, 5))

    def selections(above: int, depth: int = 2) -> str:
        spreads = [f"...F{index}" for index in range(above, count)]
        leaves = ["version", "x: version", "storesByStatus { count }", *spreads]
        kinds = st.sampled_from(leaves)
        if depth:
            kinds |= st.builds(
                lambda start: start + selections(above, depth - 1),
                st.sampled_from(["... on Platform ", "... ", "... @include(if: true) "]),
            )
        return "{ " + " ".join(draw(st.lists(kinds, min_size=1, max_size=4))) + " }"

    body = "{ platform " + selections(0) + " }"
    return body + "".join(f" fragment F{i} on Platform {selections(i + 1)}" for i in range(count))


@given(documents())
def test_measured_is_what_unfolding_gives(text: str) -> None:
    document = parse(text)
    found = measure(SCHEMA, document, {})
    assert found.operations[""] == unfolded(document)
    assert found.visited_nodes == nodes_of(document)


def unfolded(document: DocumentNode) -> QueryCost:
    """Measure naively: enter every fragment each time it is spread."""
    fragments = {
        definition.name.value: definition.selection_set
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }

    def enter(node: SelectionSetNode, depth: int) -> tuple[int, int, int]:
        deepest, aliases, cost = 0, 0, 0
        for item in node.selections:
            inside, size = (0, 0, 0), 1
            if isinstance(item, FragmentSpreadNode):
                inside = enter(fragments[item.name.value], depth)
            elif isinstance(item, InlineFragmentNode):
                inside = enter(item.selection_set, depth)
            elif isinstance(item, FieldNode):
                size = USUAL_SIZES.get(f"Platform.{item.name.value}", 1)
                if item.selection_set:
                    inside = enter(item.selection_set, depth + 1)
                aliases += item.alias is not None
                cost += 1
            deepest = max(deepest, depth + isinstance(item, FieldNode), inside[0])
            aliases, cost = aliases + inside[1], cost + size * inside[2]
        return deepest, aliases, cost

    (operation,) = (
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    )
    depth, aliases, cost = enter(operation.selection_set, 0)
    return QueryCost(depth=depth, aliases=aliases, cost=cost)


def nodes_of(document: DocumentNode) -> int:
    def count(node: SelectionSetNode | None) -> int:
        return sum(
            1 + count(getattr(item, "selection_set", None))
            for item in (node.selections if node else ())
        )

    return sum(count(getattr(item, "selection_set", None)) for item in document.definitions)
