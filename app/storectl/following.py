"""Follows a store until it reaches its target, and shows its progress."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from app.storectl import documents, progress, screen, terminal
from app.storectl.api import Api
from app.storectl.errors import RefusedError
from app.storectl.wording import Data, under_way

_GRACE_SECONDS = 2.0  # for a cancelled watch to close its connection


Remark = Callable[[Data], Awaitable[str]]
"""Returns what is to be said before a store's next state is shown; "" for nothing."""


async def follow(
    api: Api,
    store: Data,
    *,
    until: Callable[[Data], bool],
    after: int | None,
    as_json: bool,
    remark: Remark | None = None,
) -> Data:
    """Show a store's progress until ``until`` returns True for it or the store is deleted.

    Return the store in its last state. Ctrl-C ends only the watch, and prints how to resume it.
    """
    last = store

    async def watch() -> None:
        nonlocal last
        last = await _watch(api, store, until=until, after=after, as_json=as_json, remark=remark)

    try:
        await stoppable(watch())
    except asyncio.CancelledError:
        terminal.warn(
            f"\nNo longer watching; {store['name']} goes on without you. To watch again:"
            f" storectl status {store['id']} --watch"
        )
        raise
    return last


async def stoppable(watch: Coroutine[Any, Any, None], *, seconds: float | None = None) -> None:
    """Run a watch until it ends, is cancelled, or has taken so many seconds."""
    # The watch runs in a task of its own. Up to Python 3.11 ``asyncio.wait_for``, which the client
    # library uses, loses a cancellation that comes in the moment in which the awaited task is done
    # (python/cpython#86296). ``asyncio.wait`` does not, so Ctrl-C always gets here.
    watching = asyncio.create_task(watch)
    try:
        done, _ = await asyncio.wait({watching}, timeout=seconds)
    finally:
        if not watching.done():
            watching.cancel()
            # With a timeout, because the watch may have lost this cancellation.
            await asyncio.wait({watching}, timeout=_GRACE_SECONDS)
    if done:
        watching.result()


async def _watch(
    api: Api,
    store: Data,
    *,
    until: Callable[[Data], bool],
    after: int | None,
    as_json: bool,
    remark: Remark | None,
) -> Data:
    with progress.shown(screen.out, screen.errors, as_json=as_json) as shown:
        updates = api.follow(
            store["id"],
            after=after,
            on_lost=lambda: shown.note("The connection is lost; trying to come back …"),
        )
        async with aclosing(updates) as stream:
            async for update in stream:
                store = update["store"]
                if remark and (said := await remark(store)):
                    shown.tell(said)
                shown.show(update)
                if until(store):
                    break
    return store


async def until_ready(api: Api, store: Data, *, after: int, as_json: bool) -> None:
    """Follow a store that is being built. Raises RefusedError if it does not become ready."""
    store = await follow(api, store, until=is_built, after=after, as_json=as_json)
    name = store["name"]
    if store["status"] == "FAILED":
        raise RefusedError(
            f"{name} failed. {why(store)}\n"
            f"See `storectl logs {name}`, then `storectl retry {name}`{_or_else(store)}."
        )
    if store["status"] != "READY":
        raise RefusedError(f"{name} was deleted meanwhile.")
    if not as_json:
        terminal.say(await way_in(api, store))


def _or_else(failed: Data) -> str:
    """Return what helps besides a retry: of a shop that was open, its data is worth something."""
    name = failed["name"]
    return "" if failed["readyAt"] else f" or `storectl delete {name}`"


async def way_in(api: Api, store: Data) -> str:
    """Return where the shop opens, if its address was seen to answer."""
    # Not read from the steps: they may be those of a first backup already.
    if (await api.execute(documents.PLATFORM))["platform"]["isAddressChecked"]:
        return f"Open it at {store['url']}"
    return f"Whether it opens at {store['url']} was not checked: on simulated nodes no shop does."


