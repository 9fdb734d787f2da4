"""Defines the commands that remove a store."""

from typing import Annotated

import typer

from app.storectl.completion import Key
from app.storectl.prompts import confirm
from app.storectl.terminal import AsJson, connected, run, say_either

Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Follow the store live, until the work is done.")
]


def delete(
    *,
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Delete a store and everything in it. This cannot be undone."""
    _remove("deleteStore", key, yes=yes, watch=watch, as_json=as_json)


def cancel(*, key: Key, watch: Watch = False, as_json: AsJson = False) -> None:
    """Stop creating a store that is not ready yet, and remove what was made so far."""
    # No confirmation: the platform refuses to cancel a store that is ready.
    _remove("cancelStore", key, yes=True, watch=watch, as_json=as_json)


def _remove(mutation: str, key: str, *, yes: bool, watch: bool, as_json: bool) -> None:
    async def work() -> None:
        from app.storectl.following import until_gone  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.store(key)
        # The store is read first, so that the question has its name even if an id was given.
        if not yes:
            question = f"Delete {store['name']} and everything in it?"
            confirm(question, verb="delete", refused="Nothing was deleted.")
        store = await api.change(mutation, id=store["id"])
        if watch:
            await until_gone(api, store, as_json=as_json)
        else:
            line = f"{store['name']} is being removed. Its id is {store['id']}."
            say_either(store, [line], as_json=as_json)

    run(work())
