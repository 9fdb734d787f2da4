"""Finds subscriptions whose result is the same for all subscribers of a store with equal rights.

A result is shared only if every selected field is known to depend on the store's state alone. Such
fields are plain attributes (see ``plain_fields``) and the fields named in this module. A
subscription that selects any other field, also one that a later version of the schema adds, is
executed for each subscriber.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_operation_ast,
    visit,
)

from app.graphql.plain_fields import plain_fields

_FOLLOWED = "storeStatus"
_OF_THE_SNAPSHOT = {("Store", "operation"), ("Store", "steps"), ("Store", "pods")}
"""Fields with a resolver that returns a part of the snapshot it was given."""


@dataclass(frozen=True, slots=True, eq=False)
class Shareable:
    """A subscription that can be shared.

    ``variables`` are the names of the variables on which its result depends. The variables that
    only say which store is followed, and from which version, are not among them.
    """

    document: DocumentNode
    operation_name: str | None
    variables: tuple[str, ...]


def shareable(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None
) -> Shareable | None:
    """Return the document's subscription if it can be shared. The document must be valid."""
    operation = get_operation_ast(document, operation_name)
    root = _followed(operation)
    if root is None or root.selection_set is None or schema.subscription_type is None:
        return None
    kind = get_named_type(schema.subscription_type.fields[_FOLLOWED].type)
    search = _Search(schema, document)
    if not search.is_pure(root.selection_set, kind):
        return None
    return Shareable(document, operation_name, tuple(sorted(search.variables)))


def _followed(operation: OperationDefinitionNode | None) -> FieldNode | None:
    """Return the field that follows a store, if the operation has this root field alone."""
    if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
        return None
    found = operation.selection_set.selections
    # A directive could change the result in ways that are not looked at here.
    if len(found) != 1 or operation.directives:
        return None
    (root,) = found
    is_plain = isinstance(root, FieldNode) and root.name.value == _FOLLOWED and not root.directives
    return root if is_plain and isinstance(root, FieldNode) else None


@dataclass(slots=True)
class _Search:
    """Searches a selection for fields that cannot be shared, and collects its variables.

    Each fragment is searched once, even if the document spreads it many times.
    """

    schema: GraphQLSchema
    document: DocumentNode
    variables: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def is_pure(self, selection_set: SelectionSetNode, kind: GraphQLNamedType) -> bool:
        """Return whether a selection depends on the store's state alone; note its variables."""
        return all(self._is_pure(node, kind) for node in selection_set.selections)

    def _is_pure(self, node: Node, kind: GraphQLNamedType) -> bool:
        if isinstance(node, FragmentSpreadNode):
            self._note_variables(node)
            # A fragment that was seen before needs no second answer: if it was not pure, the search
            # has ended there. This also keeps the time linear for fragments nested in fragments.
            if node.name.value in self._seen:
                return True
            self._seen.add(node.name.value)
            return all(self._is_pure_fragment(found) for found in self._fragments(node.name.value))
        if isinstance(node, InlineFragmentNode):
            self._note_variables(*(node.directives or ()))
            wanted = node.type_condition
            inner = self.schema.type_map[wanted.name.value] if wanted else kind
            return self.is_pure(node.selection_set, inner)
        return isinstance(node, FieldNode) and self._is_pure_field(node, kind)

    def _is_pure_fragment(self, fragment: FragmentDefinitionNode) -> bool:
        kind = self.schema.type_map[fragment.type_condition.name.value]
        return self.is_pure(fragment.selection_set, kind)

    def _is_pure_field(self, node: FieldNode, kind: GraphQLNamedType) -> bool:
        self._note_variables(*(node.directives or ()), *(node.arguments or ()))
        name = node.name.value
        if name == "__typename":
            return True
        # The default is to say no: a field of which nothing is known might depend on the caller.
        key = (kind.name, name)
        if key not in plain_fields(self.schema) and key not in _OF_THE_SNAPSHOT:
            return False
        if node.selection_set is None or not isinstance(kind, GraphQLObjectType):
            return True
        return self.is_pure(node.selection_set, get_named_type(kind.fields[name].type))

    def _fragments(self, name: str) -> Iterator[FragmentDefinitionNode]:
        for definition in self.document.definitions:
            if isinstance(definition, FragmentDefinitionNode) and definition.name.value == name:
                yield definition

    def _note_variables(self, *nodes: Node) -> None:
        for node in nodes:
            visit(node, _VariableNames(self.variables))


class _VariableNames(Visitor):
    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self._names = names

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self._names.add(node.name.value)
