"""Defines the commands that pause a shop, open it again, and restart it."""

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


def restart(
    *,
    key: Key,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Follow the work live, until the shop has been restarted."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restart a shop. Every part of it starts anew, and shoppers may have to wait for some seconds.

    What is in it is not changed. A shop that has failed is retried instead.
    """
    # No confirmation: nothing is lost.

    async def work() -> None:
        from app.storectl.following import until_restarted  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.change("restartStore", id=(await api.store(key))["id"])
        if watch:
            await until_restarted(api, store, as_json=as_json)
        else:
            name = store["name"]
            line = f"{name} is being restarted. Follow it with: storectl status {name} --watch"
            say_either(store, [line], as_json=as_json)

    run(work())
