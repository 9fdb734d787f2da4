"""Reads fields that are mere attributes directly, which most of every answer is.

For each field graphql-core notes its path, describes the call to a resolver, looks for arguments
and middleware, and asks of every value, at every level of its type, what it may be: 5 µs a field,
4 ms for 50 stores. A plain field needs none of that, and what is plain all the way down is read in
one go. An object whose plain fields are not as plain as they should be (a value that is missing, or
does not fit its type; a directive whose condition is null) goes the long way round, so that errors
are the same as ever.
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
    """A field without resolver; ``type`` is its type when it is not null.

    ``is_text`` says that a string is sent as it is.
    """

    attribute: str
    type: GraphQLNullableType
    is_nullable: bool
    is_text: bool


PlainFields = dict[tuple[str, str], PlainField]
Read = Callable[[Any], Any]
"""Returns what is sent of a value that is not null; raises what it likes if it is none it knows."""


class _NotPlainError(Exception):
    """A value is not what a plain field's should be."""


class PlainFieldExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor with a short way for plain fields."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
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
        """Return the values of an object's fields; see graphql-core's Executor."""
        try:
            plan = self._plan(parent_type, grouped_field_set)
            values = plan.read(source_value)
        except Exception:  # noqa: BLE001 - the long way says what is wrong
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
        """Return how a selection is read: found once, since all objects of a list share it."""
        kept = self._plans.get(id(grouped_field_set))
        if kept is not None:
            return kept[1]
        plan = self._make_plan(kind, grouped_field_set)
        self._plans[id(grouped_field_set)] = grouped_field_set, plan  # kept, and so is its id
        return plan

    def _make_plan(self, kind: GraphQLObjectType, grouped_field_set: Any) -> "_Plan":
        known: dict[str, Any] = dict.fromkeys(grouped_field_set, Undefined)
        if self._plain is None:
            return _Plan(known, [], grouped_field_set)
        fields, others = [], {}
        for response_name, details in grouped_field_set.items():
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
        """Return how to read values of a type; None if that is not plain all the way down."""
        if is_leaf_type(kind):
            return kind.coerce_output_value
        if is_object_type(kind):
            return self._object_reader(kind, details)
        if not is_list_type(kind) or not is_non_null_type(kind.of_type):
            return None
        item_type = kind.of_type.of_type
        if not is_object_type(item_type) or any(field.node.directives for field in details):
            return None  # a directive may say to stream the list
        item = self._object_reader(item_type, details)
        return None if item is None else _list_reader(item)

    def _object_reader(self, kind: GraphQLObjectType, details: Any) -> Read | None:
        definition = kind.extensions.get(_DEFINITION)
        if definition is None or definition.is_type_of is not None:
            return None
        collected = self.collect_subfields(kind, details)
        plan = self._plan(kind, collected.grouped_field_set)
        if plan.others or collected.new_defer_usages:
            return None
        return _object_reader(definition.origin, plan)


class _Plan:
    """How the objects of a selection are read; ``others`` are the fields that are not plain."""

    def __init__(
        self,
        known: dict[str, Any],
        fields: Sequence[tuple[str, PlainField, Read]],
        others: dict[str, Any],
    ) -> None:
        self.others = others
        self._known = known  # all response names in their order
        self._fields = [
            (name, plain.is_text, plain.is_nullable, read) for name, plain, read in fields
        ]
        attributes = [plain.attribute for _, plain, _ in fields]
        # Of one name it would return the value, and of none it cannot be made.
        self._attributes = attrgetter(*attributes, "__class__", "__class__")

    def read(self, source: Any) -> dict[str, Any]:
        """Return what is sent of an object, Undefined for ``others``; raises if it is not plain."""
        values = self._known.copy()
        found = self._attributes(source) if self._fields else ()
        for (name, is_text, is_nullable, read), value in zip(self._fields, found, strict=False):
            if is_text and type(value) is str:
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
    """Return the plain fields of a schema by type and name; found once, and kept with it."""
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
    """Fill in what went the long way; a field that it left out is left out."""
    return {
        name: found[name] if value is Undefined else value
        for name, value in values.items()
        if value is not Undefined or name in found
    }


async def _complete_later(
    values: dict[str, Any], found: Awaitable[dict[str, Any]]
) -> dict[str, Any]:
    return _complete(values, await found)
