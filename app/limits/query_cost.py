"""Measures a GraphQL document without unfolding it, in time linear in the document's length.

To unfold a document is to replace each spread by its fragment. Where fragments double at each
level, 815 bytes unfold to millions of fields, and Strawberry's own limiters of depth and aliases
take seconds for them. Here each fragment is measured once and looked up from then on, so there are
as many steps as the document has nodes. The results are those of the unfolded document, before
equal fields are merged.

The cost is the number of fields that an operation may answer with. What a list selects counts once
for each item that the list may have. That number is the list's argument ``first``; for the list
inside a connection, it is the ``first`` of the connection; otherwise it is the usual length of such
a list.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

USUAL_SIZE = 10
USUAL_SIZES = {
    "Store.steps": 8,
    "Operation.steps": 8,
    "Store.pods": 4,
    "Pod.containers": 2,
    "Query.engines": 4,
    "Engine.versions": 4,
    "Engine.plans": 4,
    # There are few, but each store's are a question to the cluster: one store's may be asked for,
    # and not those of a page of stores.
    "Store.planChanges": 300,
    "Backup.counts": 2,
    "Rollout.counts": 5,
    "RolloutPlan.counts": 5,
    "RolloutPlan.stores": 100,
    "StoreUpdate.events": 4,
    "StoresChange.stores": 20,
    "Platform.storesByStatus": 7,
    "__Schema.types": 50,
}
"""Items in a list that has no ``first``. A list that is not named here counts as ``USUAL_SIZE``
items. In the introspection, where most lists are empty, it counts as one."""

LARGEST_PAGE = 100
LARGEST_PAGES = {"Store.events": 500}
"""What a larger ``first`` counts as. The resolvers refuse it with an error of their own."""

_INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True, slots=True)
class QueryCost:
    """The measures of one part of a document.

    ``depth`` is the number of fields within each other, and ``introspection_depth`` the same below
    ``__schema`` and ``__type``. ``per_item`` is the cost of a connection's inner lists for one item
    of the page. Only the field that returns the connection knows how many items the page has.
    """

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    cost: int = 0
    per_item: int = 0

    def __add__(self, other: "QueryCost") -> "QueryCost":
        """Return the measures of two parts that stand beside each other."""
        return QueryCost(
            max(self.depth, other.depth),
            max(self.introspection_depth, other.introspection_depth),
            self.aliases + other.aliases,
            self.cost + other.cost,
            self.per_item + other.per_item,
        )


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of a document: of each operation, unfolded, and of its most frequent field.

    ``visited_nodes`` is the number of selections that were measured. Tests use it to show that the
    time is linear.
    """

    operations: Mapping[str, QueryCost]
    repeated_field: str
    repetitions: int
    visited_nodes: int


Sizes = Mapping[str, int]
"""The values of variables given to a ``first``. An unknown value counts as the largest page."""


def size_variables(document: DocumentNode) -> frozenset[str]:
    """Return the names of the variables that decide how long a list is."""
    return frozenset(
        argument.value.name.value
        for field in _fields(document)
        for argument in field.arguments or ()
        if argument.name.value == "first" and isinstance(argument.value, VariableNode)
    )


def measure(schema: GraphQLSchema, document: DocumentNode, sizes: Sizes) -> Measures:
    """Return the measures of a document. It need not be valid: what is unknown counts little."""
    measuring = _Measuring(schema, document, sizes)
    operations = {
        definition.name.value if definition.name else "": measuring.operation(definition)
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    }
    # By the name in the answer: GraphQL's rule on merging compares the fields that share one.
    names = Counter((field.alias or field.name).value for field in _fields(document))
    name, repetitions = max(names.items(), key=lambda item: item[1], default=("", 0))
    return Measures(operations, name, repetitions, measuring.visited_nodes)


