"""Defines the commands that make, list, check and pin backups of a store."""

from typing import Annotated

import typer

from app.storectl import wording
from app.storectl.completion import Key, backup_numbers
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, connected, run, say_either, table_width

Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Follow the backup live, until it is made.")
]
Number = Annotated[
    int,
    typer.Argument(
        metavar="NUMBER",
        help="Which backup, as `storectl backups` numbers them.",
        autocompletion=backup_numbers,
    ),
]


Newest = Annotated[
    int | None,
    typer.Option(
        "--backup",
        metavar="NUMBER",
        help="Which backup, as `storectl backups` numbers them. The default is the newest.",
    ),
]


def backup(*, key: Key, watch: Watch = False, as_json: AsJson = False) -> None:
    """Make a backup of a shop, which serves on meanwhile."""

    async def work() -> None:
        from app.storectl.following import until_backed_up  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.change("createBackup", id=(await api.store(key))["id"])
        if watch:
            await until_backed_up(api, store, as_json=as_json)
        else:
            name = store["name"]
            line = f"A backup of {name} is asked for. Once made, it is in: storectl backups {name}"
            say_either(store, [line], as_json=as_json)

    run(work())


def backups(*, key: Key, as_json: AsJson = False) -> None:
    """List the backups of a shop, newest first: when each was made, and what is in it."""

    async def work() -> None:
        api = connected()
        store = await api.store(key)
        found = await api.backups(store["id"])
        rows = wording.backup_rows(found)
        lines = (
            [*columns(rows, width=table_width()), *wording.check_faults(found)]
            if found
            else [f"There are no backups of {store['name']}."]
        )
        say_either(found, lines, as_json=as_json)

    run(work())


def pin(*, key: Key, number: Number, as_json: AsJson = False) -> None:
    """Keep a backup of a shop until it is unpinned, however old it is.

    A deleted shop is named by its id.
    """
    _change("pinBackup", key, number, as_json=as_json)


def unpin(*, key: Key, number: Number, as_json: AsJson = False) -> None:
    """Keep a backup of a shop no longer than others: in its time it is removed.

    A deleted shop is named by its id.
    """
    _change("unpinBackup", key, number, as_json=as_json)


def verify(*, key: Key, number: Newest = None, as_json: AsJson = False) -> None:
    """Have a shop made of a backup that nobody sees, to find out whether that can be done.

    It is removed again. A deleted shop is named by its id.
    """
    _change("verifyBackup", key, number, as_json=as_json)


def _change(mutation: str, key: str, number: int | None, *, as_json: bool) -> None:
    line = wording.check_line if mutation == "verifyBackup" else wording.pin_line

    async def work() -> None:
        changed = await connected().change_backup(mutation, key, number)
        say_either(changed, [line(key, changed)], as_json=as_json)

    run(work())
