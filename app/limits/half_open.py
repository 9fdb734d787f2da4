"""Limits the websockets of one address that are open and have not signed in yet."""

from collections import defaultdict
from collections.abc import Callable


class HalfOpen:
    """Keeps the websockets that have not signed in, oldest first for each address.

    When one address has too many, the one that has waited longest is closed, never the new one.
    Clients sign in at once, so a client gets in however many other connections only wait.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: defaultdict[str, dict[object, Callable[[], None]]] = defaultdict(dict)

    def add(self, address: str, connection: object, drop: Callable[[], None]) -> None:
        """Let a connection wait. ``drop`` is called when it has to make room for another."""
        waiting = self._waiting[address]
        if len(waiting) >= self._limit:
            oldest = next(iter(waiting))  # a dict keeps the order in which keys were added
            waiting.pop(oldest)()
        waiting[connection] = drop

    def remove(self, address: str, connection: object) -> None:
        """Forget a connection that has signed in or is closed. A second call changes nothing."""
        self._waiting[address].pop(connection, None)
        # Otherwise an entry would stay for every address there ever was.
        if not self._waiting[address]:
            del self._waiting[address]

    def number(self, address: str) -> int:
        """Return how many connections of an address have not signed in."""
        return len(self._waiting.get(address, ()))
