"""Limits the length of everything that a caller sends: every text, list, object and name.

One rule holds for all arguments, input fields and variables, also for those that are added later.
It is checked before anything is executed, and its error names the argument that is too long.
Narrower rules, such as at most 40 characters for a store's name, belong to the domain.
"""

from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    ListValueNode,
    NameNode,
    ObjectFieldNode,
    StringValueNode,
    Visitor,
    visit,
)

from resolvers.errors import PublicError

MAX_TEXT = 1000
"""Characters of a text or a name. The longest texts that a client needs are cursors."""
MAX_ITEMS = 100
"""Items of a list, and fields of an object."""
MAX_DEPTH = 10
"""Levels of lists and objects within each other."""


def refusal_of_variables(variables: dict[str, Any]) -> PublicError | None:
    """Return the error for a variable that is too long, too deep or not valid text, or None."""
    # A stack and no recursion, because the caller decides how deep the values are nested.
    waiting: list[tuple[str, int, Any]] = [("variables", 0, variables)]
    while waiting:
        name, depth, value = waiting.pop()
        if refused := _refusal(name, depth, value):
            return refused
        if isinstance(value, dict):
            for key, item in value.items():
                # The error cannot name the key: it may be the key that is too long.
                if refused := _refusal("variables", depth, key):
                    return refused
                waiting.append((key, depth + 1, item))
        elif isinstance(value, list):
            waiting += [(name, depth + 1, item) for item in value]
    return None


def refusal_of_text(name: str, text: str) -> PublicError | None:
    """Return the error for a text that is too long or has a NUL character, or None."""
    if len(text) > MAX_TEXT:
        return _too_long(name, f"has {len(text)} characters; the limit is {MAX_TEXT}")
    if "\0" in text:  # PostgreSQL cannot store one in a text
        message = f"`{name}` has a NUL character in it, which no text can have. Leave it out."
        return PublicError("INPUT_INVALID", message, name)
    return None


def refusal_of_literals(document: DocumentNode) -> PublicError | None:
    """Return the error for the first value in a document that is too long or invalid, or None."""
    visitor = _Literals()
    visit(document, visitor)
    return visitor.refused


class _Literals(Visitor):
    """Checks each value under the name of the argument or field that it is given for."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: PublicError | None = None
        self._name = "document"

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        self._enter(node)

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        self._enter(node)

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        self.refused = self.refused or refusal_of_text(self._name, node.value)

    def enter_list_value(self, node: ListValueNode, *_: object) -> None:
        self.refused = self.refused or _refusal(self._name, 0, node.values)

    def enter_name(self, node: NameNode, *_: object) -> None:
        self.refused = self.refused or refusal_of_text("document", node.value)

    def _enter(self, node: ArgumentNode | ObjectFieldNode) -> None:
        # The name is visited only after this, so it may still be too long to be quoted.
        self._name = node.name.value[:MAX_TEXT]


def _refusal(name: str, depth: int, value: object) -> PublicError | None:
    if isinstance(value, str):
        return refusal_of_text(name, value)
    if not isinstance(value, dict | list | tuple):
        return None
    if len(value) > MAX_ITEMS:
        return _too_long(name, f"has {len(value)} items; the limit is {MAX_ITEMS}")
    if depth > MAX_DEPTH:
        return _too_long(name, f"is nested too deep; the limit is {MAX_DEPTH}")
    return None


def _too_long(name: str, what: str) -> PublicError:
    return PublicError("INPUT_TOO_LONG", f"`{name}` {what}.", name)
