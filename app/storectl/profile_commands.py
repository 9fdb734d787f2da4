"""Defines the commands for profiles: several platforms, each with a token of its own."""

from typing import Annotated, Any

import typer

from app.storectl import account
from app.storectl import profiles as saved
from app.storectl.completion import profile_names
from app.storectl.errors import StorectlError
from app.storectl.profiles import Profile
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, say, say_either, table_width

profiles = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The platforms that you are signed in to.",
)

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The profile.", autocompletion=profile_names),
]


@profiles.command(name="list")
def list_profiles(*, as_json: AsJson = False) -> None:
    """List your profiles: a star marks the one that is used. Tokens are not shown."""
    used = saved.chosen().name
    found = [{**_shown(name), "isUsed": name == used} for name in saved.names()]
    rows = [("", "NAME", "ADDRESS")]
    rows += [
        ("*" if item["isUsed"] else "", item["name"], item["url"] or item["problem"])
        for item in found
    ]
    lines = columns(rows, width=table_width()) if found else ["There are no profiles."]
    say_either(found, lines, as_json=as_json)


@profiles.command(name="use")
def use_profile(*, name: Name) -> None:
    """Use a profile from now on, wherever nothing names another."""
    saved.use(name)
    say(f"The profile {name} is used from now on.")


@profiles.command(name="remove")
def remove_profile(*, name: Name) -> None:
    """Remove a profile and its token from this machine. The token itself stays valid.

    If it was in use, no other takes its place: commands fail until you choose one.
    """
    profile = Profile(saved.checked(name), is_chosen=True)
    was_used = saved.chosen().name == name
    if not account.forget(profile):
        raise saved.missing(profile)
    say(f"The profile {name} is removed.")
    if was_used and (others := saved.names()):
        say(f"It was in use. Choose another with `storectl profiles use`: {', '.join(others)}.")


def _shown(name: str) -> dict[str, Any]:
    """Return what is shown of a profile: its address, or why it cannot be used."""
    try:
        kept = account.read(Profile(name, is_chosen=True))
    except StorectlError as error:
        return {"name": name, "url": None, "problem": str(error)}
    return {"name": name, "url": kept.url if kept else None, "problem": None}