async def until_gone(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a store until it is deleted. Raises RefusedError if the deletion fails for now."""
    gone = await follow(api, store, until=cannot_go, after=store["version"], as_json=as_json)
    if gone["status"] == "FAILED":
        raise RefusedError(f"{gone['name']} could not be removed yet. {why(gone)}")


async def until_backed_up(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow the backup that was asked for. Raises RefusedError if it is not made."""
    until = operation_ended(store)
    last = await follow(api, store, until=until, after=store["version"], as_json=as_json)
    name = last["name"]
    if not is_latest(last, "BACKUP", "SUCCEEDED"):
        reason = (last["operation"] or {}).get("reason")
        if is_latest(last, "BACKUP", "FAILED") and reason:
            raise RefusedError(f"No backup of {name} was made. {reason['message']}")
        raise RefusedError(
            f"No backup of {name} was seen to be made, because something else was done with it."
            f" See `storectl history {last['id']}`."
        )
    if not as_json:
        terminal.say(f"{name} is backed up. See all of its backups with: storectl backups {name}")


def operation_ended(asked: Data) -> Callable[[Data], bool]:
    """Return what tells whether an operation has ended, well or not.

    ``asked`` is the store as it was when the operation was asked for.
    """
    number = (asked["operation"] or {}).get("number")

    def has_ended(store: Data) -> bool:
        operation = store["operation"] or {}
        # A delete takes the place of what is under way.
        return operation.get("number") != number or not under_way(store)

    return has_ended


async def until_paused(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a shop that is asked to be paused. Raises RefusedError if it is not."""
    until = operation_ended(store)
    last = await follow(api, store, until=until, after=store["version"], as_json=as_json)
    name = last["name"]
    if is_latest(last, "SUSPEND", "FAILED"):
        raise RefusedError(f"{name} was not paused. {why(last['operation'])}")
    if last["status"] != "SUSPENDED":
        raise RefusedError(
            f"{name} was not seen to be paused, because something else was done with it."
            f" See `storectl history {last['id']}`."
        )
    if not as_json:
        terminal.say(
            f"{name} is paused: what is in it is kept, and visitors are told that it is closed for"
            f" now. Open it again with: storectl resume {name}"
        )


async def until_restarted(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a shop that is asked to be restarted. Raises RefusedError if it is not."""
    await _until_done(api, store, "RESTART", "restarted", as_json=as_json)


async def until_planned(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a shop that is asked to get another plan. Raises RefusedError if it does not."""
    await _until_done(api, store, "PLAN", "given the plan", as_json=as_json)


async def _until_done(api: Api, store: Data, kind: str, what: str, *, as_json: bool) -> None:
    until = operation_ended(store)
    last = await follow(api, store, until=until, after=store["version"], as_json=as_json)
    name = last["name"]
    if is_latest(last, kind, "FAILED"):
        raise RefusedError(f"{name} was not {what}. {why(last['operation'])}")
    if not is_latest(last, kind, "SUCCEEDED"):
        raise RefusedError(
            f"{name} was not seen to be {what}, because something else was done with it."
            f" See `storectl history {last['id']}`."
        )
    if not as_json:
        terminal.say(f"{name} has been {what}.")


def why(failed: Data) -> str:
    """Return why a store or an operation has failed, for people."""
    return str(failed["reason"]["message"]) if failed["reason"] else "No reason was given."


def is_built(store: Data) -> bool:
    """Return whether the building of a store has ended, well or not."""
    return store["status"] in {"READY", "FAILED"}


def cannot_go(store: Data) -> bool:
    """Return whether the deletion of a store has failed."""
    # A store that failed earlier is FAILED too until the work on its deletion begins.
    is_begun = is_latest(store, "DELETE", "RUNNING")
    return store["status"] == "FAILED" and is_begun


def is_latest(store: Data, kind: str, status: str) -> bool:
    """Return whether the store's latest operation is of this kind and has this status."""
    operation = store["operation"] or {}
    return (operation.get("kind"), operation.get("status")) == (kind, status)
