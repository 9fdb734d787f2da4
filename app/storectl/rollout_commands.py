"""Defines the commands for rollouts: upgrades of many shops, for admins."""

from typing import Annotated

import typer

from app.storectl import rollout_documents, rollout_wording
from app.storectl.completion import engine_names
from app.storectl.errors import refuse
from app.storectl.examples import examples
from app.storectl.prompts import confirm
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, connected, run, say_either, table_width
from app.storectl.wording import Data

rollouts = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Upgrades of many shops, a few at a time, for admins.",
)

Engine = Annotated[
    str, typer.Argument(help="The engine of the shops.", autocompletion=engine_names)
]
Version = Annotated[str, typer.Argument(help="The version that they are to get.")]
Canaries = Annotated[
    int, typer.Option(help="How many shops come first, alone. If one fails, it stops.")
]
Parallel = Annotated[int, typer.Option(help="How many shops are upgraded at a time.")]
StopAfter = Annotated[
    int, typer.Option(metavar="FAILURES", help="After how many failures it stops.")
]
NameContains = Annotated[str | None, typer.Option(help="Only shops whose name contains this.")]
OwnerContains = Annotated[
    str | None, typer.Option(help="Only shops whose owner's name contains this.")
]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed", help="Also shops whose last upgrade to this version has failed."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Only say which shops would be upgraded, and why others would not."
    ),
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The rollout's id, from the list.")]


@rollouts.command(
    epilog=examples(
        "storectl rollout start woocommerce 7.2 --dry-run",
        "storectl rollout start woocommerce 7.2 --canaries 3 --parallel 8",
        "storectl rollout start medusa 2.22 --owner-contains example.com --yes",
    )
)
def start(
    *,
    engine: Engine,
    version: Version,
    canaries: Canaries = 1,
    parallel: Parallel = 2,
    stop_after: StopAfter = 1,
    name_contains: NameContains = None,
    owner_contains: OwnerContains = None,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Upgrade the shops of an engine: the first ones alone, then the others, a few at a time.

    It is followed live. Ctrl-C ends only that. It fails if it stops, or if any shop could not be
    upgraded; such a shop is brought back as it was.
    """
    wanted = {
        "engine": engine, "version": version, "canaries": canaries, "parallel": parallel,
        "stopAfterFailures": stop_after, "nameContains": name_contains,
        "ownerContains": owner_contains, "retriesFailed": retry_failed,
    }  # fmt: skip
    if dry_run:
        _plan(wanted, as_json=as_json)
    else:
        _start(wanted, yes=yes, as_json=as_json)


@rollouts.command(epilog=examples("storectl rollout watch rollout_0123456789abcdef"))
def watch(*, rollout_id: Id, as_json: AsJson = False) -> None:
    """Follow a rollout live, until it is finished or stopped."""

    async def work() -> None:
        from app.storectl.rollout_following import until_over  # noqa: PLC0415 - as in connected

        await until_over(connected(), rollout_id, as_json=as_json)

    run(work())


@rollouts.command(epilog=examples("storectl rollout stop rollout_0123456789abcdef"))
def stop(*, rollout_id: Id, as_json: AsJson = False) -> None:
    """Have a rollout begin no more upgrades. Those that are under way go on."""

    async def work() -> None:
        changed = await _changed(rollout_documents.STOP, {"id": rollout_id})
        line = f"Rollout {changed['id']} is stopped: {rollout_wording.counts(changed)}."
        goes_on = "What is being upgraded goes on. "
        again = f"To resume it: storectl rollout resume {changed['id']}"
        under_way = rollout_wording.numbers(changed).get("RUNNING")
        lines = [line, f"{goes_on if under_way else ''}{again}"]
        say_either(changed, lines, as_json=as_json)

    run(work())


@rollouts.command(epilog=examples("storectl rollout resume rollout_0123456789abcdef"))
def resume(*, rollout_id: Id, as_json: AsJson = False) -> None:
    """Have a rollout that is stopped go on. What has failed so far does not stop it again."""

    async def work() -> None:
        changed = await _changed(rollout_documents.RESUME, {"id": rollout_id})
        lines = [
            f"Rollout {changed['id']} goes on: {rollout_wording.counts(changed)}.",
            f"Follow it with: storectl rollout watch {changed['id']}",
        ]
        say_either(changed, lines, as_json=as_json)

    run(work())


@rollouts.command(name="list")
def list_rollouts(*, as_json: AsJson = False) -> None:
    """List all rollouts, newest first."""

    async def work() -> None:
        found = await connected().connection("rollouts", rollout_documents.ROLLOUTS)
        rows = rollout_wording.rollout_rows(found)
        lines = columns(rows, width=table_width()) if found else ["There are no rollouts."]
        say_either(found, lines, as_json=as_json)

    run(work())


def _plan(wanted: Data, *, as_json: bool) -> None:
    async def work() -> None:
        plan = await _planned(wanted)
        rows = rollout_wording.plan_rows(plan)
        table = columns(rows, width=table_width()) if plan["stores"] else []
        lines = [*table, *rollout_wording.plan_summary(plan, wanted["version"])]
        say_either(plan, lines, as_json=as_json)

    run(work())


def _start(wanted: Data, *, yes: bool, as_json: bool) -> None:
    async def work() -> None:
        from app.storectl.rollout_following import until_over  # noqa: PLC0415 - as in connected

        if not yes:
            number = rollout_wording.numbers(await _planned(wanted)).get("PENDING", 0)
            # If there is nothing to upgrade, the platform says why; so there is no question.
            if number:
                question = f"Upgrade {rollout_wording.terms(wanted, number)}?"
                confirm(question, verb="upgrade them", refused="Nothing was upgraded.")
        begun = await _changed(rollout_documents.UPGRADE_STORES, wanted)
        await until_over(connected(), begun["id"], as_json=as_json)

    run(work())


async def _planned(wanted: Data) -> Data:
    given = {**wanted, "dryRun": True}
    payload = (await connected().execute(rollout_documents.UPGRADE_STORES, input=given))["payload"]
    refuse(payload["errors"])
    return dict(payload["plan"])


async def _changed(document: str, given: Data) -> Data:
    payload = (await connected().execute(document, input=given))["payload"]
    refuse(payload["errors"])
    return dict(payload["rollout"])
