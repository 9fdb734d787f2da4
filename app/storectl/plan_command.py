"""Defines the command that shows the plans of a shop, and gives it another one."""

from typing import Annotated

import typer

from app.storectl import documents, plan_wording
from app.storectl.completion import Key
from app.storectl.errors import UsageError
from app.storectl.printable import printable
from app.storectl.prompts import confirm
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, connected, run, say_either, table_width


def plan(
    *,
    key: Key,
    name: Annotated[
        str | None,
        typer.Argument(metavar="PLAN", help="The plan to give it. Left out, all are listed."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Follow the work live, until the shop has the plan."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the plans that a shop can get, and what each change means; or give it one.

    The shop stays open, and its parts start anew. Volumes only grow: with a smaller plan they stay
    as they are. If the shop does not run with the plan, it gets the former one back by itself.
    """
    if name is None and (yes or watch):
        raise UsageError("Name the plan to give the shop, or leave out --yes and --watch.")
    if name is None:
        _list(key, as_json=as_json)
    else:
        _change(key, name, yes=yes, watch=watch, as_json=as_json)


def _list(key: str, *, as_json: bool) -> None:
    async def work() -> None:
        api = connected()
        store = await api.store(key)
        found = (await api.execute(documents.PLAN_CHANGES, id=store["id"]))["store"]
        rows = plan_wording.change_rows(found)
        say_either(found, columns(rows, width=table_width()), as_json=as_json)

    run(work())


def _change(key: str, name: str, *, yes: bool, watch: bool, as_json: bool) -> None:
    async def work() -> None:
        from app.storectl.following import until_planned  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.store(key)
        found = (await api.execute(documents.PLAN_CHANGES, id=store["id"]))["store"]
        offer = next((item for item in found["planChanges"] if item["plan"]["name"] == name), None)
        # What cannot be had is not asked about: the platform says why.
        if offer is not None and offer["way"] != "BY_BACKUP" and not yes:
            question = plan_wording.change_question(store["name"], offer)
            confirm(question, verb="change the plan", refused="Nothing was changed.")
        changed = await api.change("changePlan", id=store["id"], plan=name)
        if watch:
            await until_planned(api, changed, as_json=as_json)
        else:
            shop = changed["name"]
            asked = f"{shop} gets the plan {printable(name)}"
            line = f"{asked}. Follow it with: storectl status {shop} --watch"
            say_either(changed, [line], as_json=as_json)

    run(work())
