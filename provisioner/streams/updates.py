"""Defines the updates that a follower of a store gets, and who renders and sends them."""

from dataclasses import dataclass
from typing import Protocol

from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import StoreEvent

MAX_EVENTS = 500
"""The most events in one update of a followed store. The rest follows in the next update."""

Events = tuple[StoreEvent, ...]


@dataclass(frozen=True, slots=True)
class StoreUpdate:
    """A store's state, and the events since the update before.

    With this update the follower has every event up to ``version``, and can resume from there.
    That is below the state's own version while one update cannot hold all missing events.
    ``has_gap`` says that older events are missing, because they were removed by age.
    """

    version: int
    snapshot: StoreSnapshot
    events: Events
    has_gap: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the update holds all events so far; if not, the rest follows in another one."""
        # A full update may happen to be the last one; to look for more then does no harm.
        return len(self.events) < MAX_EVENTS


@dataclass(frozen=True, slots=True)
class RenderedUpdate:
    """An update with its rendered text, or with None if a sink cannot send it."""

    update: StoreUpdate
    text: str | None


class Renderer(Protocol):
    """Renders updates for a group of followers that all get the same text."""

    async def render(self, above: int, snapshot: StoreSnapshot) -> RenderedUpdate:
        """Render a snapshot for followers that have every event up to the version ``above``."""
        ...


class Sink(Protocol):
    """Sends the texts of updates straight to one follower, without passing through its stream."""

    @property
    def renderer(self) -> Renderer:
        """The renderer of the follower's group."""
        ...

    def try_send(self, text: str) -> bool:
        """Send a text if that is possible without waiting; return whether it was sent."""
        ...

    async def send(self, text: str) -> None:
        """Send a text; wait while the follower does not read."""
        ...
