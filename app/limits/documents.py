"""Parses and validates GraphQL documents once per text, and refuses those that ask for too much.

The limits are checked before GraphQL's own validation rules. One of these rules, that fields of the
same name can be merged, compares every such field with every other: 4 KB of ``platform{version}``,
repeated, blocked the event loop for over a second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationType,
    get_operation_ast,
    parse,
    specified_rules,
)
from strawberry.extensions import MaskErrors
from strawberry.schema.schema import validate_document

from app.limits.errors import too_complex
from app.limits.inputs import refusal_of_literals, refusal_of_variables
from app.limits.query_cost import Measures, QueryCost, measure, size_variables
from resolvers.errors import PublicError

# Clients use far fewer documents. The number is bounded for the sake of memory: a document of a
# thousand tokens takes up to 0.7 MB when it is parsed.
_CACHED_DOCUMENTS = 100

# graphql-core has no error class of its own for this: only the message tells.
_TOO_MANY_TOKENS = "Syntax Error: Document contains more than "


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The most that a document may ask for; ``QueryCost`` and ``Measures`` explain the numbers."""

    tokens: int
    depth: int
    introspection_depth: int
    aliases: int
    repetitions: int
    cost: int
    introspection: bool


class DocumentPolicy:
    """Checks documents against the limits for one schema, and remembers the latest results.

    All requests share one policy.
    """

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self._schema = schema
        self.limits = limits
        self._rules = (
            *specified_rules,
            *(() if limits.introspection else (NoSchemaIntrospectionCustomRule,)),
        )
        # Caches of this object. A decorator's cache would be shared by all policies, and keep them
        # in memory.
        self.parse = lru_cache(_CACHED_DOCUMENTS)(self._parse)
        self._size_variables = lru_cache(_CACHED_DOCUMENTS)(self._find_size_variables)
        self.check = lru_cache(_CACHED_DOCUMENTS)(self._check)

    def errors(self, text: str, variables: object) -> list[GraphQLError]:
        """Return the errors of a parsable document: it asks for too much, or is not valid.

        The variables are checked too, by the rule in ``app.limits.inputs``.
        """
        given = variables if isinstance(variables, dict) else {}
        if refused := refusal_of_variables(given):
            return [refused]
        # Only the variables that decide how long a list is belong to the cache's key. With all of
        # them nearly every request would be validated anew. A value that is no number is left out:
        # ``measure`` then takes the list to be as long as it can be.
        values = ((name, given.get(name)) for name in sorted(self._size_variables(text)))
        sizes = tuple((name, value) for name, value in values if isinstance(value, int))
        return list(self.check(text, sizes))

    def is_subscription(self, text: str, operation_name: str | None) -> bool:
        """Return whether a document's operation is a subscription; False if it cannot be parsed."""
        try:
            operation = get_operation_ast(self.parse(text), operation_name)
        except GraphQLSyntaxError:
            return False
        return operation is not None and operation.operation == OperationType.SUBSCRIPTION

    def _parse(self, text: str) -> DocumentNode:
        return parse(text, max_tokens=self.limits.tokens)

    def _find_size_variables(self, text: str) -> frozenset[str]:
        return size_variables(self.parse(text))

    def _check(self, text: str, sizes: tuple[tuple[str, int], ...]) -> tuple[GraphQLError, ...]:
        document = self.parse(text)
        if refused := refusal_of_literals(document):
            return (refused,)
        measures = measure(self._schema, document, dict(sizes))
        excesses = tuple(_excesses(measures, self.limits))
        # A document that asks for too much is not validated: see the module's docstring.
        return excesses or tuple(validate_document(self._schema, document, self._rules))


class DocumentLimiter(MaskErrors):
    """Applies a policy to each operation.

    It derives from ``MaskErrors`` to replace the parser's error about too many tokens by our own,
    which has a code.
    """

    def __init__(self, policy: DocumentPolicy) -> None:
        super().__init__(should_mask_error=_is_token_limit)
        self._policy = policy

    def on_operation(self) -> Iterator[None]:
        # For the documents that Strawberry parses itself: see ``on_parse``.
        self.execution_context.parse_options["max_tokens"] = self._policy.limits.tokens
        yield from super().on_operation()

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        try:
            context.graphql_document = self._policy.parse(context.query or "")
        except GraphQLSyntaxError:
            # An error raised here would end a websocket's operation without an answer. With no
            # document set, Strawberry parses the text again, and answers with the error.
            context.graphql_document = None
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        context.pre_execution_errors = self._policy.errors(context.query or "", context.variables)
        yield

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:  # noqa: ARG002
        limit = self._policy.limits.tokens
        return too_complex(f"The document has more than {limit} tokens. Ask for less at a time.")


def _is_token_limit(error: GraphQLError) -> bool:
    return isinstance(error, GraphQLSyntaxError) and error.message.startswith(_TOO_MANY_TOKENS)


def _excesses(found: Measures, limits: DocumentLimits) -> Iterator[PublicError]:
    if found.repetitions > limits.repetitions:
        yield too_complex(
            f"The document selects `{found.repeated_field}` {_over(found.repetitions)} times; the"
            f" limit is {limits.repetitions}. Put what repeats into a fragment."
        )
    for name, cost in found.operations.items():
        yield from _excesses_of(
            f"The operation `{name}`" if name else "The operation", cost, limits
        )


def _excesses_of(subject: str, cost: QueryCost, limits: DocumentLimits) -> Iterator[PublicError]:
    if cost.depth > limits.depth:
        yield too_complex(
            f"{subject} is {_over(cost.depth)} fields deep; the limit is {limits.depth}. Ask for"
            " what lies deeper in a request of its own."
        )
    if cost.introspection_depth > limits.introspection_depth:
        yield too_complex(
            f"{subject} looks {_over(cost.introspection_depth)} fields deep into the schema; the"
            f" limit is {limits.introspection_depth}. Use the usual introspection query."
        )
    if cost.aliases > limits.aliases:
        yield too_complex(
            f"{subject} has {_over(cost.aliases)} aliases, those in fragments each time they are"
            f" spread; the limit is {limits.aliases}. Use several requests."
        )
    if cost.cost > limits.cost:
        yield too_complex(
            f"{subject} may answer with {_over(cost.cost)} fields; the limit is {limits.cost}."
            " Ask for smaller pages (`first`) or fewer fields."
        )


def _over(number: int) -> str:
    """Return a number as text. Nested lists multiply, so a number may have hundreds of digits."""
    return str(number) if number < 10**9 else "over 1000000000"
