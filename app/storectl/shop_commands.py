"""Defines the commands that lead into a shop: its address, and its administrator's log-in."""

import webbrowser
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app.storectl import documents
from app.storectl.completion import Key
from app.storectl.errors import RefusedError, UsageError, refuse
from app.storectl.prompts import confirm
from app.storectl.terminal import AsJson, connected, run, say, say_json, warn

_OPEN = ("READY", "DEGRADED")


def open_shop(
    *,
    key: Key,
    admin: Annotated[
        bool, typer.Option("--admin", help="Open the shop's administration instead.")
    ] = False,
) -> None:
    """Open a shop in the browser, and print its address."""

    async def work() -> None:
        api = connected()
        store = await api.store(key)
        if store["status"] == "SUSPENDED":
            raise RefusedError(
                f"{store['name']} is paused, so its shop does not open."
                f" Open it again with: storectl resume {store['name']}"
            )
        if store["status"] not in _OPEN:
            raise RefusedError(
                f"{store['name']} is {store['status']}, so its shop does not open."
                f" See why with: storectl status {store['name']}"
            )
        platform = (await api.execute(documents.PLATFORM))["platform"]
        if not platform["isAddressChecked"]:
            raise RefusedError(
                "Shops do not open on this platform: its pods are simulated, or it knows no"
                f" ingress. The shop's address would be {store['url']}"
            )
        address = (store["adminUrl"] if admin else None) or store["url"]
        say(address)
        # The address is another's text, and a browser opens files and programs as well.
        if urlsplit(address).scheme not in ("http", "https") or not webbrowser.open(address):
            warn("No browser was opened. Open the address yourself.")

    run(work())


def sign_in(*, key: Key, as_json: AsJson = False) -> None:
    """Print a link that signs you in to your shop's administration. It works once, for a minute.

    The audit log tells of it.
    """
    # It is not opened here: a browser is given it on a command line, which others can read.

    async def work() -> None:
        api = connected()
        given = {"id": (await api.store(key))["id"]}
        payload = (await api.execute(documents.SIGN_IN_LINK, input=given))["payload"]
        refuse(payload["errors"])
        if as_json:
            say_json({"url": payload["url"], "expiresAt": payload["expiresAt"]})
        else:
            warn("Open this link within a minute. It works once, so give it to nobody:")
            say(payload["url"])

    run(work())


def password(
    *,
    key: Key,
    reset: Annotated[
        bool,
        typer.Option(
            "--reset",
            help="Set a new password, and show it this once. The administrator is signed out"
            " everywhere.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the log-in of a shop's administrator to its owner. The audit log tells of it.

    Only the first password is shown so, which was generated with the shop, until it is reset.
    """
    if yes and not reset:
        raise UsageError("--yes is for --reset alone: nothing is asked otherwise.")

    async def work() -> None:
        api = connected()
        store = await api.store(key)
        if reset and not yes:
            _confirm_reset(store["name"])
        document = documents.RESET_PASSWORD if reset else documents.REVEAL_PASSWORD
        payload = (await api.execute(document, input={"id": store["id"]}))["payload"]
        refuse(payload["errors"])
        address, username = store["adminUrl"], payload["username"]
        # All but the password on standard error, so that scripts can read it from standard output.
        if as_json:
            say_json({"url": address, "username": username, "password": payload["password"]})
        else:
            when = " once that is done" if reset else ""
            warn(f"Sign in at {address} as {username} with this password{when}:")
            say(payload["password"])
        if reset:
            warn(
                "It is being set, and is not shown again. See whether it is done with: storectl"
                f" history {store['name']}"
            )

    run(work())


def _confirm_reset(name: str) -> None:
    question = (
        f"Set a new password for the administrator of {name}? The one of now ends, and so does"
        " every session with it."
    )
    confirm(question, verb="set one", refused="The password was left as it is.")
