"""Defines the commands that lead into a shop: its address, and its administrator's log-in."""

import webbrowser
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app.storectl import documents
from app.storectl.completion import Key
from app.storectl.errors import RefusedError, refuse
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


def password(*, key: Key, as_json: AsJson = False) -> None:
    """Show the log-in of a shop's administrator to its owner. The audit log tells of it."""

    async def work() -> None:
        api = connected()
        store = await api.store(key)
        given = {"id": store["id"]}
        payload = (await api.execute(documents.REVEAL_PASSWORD, input=given))["payload"]
        refuse(payload["errors"])
        address, username = store["adminUrl"], payload["username"]
        if as_json:
            say_json({"url": address, "username": username, "password": payload["password"]})
        else:
            # On standard error, so that scripts can read the password alone from standard output.
            warn(f"Sign in at {address} as {username} with this password:")
            say(payload["password"])

    run(work())
