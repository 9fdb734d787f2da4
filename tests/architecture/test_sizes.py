"""Files and functions stay short enough to be read at one go.

Blank lines, comments and docstrings do not count: nobody shall leave out a reason to save a line.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES, FUNCTION_LINES = 300, 40

Definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> Iterator[tuple[str, str]]:
    for package in ("app", "schema", "resolvers", "provisioner"):
        for file in sorted((ROOT / package).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text()


def lines_of_code(text: str, tree: ast.Module) -> set[int]:
    """Return the numbers of the lines that are not blank, a comment, or part of a docstring."""
    lines = {
        number
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    }
    for node in ast.walk(tree):
        if isinstance(node, Definition) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return lines


def check(lengths: Mapping[str, int], most: int) -> None:
    too_long = {name: lines for name, lines in lengths.items() if lines > most}
    assert too_long == {}, f"Split what has a name of its own; {most} lines are enough."


def test_no_file_is_long() -> None:
    check({name: len(lines_of_code(text, ast.parse(text))) for name, text in sources()}, FILE_LINES)


def test_no_function_is_long() -> None:
    lengths: dict[str, int] = {}
    for name, text in sources():
        tree = ast.parse(text)
        lines = lines_of_code(text, tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                own = range(node.lineno, (node.end_lineno or 0) + 1)
                lengths[f"{name}: {node.name}"] = len(lines.intersection(own))
    check(lengths, FUNCTION_LINES)
