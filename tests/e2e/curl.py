"""GraphQL with nothing but curl: requests, and subscriptions as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.service import Service


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event, or a comment (then ``name`` is empty)."""

    name: str
    data: Any = None
    id: str | None = None


class EventStream:
    """What curl prints."""

    def __init__(self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader) -> None:
        self.process = process
        self._reader = reader

    async def __aiter__(self) -> AsyncIterator[Event]:
        fields: dict[str, str] = {}
        async for line in self._reader:
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            if name or value:
                fields[name] = value.removeprefix(" ")
            elif fields:
                data = fields.get("data")
                yield Event(
                    fields.get("event", ""), json.loads(data) if data else None, fields.get("id")
                )
                fields = {}


def command(service: Service, token: str, document: str, **variables: Any) -> list[str]:
    """Return the curl command of an operation."""
    body = json.dumps({"query": document, "variables": variables})
    return [
        "curl", "--silent", "--show-error", "--no-buffer", "--max-time", "120",
        "--header", "Content-Type: application/json",
        "--header", f"Authorization: Bearer {token}",
        "--data", body, f"{service.url}/graphql",
    ]  # fmt: skip


async def execute(service: Service, token: str, document: str, **variables: Any) -> Any:
    """Run a query or mutation; return its data."""
    process = await asyncio.create_subprocess_exec(
        *command(service, token, document, **variables), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    answer = json.loads(output)
    assert "errors" not in answer, answer
    return answer["data"]


@asynccontextmanager
async def events(
    service: Service,
    token: str,
    document: str,
    last_event_id: str | None = None,
    **variables: Any,
) -> AsyncIterator[EventStream]:
    """Follow a subscription; curl is ended on leaving."""
    headers = ["--header", "Accept: text/event-stream"]
    if last_event_id is not None:
        headers += ["--header", f"Last-Event-ID: {last_event_id}"]
    process = await asyncio.create_subprocess_exec(
        *command(service, token, document, **variables), *headers, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield EventStream(process, process.stdout)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
