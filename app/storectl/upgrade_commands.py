"""Defines the commands that give a shop another version, and the one before again."""

from typing import Annotated

import typer

from app.storectl import wording
from app.storectl.completion import Key, upgrade_names
from app.storectl.errors import UsageError
from app.storectl.prompts import confirm
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, connected, run, say_either, table_width

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def upgrade(
    *,
    key: Key,
    version: Annotated[
        str | None,
        typer.Option(
            help="The version, of those that --list shows. The default is the engine's.",
            autocompletion=upgrade_names,
        ),
    ] = None,
    is_list: Annotated[
        bool,
        typer.Option(
            "--list", help="Only list the versions on offer, with what is new; upgrade nothing."
        ),
    ] = False,
    yes: Yes = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Follow the work live, until the shop is open again."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give a shop another version. What is in it, its address and its passwords stay.

    Visitors are told that it is closed meanwhile, which takes some minutes. It is saved as it is
    before, and brought back if anything fails. Later on, `storectl rollback` undoes it.
    """
    if is_list:
        if version is not None or yes or watch:
            raise UsageError("--list upgrades nothing: leave out --version, --yes and --watch.")
        _list(key, as_json=as_json)
    else:
        _upgrade(key, version, yes=yes, watch=watch, as_json=as_json)


def rollback(
    *,
    key: Key,
    without_backup: Annotated[
        bool,
        typer.Option(
            "--without-backup",
            help="Do not save the shop as it is before. What is in no backup is lost for good."
            " Needed if the shop has failed.",
        ),
    ] = False,
    yes: Yes = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Follow the work live, until the shop is open again."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Undo the upgrade of a shop. It becomes what it was before, with the version of then.

    The shop loses what came after that. It is closed and saved as it is before, and brought back if
    its upgrade cannot be undone.
    """

    async def work() -> None:
        from app.storectl.undoing import until_rolled_back  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.store(key)
        backup = await api.way_back(store["id"])
        # Without a way back there is nothing to ask: the platform refuses, and says why.
        if backup and not yes:
            question = wording.rollback_question(store, backup, is_saved=not without_backup)
            confirm(question, verb="roll it back", refused="Nothing was rolled back.")
        store = await api.change(
            "rollbackStore", id=store["id"], acceptLossSince=backup["madeAt"] if backup else None,
            withoutBackup=without_backup or None,
        )  # fmt: skip
        if watch:
            await until_rolled_back(api, store, as_json=as_json)
        else:
            what = f" ({wording.backup_summary(backup)})" if backup else ""
            line = f"{store['name']} becomes what it was before its upgrade{what}."
            follow = f"Follow it with: storectl status {store['name']} --watch"
            say_either(store, [f"{line} {follow}"], as_json=as_json)

    run(work())


def _list(key: str, *, as_json: bool) -> None:
    async def work() -> None:
        store = await connected().store(key)
        found = store["upgrades"]
        lines = (
            columns(wording.upgrade_rows(found), width=table_width())
            if found
            else [wording.no_upgrade(store)]
        )
        say_either(found, lines, as_json=as_json)

    run(work())


def _upgrade(key: str, name: str | None, *, yes: bool, watch: bool, as_json: bool) -> None:
    async def work() -> None:
        from app.storectl.undoing import until_upgraded  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.store(key)
        version = _chosen(store["upgrades"], name)
        # What is not on offer needs no question: the platform refuses it, and says why.
        if version and not yes:
            question = wording.upgrade_question(store, version)
            confirm(question, verb="upgrade", refused="Nothing was upgraded.")
        # By its name, so that it is what was asked about even if the default changes meanwhile.
        wanted = version["name"] if version else name
        store = await api.change("upgradeStore", id=store["id"], version=wanted)
        if watch:
            await until_upgraded(api, store, as_json=as_json)
        else:
            line = f"{store['name']} is being upgraded to version {store['nextVersion']}."
            follow = f"Follow it with: storectl status {store['name']} --watch"
            say_either(store, [f"{line} {follow}"], as_json=as_json)

    run(work())


def _chosen(versions: list[wording.Data], name: str | None) -> wording.Data | None:
    """Return the version with this name, or the default one for None, if it is on offer."""
    return next(
        (v for v in versions if (v["isDefault"] if name is None else v["name"] == name)), None
    )
