"""A store's progress as it happens: redrawn on a terminal, lines elsewhere, or JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from app.storectl import terminal
from app.storectl.wording import Data, duration, step_line, step_seconds, words

_ENDED = frozenset({"SUCCEEDED", "FAILED", "SKIPPED"})
_STYLES = {"SUCCEEDED": "green", "FAILED": "bold red", "SKIPPED": "dim", "PENDING": "dim"}
_MARKS = {"SUCCEEDED": "✓", "FAILED": "✗", "SKIPPED": "-", "PENDING": "·"}


class Progress(Protocol):
    """Shows updates of one store."""

    def show(self, update: Data) -> None:
        """Take the next update."""
        ...

    def note(self, message: str) -> None:
        """Say something that is not of the store, such as that the connection is lost."""
        ...


class JsonProgress:
    """Each update as one line of JSON; notes go to stderr."""

    def __init__(self, errors: Console) -> None:
        self._errors = errors

    def show(self, update: Data) -> None:
        terminal.say_json(update, indent=None)

    def note(self, message: str) -> None:
        self._errors.print(terminal.text(message), soft_wrap=True)


class PlainProgress:
    """A line for each status, and for each step that ended: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = ""
        self._said: set[tuple[Any, ...]] = set()

    def show(self, update: Data) -> None:
        store = update["store"]
        for step in store["steps"]:
            if step["status"] in _ENDED and step["startedAt"]:
                self._once((step["name"], step["startedAt"], step["status"]), step_line(step))
        if store["status"] != self._status:  # it may come back to one that it was in
            self._status = store["status"]
            self._line(f"{store['name']} is {self._status}.")

    def note(self, message: str) -> None:
        self._line(message)

    def _once(self, key: tuple[Any, ...], line: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self._line(line)

    def _line(self, line: str) -> None:
        self._console.print(terminal.text(line), soft_wrap=True)


class LiveProgress:
    """One line per step, redrawn in place: a spinner while it runs, then how long it took."""

    def __init__(self, console: Console) -> None:
        self._store: Data | None = None
        self._note = ""
        self._spinner = Spinner("line" if console.options.ascii_only else "dots")
        # Last: it renders at once.
        self.live = Live(console=console, refresh_per_second=8, get_renderable=self._rendered)

    def show(self, update: Data) -> None:
        self._store, self._note = update["store"], ""
        self.live.refresh()

    def note(self, message: str) -> None:
        self._note = message
        self.live.refresh()

    def _rendered(self) -> RenderableType:
        if self._store is None:
            return terminal.text(self._note or "Connecting …", style="dim")
        place = self._store["queuePosition"]
        waits = f", number {place} in line" if place else ""
        title = terminal.text(
            f"{self._store['name']} is {self._store['status']}{waits}", style="bold"
        )
        table = Table.grid(padding=(0, 1))
        now = datetime.now(UTC)
        for step in self._store["steps"]:
            table.add_row(*self._row(step, now))
        note = [terminal.text(self._note, style="yellow")] if self._note else []
        return Group(title, table, *note)

    def _row(self, step: Data, now: datetime) -> tuple[RenderableType, ...]:
        status, seconds = step["status"], step_seconds(step, now)
        style = _STYLES.get(status, "")
        mark = (
            self._spinner
            if status == "RUNNING"
            else terminal.text(_MARKS.get(status, "?"), style=style)
        )
        took = "" if seconds is None or status == "SKIPPED" else duration(seconds)
        return (
            mark,
            terminal.text(words(step["name"]), style=style),
            terminal.text(took, style="cyan", is_right=True),
            terminal.text(step["message"] or "", style=style if status == "FAILED" else "dim"),
        )


@contextmanager
def shown(console: Console, errors: Console, *, as_json: bool) -> Iterator[Progress]:
    """Give the kind of progress that suits where the output goes."""
    if as_json:
        yield JsonProgress(errors)
    elif not console.is_terminal:
        yield PlainProgress(console)
    else:
        progress = LiveProgress(console)
        with progress.live:
            yield progress
