"""Reads fields that are mere attributes directly, which most of every answer is.

For each field graphql-core notes its path, describes the call to a resolver, looks for arguments
and middleware, and asks of every value, at every level of its type, what it may be: 5 µs a field,
4 ms for 50 stores. A plain field needs none of that. Whatever is not as plain as it should be (a
value that is missing, or does not fit its type) goes the long way round, so that errors are the
same as ever.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeGuard

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

_KEY = "store-platform-plain-fields"
_DEFINITION = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class PlainField:
    """A field without resolver; ``leaf`` is its type if that is a scalar or an enum.

    ``is_text`` says that a string is sent as it is.
    """

    attribute: str
    leaf: GraphQLLeafType | None
    is_nullable: bool
    is_text: bool


PlainFields = dict[tuple[str, str], PlainField]
Plan = list[tuple[str, PlainField | None]]
"""The fields of a selection by response name, None for those that are not plain."""


class PlainFieldExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor with a short way for plain fields."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        has_middleware = self.middleware_manager and self.middleware_manager.middlewares
        self._plain = {} if has_middleware else plain_fields(self.schema)
        self._plans: dict[int, tuple[Any, Plan]] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Return the values of an object's fields; see graphql-core's Executor."""
        values: dict[str, Any] = {}
        others = {}
        for response_name, plain in self._plan(parent_type.name, grouped_field_set):
            value = Undefined if plain is None else _read(plain, source_value)
            values[response_name] = value  # also of the others, to keep the order
            if value is Undefined:
                others[response_name] = grouped_field_set[response_name]
        if not others:
            return values
        found = super().execute_fields(parent_type, source_value, path, others, position_context)
        if isinstance(found, dict):
            return _complete(values, found)
        return _complete_later(values, found)

    def _plan(self, kind: str, grouped_field_set: Any) -> Plan:
        """Return how a selection is read: found once, since all objects of a list share it."""
        kept = self._plans.get(id(grouped_field_set))
        if kept is not None:
            return kept[1]
        plan = [
            (response_name, self._plain.get((kind, details[0].node.name.value)))
            for response_name, details in grouped_field_set.items()
        ]
        self._plans[id(grouped_field_set)] = grouped_field_set, plan  # kept, and so is its id
        return plan


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
    leaf = kind if is_leaf_type(kind) else None
    return PlainField(
        attribute,
        leaf,
        is_nullable=not is_non_null_type(field.type),
        is_text=leaf in (GraphQLString, GraphQLID),
    )


def _read(plain: PlainField, source: Any) -> Any:
    """Return what is sent of a value; Undefined where it goes the long way."""
    value = getattr(source, plain.attribute, Undefined)
    if plain.is_text and type(value) is str:
        return value
    if value is None and plain.is_nullable:
        return None
    if plain.leaf is None or value is Undefined:  # an object, or there is no such attribute
        return Undefined
    try:
        coerced = plain.leaf.coerce_output_value(value)
    except Exception:  # noqa: BLE001 - the long way says what is wrong
        return Undefined
    return Undefined if coerced is None else coerced


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
