"""The tools of `storectl mcp` on a platform whose texts are hostile."""

import json
from typing import Any

import pytest
from mcp import Client

from app.storectl.account import Account
from app.storectl.api import Api
from app.storectl.cli import cli
from app.storectl.ending import ended
from app.storectl.mcp.server import Access, made
from tests.unit.test_storectl_output import VISIBLE, HostilePlatform, unseen
from tests.unit.test_storectl_output import platform as platform  # noqa: PLC0414 - a fixture

URL = "http://127.0.0.1:9"
CALLS: dict[str, dict[str, Any]] = {
    "list_stores": {},
    "get_store": {"store": "a-shop", "wait_seconds": 5},
    "store_logs": {"store": "a-shop"},
    "list_backups": {"store": "a-shop"},
    "list_engines": {},
    "whoami": {},
    "create_store": {"name": "a-shop"},
    "retry_store": {"store": "a-shop"},
    "suspend_store": {"store": "a-shop"},
    "resume_store": {"store": "a-shop"},
    "restart_store": {"store": "a-shop"},
    "change_plan": {"store": "a-shop", "plan": "small"},
    "upgrade_store": {"store": "a-shop"},
    "create_backup": {"store": "a-shop"},
    "verify_backup": {"store": "a-shop"},
    "pin_backup": {"store": "a-shop", "number": 1},
    "unpin_backup": {"store": "a-shop", "number": 1},
    "restore_backup": {"store": "a-shop", "name": "b-shop", "as_copy": True},
    "cancel_store": {"store": "a-shop"},
    "restore_in_place": {"store": "a-shop", "number": 1},
    "roll_back_store": {"store": "a-shop"},
    "delete_store": {"store": "a-shop"},
}


def server(access: Access = Access.DELETING) -> Client:
    return Client(made(Api(Account(URL, "sp_x")), url=URL, access=access))


async def test_every_tool_is_tried_here() -> None:
    async with server() as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(CALLS)


@pytest.mark.parametrize("is_refusing", [False, True])
@pytest.mark.parametrize("tool", CALLS)
async def test_no_field_has_text_that_is_not_seen(
    platform: HostilePlatform,
    tool: str,
    is_refusing: bool,  # noqa: FBT001
) -> None:
    platform.is_refusing = is_refusing

    async with server() as client:
        result = await client.call_tool(tool, CALLS[tool])

    (text,) = result.content
    assert text.type == "text"
    assert unseen(text.text) == set()
    assert json.loads(text.text) == result.structured_content
    assert VISIBLE.replace("\\", "\\\\") in text.text
    is_change = tool.partition("_")[0] not in {"list", "get", "store", "whoami"}
    assert result.is_error is (is_refusing and is_change)


async def test_no_tool_asks_for_a_password(
    platform: HostilePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    async def execute(document: str, **_: object) -> dict[str, Any]:
        sent.append(document)
        return platform.answer(document)

    monkeypatch.setattr(Api, "execute", lambda _, document, **more: execute(document, **more))
    async with server() as client:
        for tool, arguments in CALLS.items():
            await client.call_tool(tool, arguments)
    assert len(sent) > len(CALLS)
    assert [document for document in sent if "assword" in document or "secret" in document] == []


def test_without_the_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.storectl.mcp.command.find_spec", lambda _: None)
    assert ended(lambda: cli(["mcp"], prog_name="storectl")) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("`storectl mcp` needs the optional part `mcp`, which is not ")
