"""Defines the command that lists the kinds of shops, with their plans."""

from app.storectl.plan_wording import engine_lines
from app.storectl.terminal import AsJson, connected, run, say_either, table_width


def engines(*, as_json: AsJson = False) -> None:
    """List the kinds of shops that you can create, with their plans: what each means and costs."""

    async def work() -> None:
        found = await connected().engines()
        say_either(found, engine_lines(found, width=table_width()), as_json=as_json)

    run(work())
