"""One store's stream: its state now, then after each change, with every event in between.

What is sent is the latest state; what led to it is read from the event table, above the last
version that was sent. So a follower who is slow, or comes back later and elsewhere, is told every
event once and in order, and nobody has to remember them.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.ports import StoreRecords
from provisioner.domain.stores import StoreEvent, StoreSnapshot, StoreStatus
from provisioner.domain.tasks import mark_seen
from provisioner.streams.broadcaster import Broadcaster, Prepare

MAX_EVENTS = 500
"""Events in one update of a followed store; what lies further back is in the next update."""


Events = tuple[StoreEvent, ...]


@dataclass(frozen=True, slots=True)
class StoreUpdate:
    """What a follower is told: the state, and what happened since the update before.

    ``version`` is where to go on from: the follower has every event up to it. It is below the
    state's own version while there are more events to catch up with than one update holds.
    """

    version: int
    snapshot: StoreSnapshot
    events: Events

    @property
    def is_empty(self) -> bool:
        """Whether it holds no event."""
        return not self.events

    @property
    def is_whole(self) -> bool:
        """Whether it holds all events there are; else the rest follows in another."""
        return len(self.events) < MAX_EVENTS


class Told(Protocol):
    """What a follower is told, in whatever form. See ``StoreUpdate``."""

    @property
    def version(self) -> int: ...

    @property
    def is_empty(self) -> bool: ...

    @property
    def is_whole(self) -> bool: ...


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True)
class Telling(Generic[T]):
    """How a follower is told of a state, given the version they have every event up to.

    ``tell`` makes what they are told. ``at_once`` may tell them itself, without waiting for
    anything, and returns the version that they have then; or None, and has done nothing.
    ``prepare``: see ``Broadcaster.follow``.
    """

    tell: Callable[[int, StoreSnapshot], Awaitable[T]]
    prepare: Prepare | None = None
    at_once: Callable[[int, StoreSnapshot], int | None] | None = None


class StoreStreams:
    """The streams of all stores."""

    def __init__(self, records: StoreRecords, broadcaster: Broadcaster) -> None:
        self._records = records
        self._broadcaster = broadcaster
        self._reads: dict[tuple[str, int, int], asyncio.Task[Events]] = {}

    async def follow(
        self, store_id: str, telling: Telling[T], *, after: int | None
    ) -> AsyncGenerator[T, None]:
        """Yield the store's state now, then after each change, until it is deleted.

        What is yielded is made by ``telling.tell``; what was told at once is not yielded.

        With ``after``, the version of the last update that the caller has, the first update holds
        the events since then. Without it, the first update holds no events: its state says it all.
        Raises RefusedError (CURSOR_INVALID) when the store never had that version, and
        NotFoundError.
        """
        version = 0

        def take(snapshot: StoreSnapshot) -> bool:
            nonlocal version
            told = None if telling.at_once is None else telling.at_once(version, snapshot)
            version = version if told is None else told
            return told is not None

        # The slot is there before the first read, so no change can fall between the two.
        async with self._broadcaster.follow(store_id, telling.prepare) as follower:
            snapshot = await self._records.snapshot(store_id)
            version = _start(snapshot, after)
            is_first = True
            while True:
                if is_first or version < snapshot.store.version:
                    told = await telling.tell(version, snapshot)
                    version = told.version
                    if is_first or not told.is_empty:
                        yield told
                        is_first = False
                    is_whole = told.is_whole
                    del told  # what was told may be large, and the next may be long in coming
                    if not is_whole:
                        continue
                if snapshot.store.status is StoreStatus.DELETED:
                    return
                del snapshot
                snapshot = await follower.next(take)

    async def update(self, above: int, snapshot: StoreSnapshot) -> StoreUpdate:
        """Return what a follower is told of a state who has every event up to a version."""
        events = await self._events_between(snapshot.store.id, above, snapshot.store.version)
        return StoreUpdate(events[-1].version if events else above, snapshot, events)

    async def _events_between(self, store_id: str, above: int, up_to: int) -> Events:
        """Return the events that led to a snapshot of version ``up_to``, and no later ones.

        Followers who wake together ask for the same: that is read once for them all.
        """
        if above >= up_to:
            return ()
        key = (store_id, above, up_to)
        reading = self._reads.get(key)
        if reading is None:
            reading = self._reads[key] = asyncio.create_task(self._read(*key), name="events")
            reading.add_done_callback(lambda _: self._reads.pop(key))
            reading.add_done_callback(mark_seen)
        return await asyncio.shield(reading)

    async def _read(self, store_id: str, above: int, up_to: int) -> Events:
        found = await self._records.events_after(store_id, above, limit=MAX_EVENTS)
        return tuple(event for event in found if event.version <= up_to)


def _start(snapshot: StoreSnapshot, after: int | None) -> int:
    if after is None:
        return snapshot.store.version
    if not 0 <= after <= snapshot.store.version:
        # To wait for it would be to hide that the follower has seen another history than ours.
        message = (
            f"The store is at version {snapshot.store.version}, and never was at {after}: pass the"
            " `version` of the last update you had, or leave `after` out to begin anew."
        )
        raise RefusedError(Refusal("CURSOR_INVALID", message, "after"))
    return after
