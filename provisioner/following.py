"""One store's stream: its state now, then after each change, with every event in between.

What is sent is the latest state; what led to it is read from the event table, above the last
version that was sent. So a follower who is slow, or comes back later and elsewhere, is told every
event once and in order, and nobody has to remember them.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from provisioner.broadcast import Broadcaster
from provisioner.errors import Refusal, RefusedError
from provisioner.models import StoreEvent, StoreSnapshot, StoreStatus
from provisioner.ports import StoreRecords

MAX_EVENTS = 500
"""Events in one update of a followed store; what lies further back is in the next update."""


@dataclass(frozen=True, slots=True)
class StoreUpdate:
    """What a follower is told: the state, and what happened since the update before.

    ``version`` is where to go on from: the follower has every event up to it. It is below the
    state's own version while there are more events to catch up with than one update holds.
    """

    version: int
    snapshot: StoreSnapshot
    events: tuple[StoreEvent, ...]


async def follow(
    records: StoreRecords, broadcaster: Broadcaster, store_id: str, *, after: int | None
) -> AsyncGenerator[StoreUpdate, None]:
    """Yield the store's state now, then after each change, until it is deleted.

    With ``after``, the version of the last update that the caller has, the first update holds the
    events since then. Without it, the first update holds no events: its state says it all. Raises
    RefusedError (CURSOR_INVALID) when the store never had that version, and NotFoundError.
    """
    # The slot is there before the first read, so no change can fall between the two.
    async with broadcaster.follow(store_id) as follower:
        snapshot = await records.snapshot(store_id)
        version = _start(snapshot, after)
        is_first = True
        while True:
            events = await _events_between(records, store_id, version, snapshot.store.version)
            if events:
                version = events[-1].version
            if events or is_first:
                yield StoreUpdate(version, snapshot, events)
                is_first = False
            if len(events) == MAX_EVENTS:
                continue
            if snapshot.store.status is StoreStatus.DELETED:
                return
            snapshot = await follower.next()


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


async def _events_between(
    records: StoreRecords, store_id: str, above: int, up_to: int
) -> tuple[StoreEvent, ...]:
    """Return the events that led to a snapshot of version ``up_to``, and no later ones."""
    if above >= up_to:
        return ()
    found = await records.events_after(store_id, above, limit=MAX_EVENTS)
    return tuple(event for event in found if event.version <= up_to)
