"""Where a transport offers to send updates of a followed store itself.

A transport that can render an update once for all who get the same (websockets can) sets
``find_sink`` for each of its operations. Whether a subscriber may follow a store is still decided
for each of them, before anything is shared.
"""

from collections.abc import Callable
from contextvars import ContextVar

from provisioner.domain.identities import Identity
from provisioner.platform import Platform
from provisioner.streams.updates import Sink

FindSink = Callable[[Platform, Identity, str], Sink | None]
"""Gives the sink of an operation that follows a store by its id; None where nothing is shared."""

find_sink: ContextVar[FindSink | None] = ContextVar("find_sink", default=None)
"""Set in the task of each operation whose transport has sinks."""
