"""A keyed work queue: one store is never handed to two workers.

The rules are those of client-go's util/workqueue: a key that is added while it is being worked on
comes back once that work is done, and adding a key twice is adding it once. On top of that each
key waits in one of four lanes, so that creates which take minutes hold up neither deletes nor the
upkeep of ready stores, and a look for drift, which can always wait, holds up nothing. Within a lane
the owners of the stores take turns.
"""

import asyncio
from enum import IntEnum

from provisioner.reconcile.fair_queue import FairQueue


class Lane(IntEnum):
    """What a worker is wanted for; a key that waits in two lanes goes to the higher."""

    INSPECT = 0
    OBSERVE = 1
    PROVISION = 2
    DELETE = 3


class WorkQueue:
    """Store ids waiting for work; in a lane the owners take turns, each first come first served.

    Who has no owner (work asked for by the cluster, not by a person) shares one turn.
    """

    def __init__(self) -> None:
        self._waiting: dict[Lane, FairQueue] = {lane: FairQueue() for lane in Lane}
        self._active: dict[str, tuple[Lane, str]] = {}
        self._again: dict[str, tuple[Lane, str]] = {}
        self._filled: dict[Lane, asyncio.Event] = {lane: asyncio.Event() for lane in Lane}
        self._positions: dict[Lane, dict[str, int]] = {}  # counted when asked for, until a change

    def add(self, key: str, lane: Lane, owner: str = "") -> None:
        """Ask for work on a key. Never waits."""
        if key in self._active:
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
        """Let a key wait no longer; one that does not is no error.

        With ``is_begun`` somebody else works on it: its owner had a turn.
        """
        held = self._lane_of(key)
        if held is not None:
            line = self._waiting[held]
            line.take_key(key) if is_begun else line.remove(key)
            self._positions.clear()

    async def take(self, lane: Lane) -> str:
        """Return the next key of a lane, which is the caller's alone until ``done``."""
        waiting, filled = self._waiting[lane], self._filled[lane]
        while not waiting:
            filled.clear()
            await filled.wait()
        key, owner = waiting.take()
        self._positions.clear()
        self._active[key] = lane, owner
        return key

    def done(self, key: str) -> None:
        """Give a key back; it is queued again if that was asked for meanwhile."""
        del self._active[key]
        if key in self._again:
            self.add(key, *self._again.pop(key))

    def owner(self, key: str) -> str:
        """Return whose turn a key took that is being worked on."""
        return self._active[key][1]

    def position(self, key: str) -> int | None:
        """Return a key's place among those that wait in its lane, from 1; None if not waiting."""
        lane = self._lane_of(key)
        if lane is None:
            return None
        if lane not in self._positions:
            order = self._waiting[lane].order()
            self._positions[lane] = {key: at for at, key in enumerate(order, 1)}
        return self._positions[lane][key]

    def keys(self, lane: Lane) -> list[tuple[str, str]]:
        """Return the keys that wait in a lane, each with its owner, the next first."""
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
