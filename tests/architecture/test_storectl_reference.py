"""The committed reference of storectl is the one that its help makes, and its help is complete."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from app.storectl.cli import cli
from app.storectl.reference import reference

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "storectl.md"
ROOT: Any = typer.main.get_command(cli)


def commands(command: Any = ROOT, name: str = "storectl") -> Iterator[tuple[str, Any]]:
    yield name, command
    for part, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {part}")


def examples() -> list[str]:
    return [
        line.strip()
        for _, command in commands()
        for line in (command.epilog or "").splitlines()
        if line.startswith("  ")
    ]


def test_committed_reference_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")  # the width of a terminal does not matter
    assert COMMITTED.read_text() == reference(), "run `make reference`"


def test_every_command_and_option_is_described() -> None:
    unsaid = [name for name, command in commands() if not command.help]
    unsaid += [
        f"{name}: {parameter.name}"
        for name, command in commands()
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ]
    assert unsaid == []


def test_every_example_is_a_command_that_is_understood() -> None:
    assert len(examples()) > 10
    for example in examples():
        program, *words = shlex.split(example.partition(" < ")[0])
        assert program == "storectl"
        # Parsed as it would be, without running it: a wrong option raises an error.
        context = ROOT.make_context("storectl", words)
        command = ROOT
        while hasattr(command, "commands"):
            rest = [*context._protected_args, *context.args]
            name, command, rest = command.resolve_command(context, rest)
            context = command.make_context(name, rest, parent=context)
