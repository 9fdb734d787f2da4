"""What a follower of a store is sent, and the protocols of those who write and send it."""

from dataclasses import dataclass
from typing import Protocol

from provisioner.domain.stores import StoreEvent, StoreSnapshot

MAX_EVENTS = 500
"""Events in one update of a followed store; what lies further back is in the next update."""

Events = tuple[StoreEvent, ...]


@dataclass(frozen=True, slots=True)
class StoreUpdate:
    """A store's state, and what happened since the update before.

    ``version`` is where to go on from: the follower has every event up to it. It is below the
    state's own version while there are more events to catch up with than one update holds.
    """

    version: int
    snapshot: StoreSnapshot
    events: Events

    @property
    def is_whole(self) -> bool:
        """Whether it holds all events there are; else the rest follows in another."""
        return len(self.events) < MAX_EVENTS


@dataclass(frozen=True, slots=True)
class RenderedUpdate:
    """An update, and the text that is sent of it: None when a sink cannot send it."""

    update: StoreUpdate
    text: str | None


class Renderer(Protocol):
    """Renders updates for a group of followers who all get the same text."""

    async def render(self, above: int, snapshot: StoreSnapshot) -> RenderedUpdate:
        """Render a state for those who have every event up to the version ``above``."""
        ...


class Sink(Protocol):
    """Sends one follower the texts of updates, past the stream that they follow."""

    @property
    def renderer(self) -> Renderer:
        """The renderer of the follower's group."""
        ...

    def try_send(self, text: str) -> bool:
        """Send a text if nothing has to be waited for; return whether it was sent."""
        ...

    async def send(self, text: str) -> None:
        """Send a text."""
        ...
