"""Questions about the schema: answered once for all who ask in the same words.

Working the usual one out takes the event loop for as long as a hundred other queries, and the
answer is always the same. The last few are kept; what else a caller asks is counted.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from graphql import DocumentNode, ExecutionResult

from app.http.encoding import encode_json
from app.limits.roots import root_fields

META_FIELDS = frozenset({"__schema", "__type"})
_ALWAYS_THE_SAME = META_FIELDS | {"__typename"}
_KEPT = 8  # answers; the usual one is 2 MB while it is kept

_Key = tuple[str, str | None, str]


def introspects(document: DocumentNode, operation_name: str | None) -> bool:
    """Whether an operation asks for the schema, among other things or alone."""
    return not META_FIELDS.isdisjoint(root_fields(document, operation_name).values())


class SchemaAnswers:
    """The last answers to operations that ask for the schema and nothing else."""

    def __init__(self) -> None:
        self._answers: OrderedDict[_Key, ExecutionResult] = OrderedDict()

    def has(self, document: DocumentNode, name: str | None, variables: object) -> bool:
        """Whether the answer is there already."""
        return _key(document, name, variables) in self._answers

    def wrap(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        """Return graphql-core's ``execute``, which works out only what is not there already."""

        def execute_once(schema: Any, document: DocumentNode, **options: Any) -> Any:
            name, variables = options.get("operation_name"), options.get("variable_values")
            fields = set(root_fields(document, name).values())
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
            return ExecutionResult(self._answers[key].data)

        return execute_once


def _key(document: DocumentNode, name: str | None, variables: object) -> _Key:
    text = document.loc.source.body if document.loc else ""
    return text, name, encode_json(variables)
