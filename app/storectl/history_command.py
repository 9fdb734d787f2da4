"""Defines the command that lists what was done with a store."""

from app.storectl import wording
from app.storectl.completion import Key
from app.storectl.tables import columns
from app.storectl.terminal import AsJson, connected, run, say_either, table_width


def history(*, key: Key, as_json: AsJson = False) -> None:
    """List what was done with a store, newest first: what, when, who asked, and how it ended."""

    async def work() -> None:
        api = connected()
        store = await api.store(key)
        operations = await api.operations(store["id"])
        lines = columns(wording.operation_rows(operations), width=table_width())
        say_either(operations, lines, as_json=as_json)

    run(work())
