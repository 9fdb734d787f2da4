"""Follows a store to where it should be."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from app.storectl import progress, terminal
from app.storectl.api import Api
from app.storectl.errors import RefusedError
from app.storectl.wording import Data

_GRACE_SECONDS = 2.0


async def follow(
    api: Api, store: Data, *, until: Callable[[Data], bool], after: int | None, as_json: bool
) -> Data:
    """Show a store's progress until ``until`` is true of it or it is deleted.

    Returns the store as it is then. Ctrl-C only ends the watching, and says so.
    """
    # In a task of its own: up to Python 3.11 a cancellation is lost that comes in the moment in
    # which a wait_for, such as the client library's, is done (python/cpython#86296).
    watching = asyncio.create_task(_watch(api, store, until=until, after=after, as_json=as_json))
    try:
        await asyncio.wait({watching})
    except asyncio.CancelledError:
        watching.cancel()
        await asyncio.wait({watching}, timeout=_GRACE_SECONDS)
        terminal.warn(
            f"\nNo longer watching; {store['name']} goes on without you. To watch again:"
            f" storectl status {store['id']} --watch"
        )
        raise
    return watching.result()


async def _watch(
    api: Api, store: Data, *, until: Callable[[Data], bool], after: int | None, as_json: bool
) -> Data:
    with progress.shown(terminal.out, terminal.errors, as_json=as_json) as shown:
        updates = api.follow(
            store["id"],
            after=after,
            on_lost=lambda: shown.note("The connection is lost; trying to come back …"),
        )
        async with aclosing(updates) as stream:
            async for update in stream:
                shown.show(update)
                store = update["store"]
                if until(store):
                    break
    return store


async def until_ready(api: Api, store: Data, *, after: int, as_json: bool) -> None:
    """Follow a store that is being built. Raises RefusedError unless it becomes ready."""
    store = await follow(api, store, until=_is_built, after=after, as_json=as_json)
    name = store["name"]
    if store["status"] == "FAILED":
        why = store["reason"]["message"] if store["reason"] else "No reason was given."
        raise RefusedError(
            f"{name} failed. {why}\nSee `storectl logs {name}`, then `storectl retry {name}` or"
            f" `storectl delete {name}`."
        )
    if store["status"] != "READY":
        raise RefusedError(f"{name} was deleted meanwhile.")
    if not as_json:
        terminal.say(f"Open it at {store['url']}")


async def until_gone(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a store that is being removed, to its end. Raises RefusedError if that takes long."""
    gone = await follow(api, store, until=_cannot_go, after=store["version"], as_json=as_json)
    if gone["status"] == "FAILED":
        why = gone["reason"]["message"] if gone["reason"] else "No reason was given."
        raise RefusedError(f"{gone['name']} could not be removed yet. {why}")


def _is_built(store: Data) -> bool:
    return store["status"] in {"READY", "FAILED"}


def _cannot_go(store: Data) -> bool:
    """Tell a delete that failed from a store that failed and is about to be deleted."""
    steps = {step["name"] for step in store["steps"]}
    return store["status"] == "FAILED" and "NAMESPACE_GONE" in steps
