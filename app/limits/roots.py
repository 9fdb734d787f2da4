"""Finds the root fields of an operation."""

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    get_operation_ast,
)


def root_fields(document: DocumentNode, operation_name: str | None) -> dict[str, str]:
    """Return the names of the root fields that an operation runs, by their names in the answer.

    Fields with the same name in the answer run once, so they count once.
    """
    fragments = {
        definition.name.value: definition.selection_set
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    operation = get_operation_ast(document, operation_name)
    waiting: list[SelectionSetNode] = [operation.selection_set] if operation else []
    found: dict[str, str] = {}
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found[(node.alias or node.name).value] = node.name.value
            elif isinstance(node, FragmentSpreadNode):
                # Each fragment is entered once: a second time it adds nothing, and a cycle ends.
                if fragment := fragments.pop(node.name.value, None):
                    waiting.append(fragment)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
    return found
