"""Writes the reference of all commands: ``python -m app.storectl.reference > docs/storectl.md``."""

import re
import sys

import typer
from typer.cli import get_docs_for_click

from app.storectl.cli import cli

_HEAD = "<!-- Written by `make reference` from the commands' own help: do not edit. -->\n\n"
_EXAMPLES = re.compile(r"\n+Examples:\n((?:  .+(?:\n|$))+)")


def reference() -> str:
    """Return the reference as Markdown."""
    command = typer.main.get_command(cli)
    context = typer.Context(command, info_name="storectl")
    text = get_docs_for_click(obj=command, ctx=context, name="storectl")
    text = text.replace("\b\n", "")
    return _HEAD + _EXAMPLES.sub(_as_code, text).rstrip() + "\n"


def _as_code(found: re.Match[str]) -> str:
    lines = "".join(f"{line.strip()}\n" for line in found[1].splitlines())
    return f"\n\n**Examples**:\n\n```sh\n{lines}```\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
