"""Defines the commands that restore a backup: into a new store or a copy, or in place."""

from typing import Annotated

import typer

from app.storectl import wording
from app.storectl.completion import Key, plan_names
from app.storectl.errors import UsageError
from app.storectl.printable import printable
from app.storectl.prompts import confirm
from app.storectl.terminal import AsJson, connected, run, say_either

_NEW_NAME = typer.Argument(
    metavar="NEW_NAME", help="The new shop's name: 3 to 40 characters a-z, 0-9 and hyphens."
)
NewName = Annotated[str, _NEW_NAME]
NewNameIfAny = Annotated[str | None, _NEW_NAME]
InPlace = Annotated[
    bool,
    typer.Option(
        "--in-place", help="Put the backup in place of the shop itself, instead of NEW_NAME."
    ),
]
WithoutBackup = Annotated[
    bool,
    typer.Option(
        "--without-backup",
        help="With --in-place: do not save the shop as it is before. What is in no backup is lost"
        " for good. Needed if the shop has failed, or its database is gone.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="With --in-place: do not ask.")]
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
Plan = Annotated[
    str | None,
    typer.Option(
        help="The new shop's plan, as `storectl engines` lists it. The default is as in the other"
        " one.",
        autocompletion=plan_names,
    ),
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option("--key", help="An idempotency key: a repeated key returns the same store."),
]
Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Follow the work live, until the shop is ready.")
]


def restore(
    *,
    key: Key,
    new_name: NewNameIfAny = None,
    in_place: InPlace = False,
    number: Number = None,
    email: Email = None,
    plan: Plan = None,
    idempotency_key: IdempotencyKey = None,
    without_backup: WithoutBackup = False,
    yes: Yes = False,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Create a new shop from a backup of a shop, or put the backup in place of the shop itself.

    With NEW_NAME the shop is left as it is; a deleted shop is named by its id. With --in-place the
    shop loses what came after the backup. It is closed and saved as it is before, and brought back
    if the backup cannot be restored.
    """
    if in_place is (new_name is not None):
        raise UsageError(
            "Pass either NEW_NAME, to create a new shop from the backup, or --in-place, to put the"
            f" backup in place of {printable(key)} itself."
        )
    if not in_place:
        if without_backup:
            raise UsageError("--without-backup is for --in-place: a new shop replaces no other.")
        given = {"name": new_name, "plan": plan, "contactEmail": email}
        given["idempotencyKey"] = idempotency_key
        _create(key, number, given, watch=watch, as_json=as_json)
        return
    if any(option is not None for option in (email, plan, idempotency_key)):
        raise UsageError(
            "--email, --plan and --key are for a new shop: leave them out with --in-place."
        )
    is_saved = not without_backup
    _put_in_place(key, number, is_saved=is_saved, yes=yes, watch=watch, as_json=as_json)


def clone(
    *,
    key: Key,
    new_name: NewName,
    number: Number = None,
    plan: Plan = None,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Create a copy of a shop from a backup, to try things in; the shop is left as it is.

    The copy sends no mail, takes no payments and calls nobody outside, and its pages say so. A
    deleted shop is named by its id.
    """
    given = {"name": new_name, "asCopy": True, "plan": plan}
    _create(key, number, given, watch=watch, as_json=as_json)


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


def _put_in_place(
    key: str, number: int | None, *, is_saved: bool, yes: bool, watch: bool, as_json: bool
) -> None:
    async def work() -> None:
        from app.storectl.undoing import until_restored  # noqa: PLC0415 - as in connected

        api = connected()
        # The store is read first, so that the question has its name even if an id was given.
        name = (await api.store(key))["name"]
        backup = await api.backup(key, number)
        if not yes:
            question = wording.restore_question(name, backup, is_saved=is_saved)
            confirm(question, verb="restore", refused="Nothing was restored.")
        store = await api.change(
            "restoreBackup", id=backup["id"], acceptLossSince=backup["madeAt"],
            withoutBackup=not is_saved or None,
        )  # fmt: skip
        if watch:
            await until_restored(api, store, as_json=as_json)
        else:
            asked = f"Backup {backup['number']} is asked for in place of {name} as it is now"
            follow = f"Follow it with: storectl status {name} --watch"
            line = f"{asked} ({wording.backup_summary(backup)}). {follow}"
            say_either(store, [line], as_json=as_json)

    run(work())
