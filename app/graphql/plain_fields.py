"""Reads fields that have no resolver directly from their objects, without graphql-core's overhead.

For each field graphql-core builds a path and the arguments of a resolver call, looks for
middleware, and checks the value at every level of its type. That takes 5 µs for a field, and 4 ms
for a page of 50 stores. A plain field, which is a mere attribute of its object, needs none of it.
A selection that has only plain fields at every level is read in a single pass.

Some objects do not fit: a value is missing or has a wrong type, or the condition of a directive is
null. graphql-core then executes the object in its own way, so that the errors are always its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeGuard

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLNullableType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

_KEY = "store-platform-plain-fields"
_DEFINITION = "strawberry-definition"
_TYPENAME = "__typename"


@dataclass(frozen=True, slots=True)
class PlainField:
    """A field without a resolver.

    ``attribute`` is the name of the Python attribute to read. ``type`` is the field's type without
    its non-null mark. ``is_text`` says that a string can be sent without conversion.
    """

    attribute: str
    type: GraphQLNullableType
    is_nullable: bool
    is_text: bool


PlainFields = dict[tuple[str, str], PlainField]
Read = Callable[[Any], Any]
"""Returns what is sent for a value that is not null; raises any exception if it does not fit."""


class _NotPlainError(Exception):
    """Raised when a value cannot be read directly, so that graphql-core executes its object."""


class PlainFieldExecutor(StrawberryGraphQLCoreExecutionContext):
    """Extends Strawberry's executor: plain fields are read directly."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # A middleware wants to see each field, so with one no field is read directly.
        has_middleware = self.middleware_manager and self.middleware_manager.middlewares
        self._plain = None if has_middleware else plain_fields(self.schema)
        self._plans: dict[int, tuple[Any, _Plan]] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Return the values of an object's fields; see graphql-core's ``Executor``."""
        try:
            plan = self._plan(parent_type, grouped_field_set)
            values = plan.read(source_value)
        except Exception:  # noqa: BLE001 - graphql-core finds the fault again and reports it
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        if not plan.others:
            return values
        found = super().execute_fields(
            parent_type, source_value, path, plan.others, position_context
        )
        if isinstance(found, dict):
            return _complete(values, found)
        return _complete_later(values, found)

    def _plan(self, kind: GraphQLObjectType, grouped_field_set: Any) -> "_Plan":
        """Return how a selection is read; all objects of a list share one plan."""
        kept = self._plans.get(id(grouped_field_set))
        if kept is not None:
            return kept[1]
        plan = self._make_plan(kind, grouped_field_set)
        # The set of fields cannot be hashed, so its id is the key. It is kept beside the plan:
        # Python could give the id of a freed object to another one.
        self._plans[id(grouped_field_set)] = grouped_field_set, plan
        return plan

    def _make_plan(self, kind: GraphQLObjectType, grouped_field_set: Any) -> "_Plan":
        known: dict[str, Any] = dict.fromkeys(grouped_field_set, Undefined)
        if self._plain is None:
            return _Plan(known, [], grouped_field_set)
        fields, others = [], {}
        for response_name, details in grouped_field_set.items():
            # Validation has made sure that all nodes of one response name ask for the same field.
            name = details[0].node.name.value
            plain = self._plain.get((kind.name, name))
            if name == _TYPENAME:
                known[response_name] = kind.name
            elif plain is not None and (read := self._reader(plain.type, details)) is not None:
                fields.append((response_name, plain, read))
            else:
                others[response_name] = details
        return _Plan(known, fields, others)

    def _reader(self, kind: GraphQLNullableType, details: Any) -> Read | None:
        """Return how to read values of a type, or None if not every field below it is plain."""
        if is_leaf_type(kind):
            return kind.coerce_output_value
        if is_object_type(kind):
            return self._object_reader(kind, details)
        if not is_list_type(kind) or not is_non_null_type(kind.of_type):
            return None
        item_type = kind.of_type.of_type
        if not is_object_type(item_type) or any(field.node.directives for field in details):
            return None  # the directive may be @stream, which sends the list in parts
        item = self._object_reader(item_type, details)
        return None if item is None else _list_reader(item)

    def _object_reader(self, kind: GraphQLObjectType, details: Any) -> Read | None:
        definition = kind.extensions.get(_DEFINITION)
        # A type with ``is_type_of`` decides for itself which objects it accepts.
        if definition is None or definition.is_type_of is not None:
            return None
        collected = self.collect_subfields(kind, details)
        plan = self._plan(kind, collected.grouped_field_set)
        # @defer sends a part of the object later, which a single pass cannot do.
        if plan.others or collected.new_defer_usages:
            return None
        return _object_reader(definition.origin, plan)


class _Plan:
    """Reads the objects of a selection.

    ``others`` are the fields that are not plain: graphql-core executes these.
    """

    def __init__(
        self,
        known: dict[str, Any],
        fields: Sequence[tuple[str, PlainField, Read]],
        others: dict[str, Any],
    ) -> None:
        self.others = others
        # Holds every response name, because GraphQL answers in the order of the selection.
        self._known = known
        self._fields = [
            (name, plain.is_text, plain.is_nullable, read) for name, plain, read in fields
        ]
        attributes = [plain.attribute for _, plain, _ in fields]
        # attrgetter returns a bare value for one name, and raises TypeError without a name. With
        # two more names that every object has, it always returns a tuple.
        self._attributes = attrgetter(*attributes, "__class__", "__class__")

    def read(self, source: Any) -> dict[str, Any]:
        """Return the values to send for an object, with Undefined for each of ``others``.

        Raises any exception when a value does not fit its field.
        """
        values = self._known.copy()
        # Not strict: the two additional attributes at the end of the tuple have no field.
        found = self._attributes(source) if self._fields else ()
        for (name, is_text, is_nullable, read), value in zip(self._fields, found, strict=False):
            if is_text and type(value) is str:  # a subclass, such as an enum, is converted below
                values[name] = value
            elif value is not None:
                values[name] = sent = read(value)
                if sent is None or sent is Undefined:
                    raise _NotPlainError
            elif not is_nullable:
                raise _NotPlainError
            else:
                values[name] = None
        return values


def _object_reader(origin: type, plan: _Plan) -> Read:
    def read(value: Any) -> Any:
        # An object of another class may still be right: Strawberry decides that.
        if type(value) is not origin:
            raise _NotPlainError
        return plan.read(value)

    return read


def _list_reader(item: Read) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise _NotPlainError
        return [item(each) for each in value]

    return read


def plain_fields(schema: GraphQLSchema) -> PlainFields:
    """Return the plain fields of a schema, by type name and field name."""
    # They are kept in the schema itself, because each operation has a new executor.
    kept: PlainFields | None = schema.extensions.get(_KEY)
    if kept is not None:
        return kept
    found: PlainFields = {}
    for kind in schema.type_map.values():
        for name, field in kind.fields.items() if is_object_type(kind) else ():
            if _is_plain(definition := field.extensions.get(_DEFINITION)):
                found[kind.name, name] = _plain_field(definition.python_name, field)
    schema.extensions[_KEY] = found
    return found


def _is_plain(definition: Any) -> TypeGuard[StrawberryField]:
    return isinstance(definition, StrawberryField) and definition.is_basic_field


def _plain_field(attribute: str, field: GraphQLField) -> PlainField:
    kind = get_nullable_type(field.type)
    return PlainField(
        attribute,
        kind,
        is_nullable=not is_non_null_type(field.type),
        is_text=kind in (GraphQLString, GraphQLID),
    )


def _complete(values: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Put the fields that graphql-core has executed in their places.

    A field that graphql-core leaves out is left out here too.
    """
    return {
        name: found[name] if value is Undefined else value
        for name, value in values.items()
        if value is not Undefined or name in found
    }


async def _complete_later(
    values: dict[str, Any], found: Awaitable[dict[str, Any]]
) -> dict[str, Any]:
    return _complete(values, await found)
