"""Files and functions stay short enough to be read at one go."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES, FUNCTION_LINES = 300, 40


def sources() -> Iterator[tuple[str, str]]:
    for package in ("app", "schema", "resolvers", "provisioner"):
        for file in sorted((ROOT / package).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text()


def check(lengths: Mapping[str, int], most: int) -> None:
    too_long = {name: lines for name, lines in lengths.items() if lines > most}
    assert too_long == {}, f"Split what has a name of its own; {most} lines are enough."


def test_no_file_is_long() -> None:
    check({name: len(text.splitlines()) for name, text in sources()}, FILE_LINES)


def test_no_function_is_long() -> None:
    lengths = {
        f"{name}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    check(lengths, FUNCTION_LINES)
