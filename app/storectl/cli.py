"""Defines the commands for stores and for signing in."""

import sys
from typing import Annotated

import typer

from app.storectl import account, documents, profiles, wording
from app.storectl.addresses import normalised
from app.storectl.backup_commands import backup, backups, pin, unpin, verify
from app.storectl.completion import Key, engine_names, plan_names, profile_names
from app.storectl.delete_commands import cancel, delete
from app.storectl.ending import DEBUG_VARIABLE, ended
from app.storectl.engines_command import engines
from app.storectl.errors import EXIT_CODES, UsageError
from app.storectl.examples import examples
from app.storectl.history_command import history
from app.storectl.list_command import list_stores
from app.storectl.mcp import command as mcp
from app.storectl.plan_command import plan
from app.storectl.profile_commands import profiles as profile_commands
from app.storectl.rename_command import rename
from app.storectl.restore_command import clone, restore
from app.storectl.rollout_commands import rollouts
from app.storectl.shop_commands import open_shop, password, sign_in
from app.storectl.suspension_commands import restart, resume, suspend
from app.storectl.terminal import AsJson, connected, run, say, say_either, table_width, warn
from app.storectl.token_commands import tokens
from app.storectl.transfer_commands import transfers
from app.storectl.upgrade_commands import rollback, upgrade

_EXITS = (
    "Exit codes: "
    + ", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES)
    + f". {DEBUG_VARIABLE}=1 shows the traceback of an unknown error."
)

cli = typer.Typer(
    name="storectl",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Stores of the store platform, from the command line.",
    epilog=_EXITS,
    # ``ending`` prints every error.
    pretty_exceptions_enable=False,
)
cli.add_typer(tokens, name="tokens")
cli.add_typer(profile_commands, name="profiles")
cli.add_typer(rollouts, name="rollout")
cli.add_typer(transfers, name="transfer")

Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Follow the store live, until the work is done.")
]

Plan = Annotated[
    str | None,
    typer.Option(
        help="How much the shop has of the cluster, as `storectl engines` lists it. The default is"
        " the engine's.",
        autocompletion=plan_names,
    ),
]


def _show_version(is_wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_wanted:
        from app import __version__  # noqa: PLC0415 - it is looked up when it is imported

        typer.echo(f"storectl {__version__}")
        raise typer.Exit


@cli.callback()
def storectl(
    *,
    version: Annotated[  # noqa: ARG001 - its callback has used it
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The profile to use: a platform with your token on it. The default is that of"
            f" {profiles.VARIABLE}, or the one in use.",
            autocompletion=profile_names,
        ),
    ] = None,
) -> None:
    """Handle the options that stand before a command."""
    profiles.choose(profile)


@cli.command(
    epilog=examples(
        "storectl login https://platform.example.com",
        "storectl login --profile live --token-stdin < token",
    )
)
def login(
    *,
    url: Annotated[
        str | None,
        typer.Argument(
            help="The platform's address. The default is that of the profile, or"
            f" {account.DEFAULT_URL}."
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The profile to save it as, for several platforms.",
            autocompletion=profile_names,
        ),
    ] = None,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read the token from standard input.")
    ] = False,
) -> None:
    """Sign in and save the token. It is asked for, or taken from STORE_PLATFORM_TOKEN."""
    if profile is not None:
        profiles.choose(profile)
    saved_as = profiles.chosen()

    async def work() -> None:
        base = normalised(url or account.default_url(saved_as))
        chosen = account.Account(base, account.token_given(from_stdin=token_stdin))
        if chosen.is_token_exposed:
            warn(f"Caution: {base} is not encrypted. Others on the network can read the token.")
        # The token is tried before it is saved, so that a wrong one does not replace a good one.
        viewer = (await connected(chosen).execute(documents.VIEWER))["viewer"]
        path = account.save(chosen, saved_as)
        say(f"Signed in to {base} as {viewer['name']} ({viewer['role'].lower()}).")
        say(f"The token is kept in {path}, which only you can read.")
        profiles.use_if_only(saved_as.name)
        if not profiles.is_used(saved_as.name):
            say(
                f"To use it: storectl --profile {saved_as.name} …, or for all commands:"
                f" storectl profiles use {saved_as.name}"
            )

    run(work())


@cli.command()
def logout() -> None:
    """Remove the token from this machine. It stays valid: see `storectl tokens revoke`."""
    say("Signed out." if account.forget(profiles.chosen()) else "You were not signed in.")


@cli.command()
def whoami(*, as_json: AsJson = False) -> None:
    """Show your name and role, the platform's address, and how many stores you have."""

    async def work() -> None:
        chosen = account.current()
        viewer = (await connected(chosen).execute(documents.VIEWER))["viewer"]
        line = f"{viewer['name']} ({viewer['role'].lower()}) at {chosen.url}"
        quota = wording.quota(viewer["quota"])
        say_either({"url": chosen.url, **viewer}, [line, quota], as_json=as_json)

    run(work())


