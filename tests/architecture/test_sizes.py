"""Files and functions stay short enough to be read at one go."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES, FUNCTION_LINES = 300, 40

LONGER_FILES = {
    "app/local/cluster/stages.py": 382,  # what simulated pods do: one literal for each phase
}
LONGER_FUNCTIONS = {
    "app/local/cluster/stages.py: _healthy_stages": 71,  # the literals themselves
    "app/local/cluster/stages.py: _faulty_stages": 123,
}
"""What is longer all the same, with the most lines that it may have."""


def sources() -> Iterator[tuple[str, str]]:
    for package in ("app", "schema", "resolvers", "provisioner"):
        for file in sorted((ROOT / package).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text()


def check(lengths: Mapping[str, int], usual: int, longer: Mapping[str, int]) -> None:
    too_long = {name: n for name, n in lengths.items() if n > longer.get(name, usual)}
    assert too_long == {}, f"Split what has a name of its own; {usual} lines are enough."
    short_by_now = {name for name in longer if lengths.get(name, 0) <= usual}
    assert short_by_now == set(), "These need no exception any more."


def test_no_file_is_long() -> None:
    check({name: len(text.splitlines()) for name, text in sources()}, FILE_LINES, LONGER_FILES)


def test_no_function_is_long() -> None:
    lengths = {
        f"{name}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    check(lengths, FUNCTION_LINES, LONGER_FUNCTIONS)
