"""Defines the commands that make a new store from a backup: one like any other, or a copy."""

from typing import Annotated

import typer

from app.storectl import wording
from app.storectl.completion import Key
from app.storectl.terminal import AsJson, connected, run, say_either

NewName = Annotated[
    str,
    typer.Argument(
        metavar="NEW_NAME", help="The new shop's name: 3 to 40 characters a-z, 0-9 and hyphens."
    ),
]
Number = Annotated[
    int | None,
    typer.Option(
        "--backup",
        metavar="NUMBER",
        help="Which backup, as `storectl backups` numbers them. The default is the newest.",
    ),
]
Email = Annotated[
    str | None,
    typer.Option(help="Where the new shop writes to you. The default is as in the other one."),
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option("--key", help="An idempotency key: a repeated key returns the same store."),
]
Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Follow the new shop live, until it is ready.")
]


def restore(
    *,
    key: Key,
    new_name: NewName,
    number: Number = None,
    email: Email = None,
    idempotency_key: IdempotencyKey = None,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Create a new shop from a backup of a shop, which is left as it is.

    A deleted shop is named by its id.
    """
    given = {"name": new_name, "contactEmail": email, "idempotencyKey": idempotency_key}
    _create(key, number, given, watch=watch, as_json=as_json)


def clone(
    *,
    key: Key,
    new_name: NewName,
    number: Number = None,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Create a copy of a shop from a backup, to try things in; the shop is left as it is.

    The copy sends no mail, takes no payments and calls nobody outside, and its pages say so. A
    deleted shop is named by its id.
    """
    _create(key, number, {"name": new_name, "asCopy": True}, watch=watch, as_json=as_json)


def _create(
    key: str, number: int | None, given: wording.Data, *, watch: bool, as_json: bool
) -> None:
    async def work() -> None:
        from app.storectl.following import until_ready  # noqa: PLC0415 - as in connected

        api = connected()
        backup = await api.backup(key, number)
        store = await api.change("createStore", fromBackup=backup["id"], **given)
        if watch:
            # From version 0, so that the events before the watch are shown as well.
            await until_ready(api, store, after=0, as_json=as_json)
        else:
            asked = f"{given['name']} is asked for" + (" as a copy" if store["isCopy"] else "")
            source = f"the backup of {key} of {wording.backup_summary(backup)}"
            follow = f"Follow it with: storectl status {given['name']} --watch"
            say_either(store, [f"{asked}, from {source}. {follow}"], as_json=as_json)

    run(work())
