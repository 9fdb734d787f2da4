"""Websockets that are open and have not signed in yet: no more of one address than are harmless."""

from collections import defaultdict
from collections.abc import Callable


class HalfOpen:
    """Holds those that wait, oldest first.

    When there are too many of one address, the one that has waited longest goes, never the one
    that comes: whoever signs in at once, as clients do, gets in however many others only wait.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: defaultdict[str, dict[object, Callable[[], None]]] = defaultdict(dict)

    def add(self, address: str, connection: object, drop: Callable[[], None]) -> None:
        """Let a connection wait; ``drop`` is called when it has to make room."""
        waiting = self._waiting[address]
        if len(waiting) >= self._limit:
            oldest = next(iter(waiting))
            waiting.pop(oldest)()
        waiting[connection] = drop

    def remove(self, address: str, connection: object) -> None:
        """Forget a connection that has signed in, or is closed; again changes nothing."""
        self._waiting[address].pop(connection, None)
        if not self._waiting[address]:
            del self._waiting[address]

    def number(self, address: str) -> int:
        """Return how many connections of an address wait."""
        return len(self._waiting.get(address, ()))
