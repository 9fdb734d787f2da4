"""Where an update is written once for all who get the same, rather than executed for each.

A transport that can do so (websockets) says so for each of its operations. Whether a subscriber may
follow a store is decided for each of them all the same, before anything is shared.
"""

from contextvars import ContextVar
from typing import Protocol

from provisioner.domain.identities import Identity
from provisioner.platform import Platform
from provisioner.streams.store_stream import StoreUpdate, Telling, Told


class Frame(Told, Protocol):
    """An update, and what is sent of it."""

    @property
    def update(self) -> StoreUpdate:
        """The update."""
        ...

    @property
    def text(self) -> str | None:
        """The operation's result as JSON; None when it has to be executed for each."""
        ...


class Subscriber(Protocol):
    """One operation that follows a store, where its updates may be shared."""

    def share(self, platform: Platform, caller: Identity, store_id: str) -> Telling[Frame] | None:
        """Return how it is told the same as others are; None if its results are its own."""
        ...

    async def send(self, text: str) -> None:
        """Send a result."""
        ...


subscriber: ContextVar[Subscriber | None] = ContextVar("subscriber", default=None)
"""Who follows, in the task of an operation; None where nothing is shared."""
