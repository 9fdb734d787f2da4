"""What storectl prints of others' text has no effect on a terminal, whatever field it is in."""

import ast
import io
import json
import re
import unicodedata
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    is_composite_type,
    is_list_type,
    parse,
)
from graphql.type import get_nullable_type
from rich.console import Console

from app.storectl import account, documents, progress, rollout_documents
from app.storectl.api import Api, _query_error
from app.storectl.cli import cli
from app.storectl.ending import ended
from app.storectl.printable import one_line, printable
from app.storectl.rollout_commands import rollouts as rollout_commands
from app.storectl.token_commands import tokens as token_commands
from app.storectl.transfer_commands import transfers as transfer_commands

SOURCES = Path(__file__).resolve().parents[2] / "app" / "storectl"
SCHEMA = build_schema((SOURCES.parents[1] / "schema" / "schema.graphql").read_text())
HOSTILE = "a\x1b]0;owned\x07\x9b31m\x7f\r\u202eb\u2066c\u200b\U000e0041\u3164\n| forged"
VISIBLE = r"a\x1b]0;owned\x07\x9b31m\x7f\r\u202eb\u2066c\u200b\U000e0041\u3164"
FIXED = {"isAddressChecked": True, "isAvailable": True}
"""Fields whose value decides what a command does."""
ROLLOUT_STATUSES = {
    "READY": "FINISHED",
    "FAILED": "STOPPED",
    "SUSPENDED": "RUNNING",
    "UPDATING": "RUNNING",
}
"""The status of rollouts while stores have this one."""
SIMPLE = {"Int": 1, "Float": 1.0, "Boolean": False, "DateTime": "2026-01-01T00:00:00+00:00"}
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # and moves, which rich writes itself


