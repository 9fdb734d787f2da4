"""Provides a waiting line that is fair between owners.

Owners take turns (round robin), and each owner's keys keep their order. So an owner who asks for a
hundred stores at once delays another owner's store by one turn, not by a hundred.
"""


class FairQueue:
    """Keys that wait, each under one owner. Adding and taking cost the same however many wait."""

    def __init__(self) -> None:
        # Owner → keys. Dicts keep their order, as lists do, but find and remove any key at once.
        # The first owner's turn is next. An owner without keys has no entry.
        self._lines: dict[str, dict[str, None]] = {}
        self._owners: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, key: str) -> bool:
        return key in self._owners

    def add(self, key: str, owner: str) -> None:
        """Put a key, which must not wait yet, behind the owner's other keys."""
        self._owners[key] = owner
        self._lines.setdefault(owner, {})[key] = None

    def take(self) -> tuple[str, str]:
        """Remove the key whose turn it is; return it and its owner, whose next turn comes last.

        The line must not be empty.
        """
        key = next(iter(next(iter(self._lines.values()))))
        return key, self.take_key(key)

    def take_key(self, key: str) -> str:
        """Remove this key as if it had its turn; return its owner, whose next turn comes last."""
        owner = self._owners[key]
        self.remove(key)
        if owner in self._lines:
            self._lines[owner] = self._lines.pop(owner)
        return owner

    def owner(self, key: str) -> str:
        """Return the owner of a key that waits."""
        return self._owners[key]

    def remove(self, key: str) -> None:
        """Remove a key that waits. The turns of all others stay the same."""
        owner = self._owners.pop(key)
        del self._lines[owner][key]
        if not self._lines[owner]:
            del self._lines[owner]

    def order(self) -> list[str]:
        """Return the keys in the order in which they would be taken if no other were added."""
        # An owner's first key is in the first turn, the second in the second, and so on. Within a
        # turn the owners are in order of their places.
        turns = [
            (turn, place, key)
            for place, keys in enumerate(self._lines.values())
            for turn, key in enumerate(keys)
        ]
        return [key for _, _, key in sorted(turns)]
