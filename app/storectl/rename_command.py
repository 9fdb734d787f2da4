"""Defines the command that gives a store another title."""

from typing import Annotated

import typer

from app.storectl import documents
from app.storectl.completion import Key
from app.storectl.errors import refuse
from app.storectl.terminal import AsJson, connected, run, say_either


def rename(
    *,
    key: Key,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is to be called.")],
    as_json: AsJson = False,
) -> None:
    """Give a store another title. Its name and address, and what is in its shop, stay."""

    async def work() -> None:
        api = connected()
        given = {"id": (await api.store(key))["id"], "title": title}
        payload = (await api.execute(documents.RENAME, input=given))["payload"]
        refuse(payload["errors"])
        store, advice = payload["store"], payload["advice"]
        lines = [f"{store['name']} has the title {store['title']}.", advice]
        say_either({"store": store, "advice": advice}, lines, as_json=as_json)

    run(work())
