"""Defines the commands that pause a shop, and open it again."""

from typing import Annotated

import typer

from app.storectl.completion import Key
from app.storectl.terminal import AsJson, connected, run, say_either


def suspend(
    *,
    key: Key,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Follow the work live, until the shop is paused.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Pause a shop. Nothing of it runs then, and visitors are told that it is closed for now.

    What is in it, its address and its backups are kept. `storectl resume` opens it again.
    """
    # No confirmation: nothing is lost.

    async def work() -> None:
        from app.storectl.following import until_paused  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.change("suspendStore", id=(await api.store(key))["id"])
        if watch:
            await until_paused(api, store, as_json=as_json)
        else:
            name = store["name"]
            line = f"{name} is being paused. Follow it with: storectl status {name} --watch"
            say_either(store, [line], as_json=as_json)

    run(work())


def resume(
    *,
    key: Key,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Follow the work live, until the shop is open.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a paused shop again, as it was."""

    async def work() -> None:
        from app.storectl.following import until_ready  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.change("resumeStore", id=(await api.store(key))["id"])
        if watch:
            # From this version, so that its being paused is not shown again.
            await until_ready(api, store, after=store["version"], as_json=as_json)
        else:
            name = store["name"]
            line = f"{name} is being opened again. Follow it with: storectl status {name} --watch"
            say_either(store, [line], as_json=as_json)

    run(work())
