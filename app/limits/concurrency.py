"""Limits how many things, such as websockets, each caller has open at a time."""

from collections import Counter


class ConcurrencyLimiter:
    """Counts what each caller holds, up to a limit.

    It needs no lock: nothing is awaited between a check and the change that follows it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: Counter[str] = Counter()

    def take(self, caller: str) -> bool:
        """Take one more for a caller and return True, or return False when the limit is reached."""
        if self._held[caller] >= self.limit:
            return False
        self._held[caller] += 1
        return True

    def free(self, caller: str) -> None:
        """Give one back that was taken."""
        self._held[caller] -= 1
        # Otherwise an entry would stay for every caller there ever was.
        if not self._held[caller]:
            del self._held[caller]

    def held(self) -> int:
        """Return how many all callers together hold."""
        return self._held.total()