class _Measuring:
    """Measures one document: its fragments at once, its operations when it is asked to."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, sizes: Sizes) -> None:
        self._schema = schema
        self._sizes = sizes
        self._fragments: dict[str, QueryCost] = {}
        self.visited_nodes = 0
        for fragment in _dependencies_first(document):
            self._fragments[fragment.name.value] = self._selections(
                fragment.selection_set, self._type(fragment.type_condition.name.value)
            )

    def operation(self, node: OperationDefinitionNode) -> QueryCost:
        return self._selections(node.selection_set, self._schema.get_root_type(node.operation))

    def _selections(self, node: SelectionSetNode, parent: GraphQLNamedType | None) -> QueryCost:
        total = QueryCost()
        for selection in node.selections:
            self.visited_nodes += 1
            if isinstance(selection, FieldNode):
                total += self._field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                # A fragment that does not exist or spreads itself counts nothing: GraphQL's own
                # rules refuse such a document.
                total += self._fragments.get(selection.name.value, QueryCost())
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                kind = self._type(condition.name.value) if condition else parent
                total += self._selections(selection.selection_set, kind)
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> QueryCost:
        definition = _definition(self._schema, parent, node.name.value)
        inner = QueryCost()
        if node.selection_set:
            kind = get_named_type(definition.type) if definition else None
            inner = self._selections(node.selection_set, kind)
        # Introspection has a limit of its own: the usual query is deeper than any other may be.
        is_introspection = node.name.value in _INTROSPECTION
        once, per_item = self._cost(node, inner, definition, parent)
        return QueryCost(
            depth=1 if is_introspection else inner.depth + 1,
            introspection_depth=inner.depth + 1 if is_introspection else inner.introspection_depth,
            aliases=inner.aliases + (node.alias is not None),
            cost=once,
            per_item=per_item,
        )

    def _cost(
        self,
        node: FieldNode,
        inner: QueryCost,
        definition: GraphQLField | None,
        parent: GraphQLNamedType | None,
    ) -> tuple[int, int]:
        """Return the field's own cost, and its cost for each item of the connection it is in."""
        place = f"{parent.name}.{node.name.value}" if parent else ""
        size = self._first(node, definition, LARGEST_PAGES.get(place, LARGEST_PAGE))
        # No list: an object, a scalar, or a connection, whose lists multiply by its page.
        if definition is None or not is_list_type(get_nullable_type(definition.type)):
            return 1 + inner.cost + (size or USUAL_SIZE) * inner.per_item, 0
        # A list inside a connection, such as ``edges``: the field above multiplies it.
        if size is None and parent is not None and parent.name.endswith("Connection"):
            return 1, inner.cost
        # Any other list.
        usual = 1 if place.startswith("__") else USUAL_SIZE
        return 1 + (size or USUAL_SIZES.get(place, usual)) * inner.cost, 0

    def _first(self, node: FieldNode, definition: GraphQLField | None, largest: int) -> int | None:
        """Return the field's ``first`` or its default, at most ``largest``; None if it has none."""
        declared = definition.args.get("first") if definition else None
        if declared is None:
            return None
        arguments = {item.name.value: item.value for item in node.arguments or ()}
        given = arguments.get("first")
        size: object = declared.default_value
        if isinstance(given, IntValueNode):
            size = int(given.value)
        elif isinstance(given, VariableNode):
            size = self._sizes.get(given.name.value, largest)
        # A ``first`` of 0 or less is refused by the resolvers. It must not make a list free here.
        return min(max(size, 1), largest) if isinstance(size, int) else largest

    def _type(self, name: str) -> GraphQLNamedType | None:
        return self._schema.get_type(name)


def _definition(
    schema: GraphQLSchema, parent: GraphQLNamedType | None, name: str
) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return schema.get_field(parent, name)
    return None


def _dependencies_first(document: DocumentNode) -> list[FragmentDefinitionNode]:
    """Return the fragments, each after those that it spreads.

    A spread that closes a cycle is ignored. The walk is depth first and without recursion, because
    a chain of fragments may be as long as the document.
    """
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    ordered: dict[str, FragmentDefinitionNode] = {}
    begun: set[str] = set()
    for root, fragment in fragments.items():
        path = [(root, _spreads(fragment))] if root not in begun else []
        begun.add(root)
        while path:
            name, spreads = path[-1]
            # ``spreads`` is an iterator: it goes on where the last look at this fragment stopped.
            following = next(
                (one for one in spreads if one in fragments and one not in begun), None
            )
            if following is None:
                ordered[name] = fragments[name]
                path.pop()
            else:
                begun.add(following)
                path.append((following, _spreads(fragments[following])))
    return list(ordered.values())


def _spreads(fragment: FragmentDefinitionNode) -> Iterator[str]:
    for node in _walk(fragment.selection_set):
        if isinstance(node, FragmentSpreadNode):
            yield node.name.value


def _fields(document: DocumentNode) -> Iterator[FieldNode]:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            for node in _walk(definition.selection_set):
                if isinstance(node, FieldNode):
                    yield node


def _walk(
    selection_set: SelectionSetNode,
) -> Iterator[FieldNode | FragmentSpreadNode | InlineFragmentNode]:
    """Yield every selection at any depth, without entering the fragments that are spread."""
    waiting = [selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode | FragmentSpreadNode | InlineFragmentNode):
                yield node
            if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                waiting.append(node.selection_set)
