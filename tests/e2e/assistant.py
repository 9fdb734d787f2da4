"""An assistant that talks to `storectl mcp` as a process, by the client of the protocol's SDK."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult

from tests.e2e.service import ROOT
from tests.e2e.storectl import Storectl


class Assistant:
    """Calls tools, and expects an answer or a refusal of each."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def tools(self) -> list[str]:
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def ok(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that succeeds; return its answer, which its text repeats."""
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        return answer_of(result)

    async def fails(self, tool: str, **arguments: Any) -> list[dict[str, Any]]:
        """Call a tool that does not; return the errors that it tells."""
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.content
        errors: list[dict[str, Any]] = answer_of(result)["errors"]
        return errors


def answer_of(result: CallToolResult) -> dict[str, Any]:
    (text,) = result.content
    assert text.type == "text"
    assert json.loads(text.text) == result.structured_content
    return dict(result.structured_content)


@asynccontextmanager
async def assistant(storectl: Storectl, *options: str) -> AsyncIterator[Assistant]:
    """Start `storectl mcp`, which says nothing on standard error."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "app.storectl", "mcp", *options],
        env=storectl.environment, cwd=ROOT,
    )  # fmt: skip
    storectl.home.mkdir(parents=True, exist_ok=True)
    log = storectl.home / "mcp.log"
    with log.open("w") as errors:
        async with Client(stdio_client(server, errlog=errors)) as client:
            yield Assistant(client)
    assert log.read_text() == ""
