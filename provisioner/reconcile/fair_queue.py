"""A waiting line that is fair between owners: they take turns, each owner's keys in their order.

The rule is round robin: an owner who asks for a hundred stores at once delays another's one store
by a single turn, not by a hundred.
"""


class FairQueue:
    """Keys that wait, each under one owner. Adding and taking cost the same however many wait."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, None]] = {}  # owner → keys; the first owner's turn is next
        self._owners: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, key: str) -> bool:
        return key in self._owners

    def add(self, key: str, owner: str) -> None:
        """Put a key that does not wait yet behind its owner's others."""
        self._owners[key] = owner
        self._lines.setdefault(owner, {})[key] = None

    def take(self) -> tuple[str, str]:
        """Remove the key whose turn it is; return it with its owner, who then comes last."""
        key = next(iter(next(iter(self._lines.values()))))
        return key, self.take_key(key)

    def take_key(self, key: str) -> str:
        """Remove this key as if it had its turn; return its owner, who then comes last."""
        owner = self._owners[key]
        self.remove(key)
        if owner in self._lines:
            self._lines[owner] = self._lines.pop(owner)
        return owner

    def owner(self, key: str) -> str:
        """Return under whom a key waits."""
        return self._owners[key]

    def remove(self, key: str) -> None:
        """Remove a key that waits; the others keep their turns."""
        owner = self._owners.pop(key)
        del self._lines[owner][key]
        if not self._lines[owner]:
            del self._lines[owner]

    def order(self) -> list[str]:
        """Return the keys as they would be taken if none were added."""
        turns = [
            (turn, place, key)
            for place, keys in enumerate(self._lines.values())
            for turn, key in enumerate(keys)
        ]
        return [key for _, _, key in sorted(turns)]
