"""Defines the command that makes a new store from a backup."""

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

    async def work() -> None:
        from app.storectl.following import until_ready  # noqa: PLC0415 - as in connected

        api = connected()
        backup = await api.backup(key, number)
        store = await api.change(
            "createStore", name=new_name, fromBackup=backup["id"], contactEmail=email,
            idempotencyKey=idempotency_key,
        )  # fmt: skip
        if watch:
            # From version 0, so that the events before the watch are shown as well.
            await until_ready(api, store, after=0, as_json=as_json)
        else:
            source = f"the backup of {key} of {wording.backup_summary(backup)}"
            follow = f"Follow it with: storectl status {new_name} --watch"
            say_either(store, [f"{new_name} is asked for, from {source}. {follow}"],
                       as_json=as_json)  # fmt: skip

    run(work())
