"""Provides a keyed work queue, which never hands one store to two workers.

The rules are those of client-go's util/workqueue. A key that is added while a worker has it comes
back when that work is done. Adding a key twice is the same as adding it once.

In addition, each key waits in one of four lanes. So creates, which take minutes, hold up neither
deletes nor the upkeep of ready stores. A check for drift can always wait, and holds up nothing.
Within a lane the owners of the stores take turns.
"""

import asyncio
from enum import IntEnum

from provisioner.reconcile.fair_queue import FairQueue


class Lane(IntEnum):
    """What kind of worker a key waits for. A key that is added to two lanes waits in the higher."""

    INSPECT = 0
    OBSERVE = 1
    PROVISION = 2
    DELETE = 3
    TASK = 4  # in a queue of their own, since a store is looked after while its task is done


class WorkQueue:
    """Store ids that wait for work. In a lane owners take turns; an owner's keys keep their order.

    Keys without an owner share one turn: the cluster asked for their work, and no person.
    """

    def __init__(self) -> None:
        self._waiting: dict[Lane, FairQueue] = {lane: FairQueue() for lane in Lane}
        self._active: dict[str, tuple[Lane, str]] = {}
        self._again: dict[str, tuple[Lane, str]] = {}
        self._filled: dict[Lane, asyncio.Event] = {lane: asyncio.Event() for lane in Lane}
        # Kept until the queue changes: each place depends on all others, and listing stores asks
        # for the places of many.
        self._positions: dict[Lane, dict[str, int]] = {}

    def add(self, key: str, lane: Lane, owner: str = "") -> None:
        """Ask for work on a key. Never waits."""
        if key in self._active:
            # What its worker has already read may be out of date, so the key has to come back.
            if key not in self._again or lane > self._again[key][0]:
                self._again[key] = lane, owner
            return
        held = self._lane_of(key)
        if held is not None:
            if held >= lane:
                return
            self._waiting[held].remove(key)
        self._waiting[lane].add(key, owner)
        self._positions.clear()
        self._filled[lane].set()

    def drop(self, key: str, *, is_begun: bool) -> None:
        """Remove a key from the line. One that does not wait is no error.

        ``is_begun`` says that another replica has begun to work on it, which uses up its owner's
        turn.
        """
        held = self._lane_of(key)
        if held is not None:
            line = self._waiting[held]
            line.take_key(key) if is_begun else line.remove(key)
            self._positions.clear()

    async def take(self, lane: Lane) -> str:
        """Wait for a lane's next key and return it. No other caller gets it before ``done``."""
        waiting, filled = self._waiting[lane], self._filled[lane]
        # Several workers may wake for one key; those that come too late wait again.
        while not waiting:
            filled.clear()
            await filled.wait()
        key, owner = waiting.take()
        self._positions.clear()
        self._active[key] = lane, owner
        return key

    def done(self, key: str) -> None:
        """Give a key back. It is queued again if work on it was asked for meanwhile."""
        del self._active[key]
        if key in self._again:
            self.add(key, *self._again.pop(key))

    def owner(self, key: str) -> str:
        """Return the owner whose turn a key used that is being worked on."""
        return self._active[key][1]

    def position(self, key: str) -> int | None:
        """Return a key's place in its lane, from 1, or None if it does not wait."""
        lane = self._lane_of(key)
        if lane is None:
            return None
        if lane not in self._positions:
            order = self._waiting[lane].order()
            self._positions[lane] = {key: at for at, key in enumerate(order, 1)}
        return self._positions[lane][key]

    def keys(self, lane: Lane) -> list[tuple[str, str]]:
        """Return the keys that wait in a lane, each with its owner, in the order of their turns."""
        line = self._waiting[lane]
        return [(key, line.owner(key)) for key in line.order()]

    def waiting(self, lane: Lane) -> int:
        """Return how many keys wait in a lane."""
        return len(self._waiting[lane])

    def active(self, lane: Lane) -> int:
        """Return how many keys of a lane are being worked on."""
        return sum(held is lane for held, _ in self._active.values())

    def _lane_of(self, key: str) -> Lane | None:
        for lane, keys in self._waiting.items():
            if key in keys:
                return lane
        return None
