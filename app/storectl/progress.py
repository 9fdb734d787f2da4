"""Shows a store's progress live: redrawn on a terminal, as lines elsewhere, or as JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from app.storectl.screen import text
from app.storectl.terminal import say_json
from app.storectl.wording import Data, aside, duration, seconds_taken, step_line, words

_ENDED = frozenset({"SUCCEEDED", "FAILED", "SKIPPED"})
_STYLES = {"SUCCEEDED": "green", "FAILED": "bold red", "SKIPPED": "dim", "PENDING": "dim"}
_MARKS = {"SUCCEEDED": "✓", "FAILED": "✗", "SKIPPED": "-", "PENDING": "·"}


class Progress(Protocol):
    """Shows updates of one store."""

    def show(self, update: Data) -> None:
        """Show the next update."""
        ...

    def note(self, message: str) -> None:
        """Show a message that is not about the store, such as that the connection is lost."""
        ...

    def tell(self, message: str) -> None:
        """Show a message about the store that stays in sight."""
        ...


class JsonProgress:
    """Prints each update as one line of JSON, and notes on standard error."""

    def __init__(self, errors: Console) -> None:
        self._errors = errors

    def show(self, update: Data) -> None:
        say_json(update, indent=None)

    def note(self, message: str) -> None:
        self._errors.print(text(message), soft_wrap=True)

    def tell(self, message: str) -> None:
        self.note(message)


class PlainProgress:
    """Prints one line for each status and for each step that has ended; for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = ""
        self._said: set[tuple[Any, ...]] = set()

    def show(self, update: Data) -> None:
        store = update["store"]
        # An update may skip states and holds all steps, so lines that were printed are remembered.
        # The start belongs to the key, because a retry runs the same steps again.
        for step in store["steps"]:
            if step["status"] in _ENDED and step["startedAt"]:
                self._once((step["name"], step["startedAt"], step["status"]), step_line(step))
        # Compared with the last status only, because a store may return to an earlier one.
        status = f"{store['status']}{aside(store)}"
        if status != self._status:
            self._status = status
            self._line(f"{store['name']} is {status}.")

    def note(self, message: str) -> None:
        self._line(message)

    def tell(self, message: str) -> None:
        self._line(message)

    def _once(self, key: tuple[Any, ...], line: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self._line(line)

    def _line(self, line: str) -> None:
        self._console.print(text(line), soft_wrap=True)


class LiveProgress:
    """Redraws one line for each step: a spinner while it runs, then how long it took."""

    def __init__(self, console: Console) -> None:
        self._store: Data | None = None
        self._note = ""
        self._spinner = Spinner("line" if console.options.ascii_only else "dots")
        # Created last, because it calls ``_rendered`` at once.
        self.live = Live(console=console, refresh_per_second=8, get_renderable=self._rendered)

    def show(self, update: Data) -> None:
        self._store, self._note = update["store"], ""
        self.live.refresh()

    def note(self, message: str) -> None:
        self._note = message
        self.live.refresh()

    def tell(self, message: str) -> None:
        self.live.console.print(text(message), soft_wrap=True)  # above what is drawn anew

    def _rendered(self) -> RenderableType:
        if self._store is None:
            return text(self._note or "Connecting …", style="dim")
        place = self._store["queuePosition"]
        waits = f", number {place} in line" if place else ""
        status = f"{self._store['status']}{waits}{aside(self._store)}"
        title = text(f"{self._store['name']} is {status}", style="bold")
        table = Table.grid(padding=(0, 1))
        now = datetime.now(UTC)
        for step in self._store["steps"]:
            table.add_row(*self._row(step, now))
        note = [text(self._note, style="yellow")] if self._note else []
        return Group(title, table, *note)

    def _row(self, step: Data, now: datetime) -> tuple[RenderableType, ...]:
        status, seconds = step["status"], seconds_taken(step, now)
        style = _STYLES.get(status, "")
        mark = self._spinner if status == "RUNNING" else text(_MARKS.get(status, "?"), style=style)
        took = "" if seconds is None or status == "SKIPPED" else duration(seconds)
        return (
            mark,
            text(words(step["name"]), style=style),
            text(took, style="cyan", is_right=True),
            text(step["message"] or "", style=style if status == "FAILED" else "dim"),
        )


@contextmanager
def shown(console: Console, errors: Console, *, as_json: bool) -> Iterator[Progress]:
    """Yield the progress display that suits the output."""
    if as_json:
        yield JsonProgress(errors)
    elif not console.is_terminal:
        yield PlainProgress(console)
    else:
        progress = LiveProgress(console)
        with progress.live:
            yield progress