class HostilePlatform:
    """Answers any document as the contract allows, with hostile text wherever it allows text."""

    is_refusing = False
    status = "READY"

    async def execute(self, document: str, **_: object) -> dict[str, Any]:
        return self.answer(document)

    async def updates(self, *_: object) -> AsyncGenerator[dict[str, Any], None]:
        yield self.answer(documents.FOLLOW)["storeStatus"]

    async def rollout_states(self, *_: object) -> AsyncGenerator[dict[str, Any], None]:
        yield self.answer(rollout_documents.FOLLOW)["rolloutStatus"]

    def answer(self, document: str) -> dict[str, Any]:
        parts = parse(document).definitions
        fragments = {p.name.value: p for p in parts if isinstance(p, FragmentDefinitionNode)}
        (operation,) = [p for p in parts if isinstance(p, OperationDefinitionNode)]
        root = SCHEMA.get_root_type(operation.operation)
        return self._selected(root, operation.selection_set, fragments)

    def _selected(
        self, kind: Any, chosen: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for item in chosen.selections:
            if isinstance(item, FragmentSpreadNode):
                found |= self._selected(kind, fragments[item.name.value].selection_set, fragments)
            elif isinstance(item, InlineFragmentNode):
                assert item.type_condition is not None
                named = SCHEMA.get_type(item.type_condition.name.value)
                found |= self._selected(named, item.selection_set, fragments)
            elif isinstance(item, FieldNode):
                key = (item.alias or item.name).value
                found[key] = self._value(kind.fields[item.name.value].type, item, fragments)
        return found

    def _value(self, kind: Any, item: FieldNode, fragments: Any) -> Any:
        name = item.name.value
        if name == "errors" and not self.is_refusing:
            return []
        named = get_named_type(kind)
        if is_composite_type(named):
            assert item.selection_set is not None
            one: Any = self._selected(named, item.selection_set, fragments)
        elif isinstance(named, GraphQLEnumType):
            chosen = (self.status, ROLLOUT_STATUSES[self.status], next(iter(named.values)))
            one = next(status for status in chosen if status in named.values)
        else:
            one = FIXED.get(name, SIMPLE.get(named.name, HOSTILE))
        return [one] if is_list_type(get_nullable_type(kind)) else one


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> HostilePlatform:
    made = HostilePlatform()
    monkeypatch.setattr(Api, "execute", made.execute)
    monkeypatch.setattr(Api, "_updates", made.updates)
    monkeypatch.setattr(Api, "_rollout_states", made.rollout_states)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv(account.TOKEN_VARIABLE, "sp_x")
    monkeypatch.setenv(account.URL_VARIABLE, "http://127.0.0.1:9")
    return made


def unseen(text: str) -> set[str]:
    """Return what a terminal would not show as it is."""
    return {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n"}


COMMANDS = [
    ("login",), ("whoami",), ("create", "a-shop"), ("create", "a-shop", "--watch"), ("list",),
    ("engines",), ("plan", "a-shop"), ("plan", "a-shop", "b-plan", "--yes"),
    ("plan", "a-shop", "b-plan", "--yes", "--watch"),
    ("status", "a-shop"), ("status", "a-shop", "--watch"), ("logs", "a-shop"),
    ("history", "a-shop"), ("backup", "a-shop"), ("backup", "a-shop", "--watch"),
    ("backups", "a-shop"), ("verify", "a-shop"), ("pin", "a-shop", "1"), ("unpin", "a-shop", "1"),
    ("restore", "a-shop", "b-shop"),
    ("restore", "a-shop", "b-shop", "--watch"), ("restore", "a-shop", "b-shop", "--backup", "1"),
    ("restore", "a-shop", "--in-place", "--yes"),
    ("restore", "a-shop", "--in-place", "--yes", "--watch"),
    ("clone", "a-shop", "b-shop"), ("clone", "a-shop", "b-shop", "--watch"),
    ("clone", "a-shop", "b-shop", "--backup", "1"),
    ("delete", "a-shop", "--yes"), ("delete", "a-shop", "--yes", "--watch"), ("cancel", "a-shop"),
    ("open", "a-shop"), ("sign-in", "a-shop"), ("password", "a-shop"),
    ("password", "a-shop", "--reset", "--yes"), ("rename", "a-shop", "A Shop"),
    ("retry", "a-shop"), ("retry", "a-shop", "--watch"),
    ("suspend", "a-shop"), ("suspend", "a-shop", "--watch"),
    ("resume", "a-shop"), ("resume", "a-shop", "--watch"),
    ("restart", "a-shop"), ("restart", "a-shop", "--watch"),
    ("upgrade", "a-shop", "--list"), ("upgrade", "a-shop", "--yes"),
    ("upgrade", "a-shop", "--yes", "--watch"),
    ("rollback", "a-shop", "--yes"), ("rollback", "a-shop", "--yes", "--watch"),
    ("tokens", "list"), ("tokens", "create"), ("tokens", "revoke", "x"),
    ("rollout", "start", "an-engine", "2", "--yes"),
    ("rollout", "start", "an-engine", "2", "--dry-run"),
    ("rollout", "watch", "x"), ("rollout", "stop", "x"), ("rollout", "resume", "x"),
    ("rollout", "list"),
    ("transfer", "offer", "a-shop", "bob", "--yes"), ("transfer", "withdraw", "a-shop"),
    ("transfer", "accept", HOSTILE, "--yes"), ("transfer", "decline", HOSTILE),
    ("transfer", "list"),
]  # fmt: skip


def test_every_command_is_tried_here() -> None:
    assert [group.name for group in cli.registered_groups] == [
        "tokens", "profiles", "rollout", "transfer",
    ]  # fmt: skip
    tokens = {("tokens", item.name or "") for item in token_commands.registered_commands}
    rollouts = {
        ("rollout", item.name or getattr(item.callback, "__name__", ""))
        for item in rollout_commands.registered_commands
    }
    transfers = {
        ("transfer", item.name or getattr(item.callback, "__name__", ""))
        for item in transfer_commands.registered_commands
    }
    own = {item.name or getattr(item.callback, "__name__", "") for item in cli.registered_commands}
    assert {command[:2] for command in COMMANDS if command[0] == "tokens"} == tokens
    assert {command[:2] for command in COMMANDS if command[0] == "rollout"} == rollouts
    assert {command[:2] for command in COMMANDS if command[0] == "transfer"} == transfers
    grouped = {"tokens", "rollout", "transfer"}
    assert {command[0] for command in COMMANDS} - grouped == own - {"logout", "mcp"}


@pytest.mark.parametrize("is_refusing", [False, True])
@pytest.mark.parametrize("status", ["READY", "FAILED", "SUSPENDED", "UPDATING"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_field_reaches_the_terminal_as_it_is(
    platform: HostilePlatform,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    status: str,
    is_refusing: bool,  # noqa: FBT001
) -> None:
    platform.status, platform.is_refusing = status, is_refusing
    for more in ((), ("--json",)) if command[0] not in ("login", "open") else ((),):
        code = ended(lambda: cli([*command, *more], prog_name="storectl"))  # noqa: B023
        said = capsys.readouterr()
        assert code in (0, 1), said.err
        assert unseen(said.out + said.err) == set()
        if more and code == 0:
            assert said.out.isascii()
        elif command != ("create", "a-shop") or code != 0:  # says only what it was told
            assert VISIBLE in said.out + said.err


def test_json_is_exact(platform: HostilePlatform, capsys: pytest.CaptureFixture[str]) -> None:
    ended(lambda: cli(["list", "--json"], prog_name="storectl"))
    said = capsys.readouterr().out
    assert json.loads(said) == [platform.answer(documents.STORES)["stores"]["edges"][0]["node"]]


def test_errors_of_a_whole_answer(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise _query_error([{"message": HOSTILE}])

    assert ended(fails) == 1
    assert capsys.readouterr() == ("", f"{VISIBLE}\n| forged\n")


def test_progress_on_a_terminal(platform: HostilePlatform) -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=400)
    live = progress.LiveProgress(console)
    with live.live:
        live.show(platform.answer(documents.FOLLOW)["storeStatus"])
        live.note(HOSTILE)
    said = COLOURS.sub("", shown.getvalue())
    assert VISIBLE in said
    assert unseen(said) <= {"\r"}  # rich's own, to draw anew


def test_a_cell_cannot_look_like_a_row() -> None:
    assert one_line("mine\nstore_1  READY\tx") == "mine store_1  READY x"


@pytest.mark.parametrize("text", ["Fünf Läden ✓", "店", "two\nlines\tand a tab", ""])
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_nothing_is_printed_another_way() -> None:
    """Text for people is made in one place, and JSON in another."""
    makers = {}
    for file in SOURCES.glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(file.read_text()))
                 if isinstance(node, ast.Call)]  # fmt: skip
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        names |= {f".{call.attr}" for call in calls if isinstance(call, ast.Attribute)}
        makers[file.name] = names & {"Text", "print", ".echo", ".secho", ".dumps"}
    assert {name: found for name, found in makers.items() if found} == {
        "cli.py": {".echo"},  # the version, which is ours
        "terminal.py": {".echo"},
        "screen.py": {"Text"},
        "printable.py": {".dumps"},
    }
