"""Waits for a store on the assistant's behalf, and reports its progress meanwhile."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from app.storectl.api import Api
from app.storectl.following import is_latest, stoppable
from app.storectl.mcp.records import StoreDetails, read_store
from app.storectl.printable import one_line
from app.storectl.wording import Data, under_way, words

_WORKING = frozenset({"QUEUED", "PROVISIONING", "UPDATING", "DELETING"})
# What is done, or begun, while a store stays READY.
_ASIDE = frozenset({"BACKUP", "RESTORE", "SUSPEND", "RESTART", "PLAN", "UPGRADE", "RESET_PASSWORD"})
_ENDED = frozenset({"SUCCEEDED", "FAILED", "SKIPPED"})

WaitSeconds = Annotated[
    int,
    Field(
        ge=0,
        le=600,
        description="The most seconds to wait until the platform's work on the store is done."
        " 0 returns at once. After the wait the store is returned as it is then.",
    ),
]
# Many assistants give up on a tool after a minute.
LONG_ENOUGH = 45

Caller = Context[Any, Any]


def is_settled(store: Data) -> bool:
    """Return whether nothing is being done to a store, and nothing will be."""
    # A store that has failed is FAILED until the work on its deletion begins.
    is_leaving = is_latest(store, "DELETE", "QUEUED")
    is_worked_on = store["status"] in _WORKING or under_way(store) in _ASIDE
    return not is_worked_on and not is_leaving


async def awaited(
    api: Api,
    store: Data,
    caller: Caller,
    *,
    seconds: int,
    after: int | None = None,
    until: Callable[[Data], bool] = is_settled,
) -> StoreDetails:
    """Return a store once ``until`` is True for it or the seconds are over.

    ``after`` is the version whose updates were seen already. The caller is told of each step that
    ends, if they want to be.
    """
    if seconds:
        watch = _watch(api, store["id"], caller, after=after, until=until)
        await stoppable(watch, seconds=seconds)
    # Read again, because updates have no pods. By its id, because a deleted store has no name.
    found = await api.store(store["id"])
    return read_store(found, is_settled=is_settled(found))


async def _watch(
    api: Api,
    store_id: str,
    caller: Caller,
    *,
    after: int | None,
    until: Callable[[Data], bool],
) -> None:
    most = -1
    updates = api.follow(store_id, after=after, on_lost=lambda: None)
    async with aclosing(updates) as stream:
        async for update in stream:
            store = update["store"]
            ended = [step for step in store["steps"] if step["status"] in _ENDED]
            # The protocol wants progress that only rises, and a retry does steps again.
            if len(ended) > most:
                most = len(ended)
                await caller.report_progress(most, len(store["steps"]) or None, _said(store))
            if until(store):
                return


def _said(store: Data) -> str:
    running = [words(step["name"]) for step in store["steps"] if step["status"] == "RUNNING"]
    doing = f": {', '.join(running)}" if running else ""
    return one_line(f"{store['name']} is {store['status']}{doing}")
