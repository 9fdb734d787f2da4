"""The tables of values in the charts' READMEs, made from values.yaml.

``python -m tests.charts.value_tables`` writes them; a test compares.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.charts.rendering import ENGINES, PLATFORM

BEGIN, END = "<!-- values -->\n", "<!-- /values -->\n"
_LONGEST_DEFAULT = 60
KeyPath = tuple[str, ...]


def descriptions(text: str) -> dict[KeyPath, str]:
    """Return what stands after `# --` above each key of a values.yaml, by the key's path."""
    found: dict[KeyPath, str] = {}
    path: list[str] = []
    description = ""
    for line in text.splitlines():
        if line.strip().startswith("#"):
            begun = re.match(r"\s*# -- (\w.*)", line)
            description = begun[1] if begun else description
        elif key := re.match(r"( *)([\w.]+):", line):
            path[len(key[1]) // 2 :] = [key[2]]
            if description:
                found[tuple(path)] = description
            description = ""
    return found


def table(chart: Path) -> str:
    """Return the table of a chart's values, in Markdown."""
    text = (chart / "values.yaml").read_text()
    values = yaml.safe_load(text)
    rows = _rows(descriptions(text), values)
    return "".join(["| Value | Default | What it is |\n", "|---|---|---|\n", *rows])


def _rows(described: dict[KeyPath, str], values: dict[str, Any]) -> Iterator[str]:
    for path, description in described.items():
        default: Any = values
        for key in path:
            default = default[key]
        said = json.dumps(default)
        shown = f"`{said}`" if len(said) <= _LONGEST_DEFAULT else "see values.yaml"
        words = description.replace("|", "\\|")
        yield f"| `{'.'.join(path)}` | {shown} | {words} |\n"


def with_table(chart: Path) -> str:
    """Return a chart's README with the table as it should be."""
    readme = (chart / "README.md").read_text()
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{table(chart)}{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write the tables."""
    for chart in (*ENGINES, PLATFORM):
        (chart / "README.md").write_text(with_table(chart))


if __name__ == "__main__":
    main()
