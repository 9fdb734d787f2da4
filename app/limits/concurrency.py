"""How much each caller has open at a time."""

from collections import Counter


class ConcurrencyLimiter:
    """Counts what callers hold, up to a limit for each."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: Counter[str] = Counter()

    def take(self, caller: str) -> bool:
        """Take one more for a caller, unless they hold as many as they may; return whether."""
        if self._held[caller] >= self.limit:
            return False
        self._held[caller] += 1
        return True

    def free(self, caller: str) -> None:
        """Give one back that was taken."""
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]

    def held(self) -> int:
        """Return how many are held by all callers together."""
        return self._held.total()
