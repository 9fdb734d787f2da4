"""Lets a transport send the updates of a followed store itself.

A transport can render an update once for all subscribers that get the same text, as websockets do.
It then sets ``find_sink`` for each of its operations. Whether a subscriber may follow a store is
still decided for each of them, before anything is shared.
"""

from collections.abc import Callable
from contextvars import ContextVar

from provisioner.domain.identities import Identity
from provisioner.platform import Platform
from provisioner.streams.updates import Sink

FindSink = Callable[[Platform, Identity, str], Sink | None]
"""Returns the sink for an operation that follows the store with an id, or None if not shared."""

# A context variable, because a resolver does not know the transport that runs it.
find_sink: ContextVar[FindSink | None] = ContextVar("find_sink", default=None)
"""Set in the task of each operation whose transport has sinks; otherwise None."""
