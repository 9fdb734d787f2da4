"""Defines the command that lists stores."""

from enum import StrEnum
from typing import Annotated

import typer

from app.storectl import wording
from app.storectl.completion import engine_names
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, connected, run, say_either, table_width


class Status(StrEnum):
    """The statuses of a store that ``--status`` accepts, written as users type them."""

    QUEUED = "queued"
    PROVISIONING = "provisioning"
    UPDATING = "updating"
    READY = "ready"
    DEGRADED = "degraded"
    FAILED = "failed"
    SUSPENDED = "suspended"
    DELETING = "deleting"
    DELETED = "deleted"


def list_stores(
    *,
    status: Annotated[
        list[Status] | None,
        typer.Option(
            metavar="STATUS",
            case_sensitive=False,
            help=f"Only stores in this status: {', '.join(Status)}. May be repeated.",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="Only stores of this engine.", autocompletion=engine_names),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Only stores whose name contains this.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the stores that you may see. Deleted stores need --status deleted."""

    async def work() -> None:
        wanted = {
            "statuses": [item.name for item in status] if status else None,
            "engine": engine,
            "nameContains": name,
        }
        stores = await connected().stores(**wanted)
        rows = wording.store_rows(stores)
        lines = columns(rows, width=table_width()) if stores else ["There are no such stores."]
        say_either(stores, lines, as_json=as_json)

    run(work())
