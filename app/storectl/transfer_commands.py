"""Defines the commands that give stores to other owners, and that answer such offers."""

from typing import Annotated

import typer

from app.storectl import transfer_documents
from app.storectl.completion import Key
from app.storectl.errors import NoSuchStoreError, refuse
from app.storectl.examples import examples
from app.storectl.prompts import confirm
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, connected, run, say_either, table_width
from app.storectl.wording import Data, ago

transfers = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Offers of stores to other owners.",
)

Offered = Annotated[
    str, typer.Argument(metavar="STORE", help="The name or id of a store that is offered to you.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@transfers.command(
    epilog=examples(
        "storectl transfer offer my-shop bob",
        "storectl transfer offer my-shop bob@example.com --yes",
    )
)
def offer(
    *,
    key: Key,
    to: Annotated[
        str,
        typer.Argument(
            metavar="TAKER",
            help="Their unique name, as `storectl whoami` tells them, or the e-mail address that"
            " they sign in with.",
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option(
            help="The source of the unique name: `local`, or an issuer's URL. The default is that"
            " of the store's owner."
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Offer a store to another owner. It stays yours until they accept it, within 7 days."""

    async def work() -> None:
        api = connected()
        store = await api.store(key)
        if not yes:
            confirm(
                f"Offer {store['name']} to {to}? Once they accept it, you cannot take it back.",
                verb="offer it",
                refused="It was not offered.",
            )
        given = {"id": store["id"], "to": to, "toSource": source}
        offered = (await _payload(transfer_documents.OFFER, given))["store"]
        name, found = offered["name"], offered["offer"]
        lines = [
            f"{name} is offered to {found['to']} until {found['expiresAt'][:16]} UTC.",
            f"Withdraw it with: storectl transfer withdraw {name}",
        ]
        say_either(offered, lines, as_json=as_json)

    run(work())


@transfers.command(epilog=examples("storectl transfer withdraw my-shop"))
def withdraw(*, key: Key, as_json: AsJson = False) -> None:
    """Withdraw the offer of a store, before it is accepted."""

    async def work() -> None:
        api = connected()
        store = await api.change("withdrawTransfer", id=(await api.store(key))["id"])
        say_either(store, [f"{store['name']} is not offered any more."], as_json=as_json)

    run(work())


@transfers.command(epilog=examples("storectl transfer accept the-shop"))
def accept(*, offered: Offered, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take over a store that is offered to you, with its history, backups and copies."""

    async def work() -> None:
        found = await _find(offered)
        if not yes:
            confirm(
                f"Take over {found['storeName']}, which {found['offeredBy']} offers you?",
                verb="take it over",
                refused="It was not taken over.",
            )
        payload = await _payload(transfer_documents.ACCEPT, {"id": found["storeId"]})
        store, advice = payload["store"], payload["advice"]
        lines = [f"{store['name']} is yours.", advice]
        say_either({"store": store, "advice": advice}, lines, as_json=as_json)

    run(work())


@transfers.command(epilog=examples("storectl transfer decline the-shop"))
def decline(*, offered: Offered, as_json: AsJson = False) -> None:
    """Decline a store that is offered to you."""

    async def work() -> None:
        given = {"id": (await _find(offered))["storeId"]}
        over = (await _payload(transfer_documents.DECLINE, given))["offer"]
        say_either(over, [f"You declined {over['storeName']}."], as_json=as_json)

    run(work())


@transfers.command(name="list")
def list_offers(*, as_json: AsJson = False) -> None:
    """List the stores that are offered to you."""

    async def work() -> None:
        found = await _offers()
        heads = ("STORE", "ENGINE", "OFFERED BY", "OFFERED", "UNTIL (UTC)")
        rows = [
            (item["storeName"], item["engine"], item["offeredBy"], ago(item["offeredAt"]),
             item["expiresAt"][:16])
            for item in found
        ]  # fmt: skip
        lines = columns([heads, *rows], width=table_width()) if rows else ["Nothing is offered."]
        say_either(found, lines, as_json=as_json)

    run(work())


async def _offers() -> list[Data]:
    return list((await connected().execute(transfer_documents.OFFERS))["offeredStores"])


async def _find(key: str) -> Data:
    """Return the offer of the store with this name or id. Raises NoSuchStoreError."""
    # Not as a store: whoever is offered one does not see it yet.
    for item in await _offers():
        if key in (item["storeName"], item["storeId"]):
            return item
    raise NoSuchStoreError(f"No store {key} is offered to you. See: storectl transfer list")


async def _payload(document: str, given: Data) -> Data:
    payload = (await connected().execute(document, input=given))["payload"]
    refuse(payload["errors"])
    return dict(payload)