@cli.command(
    epilog=examples(
        "storectl create my-shop --engine medusa --watch",
        "storectl create my-shop --engine woocommerce --email me@example.com",
        "storectl create my-shop --engine medusa --plan medium",
    )
)
def create(
    *,
    name: Annotated[str, typer.Argument(help="3 to 40 characters a-z, 0-9 and hyphens.")],
    engine: Annotated[
        str | None,
        typer.Option(
            help="The kind of shop. Needed only if there are several.", autocompletion=engine_names
        ),
    ] = None,
    version: Annotated[str | None, typer.Option(help="The engine's version.")] = None,
    plan: Plan = None,
    email: Annotated[
        str | None, typer.Option(help="Where the shop writes to you, of new orders for example.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="An idempotency key: a repeated key returns the same store."),
    ] = None,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Create a store."""

    async def work() -> None:
        from app.storectl.following import until_ready  # noqa: PLC0415 - as in connected

        api = connected()
        chosen = engine or _only(
            [item["name"] for item in await api.engines() if item["isAvailable"]]
        )
        store = await api.change(
            "createStore", name=name, engine=chosen, version=version, plan=plan,
            contactEmail=email, idempotencyKey=key,
        )  # fmt: skip
        if watch:
            # From version 0, so that the events before the watch are shown as well.
            await until_ready(api, store, after=0, as_json=as_json)
        else:
            line = f"{name} is asked for. Follow it with: storectl status {name} --watch"
            say_either(store, [line], as_json=as_json)

    run(work())


cli.command(epilog=examples("storectl engines", "storectl engines --json"))(engines)
cli.command(
    name="list",
    epilog=examples(
        "storectl list --status failed --status degraded", "storectl list --name shop --json"
    ),
)(list_stores)


@cli.command(epilog=examples("storectl status my-shop", "storectl status my-shop --watch"))
def status(*, key: Key, watch: Watch = False, as_json: AsJson = False) -> None:
    """Show a store. With --watch, show everything that happens to it until it is deleted."""

    async def work() -> None:
        from app.storectl.following import follow  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.store(key)
        if watch:
            await follow(api, store, until=lambda _: False, after=None, as_json=as_json)
        else:
            lines = wording.store_lines(store, width=table_width())
            say_either(store, lines, as_json=as_json)

    run(work())


@cli.command(epilog=examples("storectl logs my-shop"))
def logs(*, key: Key, as_json: AsJson = False) -> None:
    """Show why a store has its status: the reason, output of helm and containers, all events."""

    async def work() -> None:
        api = connected()
        store = await api.store(key)
        events = await api.events(store["id"])
        lines = wording.failure_lines(store, events, width=table_width())
        say_either({**store, "events": events}, lines, as_json=as_json)

    run(work())


cli.command(epilog=examples("storectl history my-shop"))(history)
cli.command(name="open", epilog=examples("storectl open my-shop", "storectl open my-shop --admin"))(
    open_shop
)
cli.command(name="sign-in", epilog=examples("storectl sign-in my-shop"))(sign_in)
cli.command(epilog=examples("storectl password my-shop", "storectl password my-shop --reset"))(
    password
)


cli.command(epilog=examples("storectl delete my-shop --watch", "storectl delete my-shop --yes"))(
    delete
)
cli.command()(cancel)


@cli.command(epilog=examples("storectl retry my-shop --watch"))
def retry(*, key: Key, watch: Watch = False, as_json: AsJson = False) -> None:
    """Try a failed store again. What was made so far is kept."""

    async def work() -> None:
        from app.storectl.following import until_ready  # noqa: PLC0415 - as in connected

        api = connected()
        store = await api.change("retryStore", id=(await api.store(key))["id"])
        if watch:
            # From this version, so that the failure before the retry is not shown again.
            await until_ready(api, store, after=store["version"], as_json=as_json)
        else:
            say_either(store, [f"{store['name']} is tried again."], as_json=as_json)

    run(work())


cli.command(epilog=examples('storectl rename my-shop "Ada\'s Candles"'))(rename)
cli.command(epilog=examples("storectl suspend my-shop --watch"))(suspend)
cli.command(epilog=examples("storectl resume my-shop --watch"))(resume)
cli.command(epilog=examples("storectl restart my-shop --watch"))(restart)
cli.command(
    epilog=examples(
        "storectl upgrade my-shop --list",
        "storectl upgrade my-shop --watch",
        "storectl upgrade my-shop --version 2.21 --yes",
    )
)(upgrade)
cli.command(epilog=examples("storectl plan my-shop", "storectl plan my-shop medium --watch"))(plan)
cli.command(epilog=examples("storectl rollback my-shop --watch"))(rollback)
cli.command(epilog=examples("storectl backup my-shop --watch"))(backup)
cli.command(epilog=examples("storectl backups my-shop"))(backups)
cli.command(epilog=examples("storectl verify my-shop", "storectl verify my-shop --backup 7"))(
    verify
)
cli.command(epilog=examples("storectl pin my-shop 7"))(pin)
cli.command(epilog=examples("storectl unpin my-shop 7"))(unpin)
cli.command(
    epilog=examples(
        "storectl restore my-shop my-second-shop --watch",
        "storectl restore my-shop my-second-shop --backup 7",
        "storectl restore my-shop --in-place --backup 7 --watch",
    )
)(restore)
cli.command(
    epilog=examples(
        "storectl clone my-shop my-trial --watch", "storectl clone my-shop my-trial --backup 7"
    )
)(clone)
cli.command(name="mcp", epilog=examples("storectl mcp --read-only"))(mcp.serve)


def _only(engines: list[str]) -> str:
    if len(engines) == 1:
        return engines[0]
    raise UsageError(f"Choose one with --engine: {', '.join(engines) or 'the platform has none'}.")


def main() -> None:
    """Run storectl."""
    sys.exit(ended(lambda: cli(prog_name="storectl")))
