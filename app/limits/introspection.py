"""Answers questions about the schema once for all callers who ask in the same words.

The usual introspection query takes the event loop for as long as a hundred other queries, and its
answer is always the same. So the last few answers are kept. Questions whose answer is not kept are
counted for each caller, and limited.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from graphql import DocumentNode, ExecutionResult

from app.http.encoding import encode_json
from app.limits.roots import root_fields

META_FIELDS = frozenset({"__schema", "__type"})
_ALWAYS_THE_SAME = META_FIELDS | {"__typename"}
_KEPT = 8  # answers; that to the usual introspection query takes 2 MB

_Key = tuple[str, str | None, str]


def introspects(document: DocumentNode, operation_name: str | None) -> bool:
    """Return whether an operation asks for the schema, alone or among other things."""
    return not META_FIELDS.isdisjoint(root_fields(document, operation_name).values())


class SchemaAnswers:
    """The last answers to operations that ask for the schema and nothing else."""

    def __init__(self) -> None:
        self._answers: OrderedDict[_Key, ExecutionResult] = OrderedDict()

    def has(self, document: DocumentNode, name: str | None, variables: object) -> bool:
        """Return whether the answer is kept."""
        return _key(document, name, variables) in self._answers

    def wrap(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        """Return a wrapper of graphql-core's ``execute`` that uses and keeps these answers."""

        def execute_once(schema: Any, document: DocumentNode, **options: Any) -> Any:
            name, variables = options.get("operation_name"), options.get("variable_values")
            fields = set(root_fields(document, name).values())
            # Any other field may have another answer for another caller, or a moment later.
            if META_FIELDS.isdisjoint(fields) or not fields <= _ALWAYS_THE_SAME:
                return execute(schema, document, **options)
            key = _key(document, name, variables)
            if key not in self._answers:
                result = execute(schema, document, **options)
                if not isinstance(result, ExecutionResult) or result.errors:
                    return result
                self._answers[key] = result
                while len(self._answers) > _KEPT:
                    self._answers.popitem(last=False)
            self._answers.move_to_end(key)
            # A new object for each caller, because Strawberry sets ``extensions`` on it.
            return ExecutionResult(self._answers[key].data)

        return execute_once


def _key(document: DocumentNode, name: str | None, variables: object) -> _Key:
    # Variables are part of the key, because an argument or a directive may use them. JSON makes
    # them hashable.
    text = document.loc.source.body if document.loc else ""
    return text, name, encode_json(variables)
