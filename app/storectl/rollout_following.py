"""Follows a rollout until it goes on no more by itself, and shows its progress."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live

from app.storectl import rollout_documents, rollout_wording, screen, terminal
from app.storectl.api import Api
from app.storectl.errors import RefusedError
from app.storectl.following import stoppable
from app.storectl.progress import JsonProgress
from app.storectl.screen import text
from app.storectl.tables import columns
from app.storectl.wording import Data


class PlainRollout:
    """Prints what the rollout is, then one line for each state; for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""

    def show(self, update: Data) -> None:
        """See ``Progress``."""
        if not self._said:
            self.note(rollout_wording.title(update))
        # A new connection begins with the present state, which may have been said.
        if (line := rollout_wording.state(update)) != self._said:
            self._said = line
            self.note(line)

    def note(self, message: str) -> None:
        """See ``Progress``."""
        self._console.print(text(message), soft_wrap=True)


class LiveRollout:
    """Redraws what the rollout is, and its state."""

    def __init__(self, console: Console) -> None:
        self._title, self._line, self._note = "", "Connecting …", ""
        # Created last, because it calls ``_rendered`` at once.
        self.live = Live(console=console, refresh_per_second=4, get_renderable=self._rendered)

    def show(self, update: Data) -> None:
        """See ``Progress``."""
        self._title = rollout_wording.title(update)
        self._line, self._note = rollout_wording.state(update), ""
        self.live.refresh()

    def note(self, message: str) -> None:
        """See ``Progress``."""
        self._note = message
        self.live.refresh()

    def _rendered(self) -> RenderableType:
        head = [text(self._title, style="bold")] if self._title else []
        note = [text(self._note, style="yellow")] if self._note else []
        return Group(*head, text(self._line), *note)


async def until_over(api: Api, rollout_id: str, *, as_json: bool) -> None:
    """Show a rollout until it is finished or stopped.

    Raises RefusedError if it is stopped, or shops could not be upgraded, and NoSuchStoreError if
    there is no such rollout. Ctrl-C ends only the watch, and prints how to resume it.
    """
    last: Data | None = None

    async def watch() -> None:
        nonlocal last
        with _shown(as_json=as_json) as shown:
            states = api.follow_rollout(
                rollout_id,
                on_lost=lambda: shown.note("The connection is lost; trying to come back …"),
            )
            async with aclosing(states) as stream:
                async for state in stream:
                    last = state
                    shown.show(state)
                    if state["status"] != "RUNNING":
                        return

    try:
        await stoppable(watch())
    except asyncio.CancelledError:
        terminal.warn(
            "\nNo longer watching; the rollout goes on without you. To watch again:"
            f" storectl rollout watch {rollout_id}. To stop it: storectl"
            f" rollout stop {rollout_id}"
        )
        raise
    if last is not None:
        await _tell_end(api, last, as_json=as_json)


@contextmanager
def _shown(*, as_json: bool) -> Iterator[JsonProgress | PlainRollout | LiveRollout]:
    """Yield the display that suits the output."""
    if as_json:
        yield JsonProgress(screen.errors)
    elif not screen.out.is_terminal:
        yield PlainRollout(screen.out)
    else:
        display = LiveRollout(screen.out)
        with display.live:
            yield display


async def _tell_end(api: Api, rollout: Data, *, as_json: bool) -> None:
    found = rollout_wording.numbers(rollout)
    if not as_json and (found.get("FAILED") or found.get("SKIPPED")):
        turns = await api.connection("node stores", rollout_documents.SHOPS, id=rollout["id"])
        rows = rollout_wording.failed_rows(turns)
        terminal.say(*columns(rows, width=terminal.table_width()))
    if rollout["status"] == "STOPPED":
        raise RefusedError(
            f"The rollout is stopped. {rollout['reason'] or ''}\n"
            f"To go on in spite of that: storectl rollout resume {rollout['id']}"
        )
    if failed := found.get("FAILED"):
        raise RefusedError(
            f"The rollout is finished, and {rollout_wording.shops(failed)} could not be upgraded."
        )
