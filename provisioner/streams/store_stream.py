"""One store's stream: its state now, then after each change, with every event in between.

What is sent is the latest state; what led to it is read from the event table, above the last
version that was sent. So a follower who is slow, or comes back later and elsewhere, is told every
event once and in order, and nobody has to remember them.
"""

import asyncio
from collections.abc import AsyncGenerator

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.ports import StoreRecords
from provisioner.domain.stores import StoreSnapshot, StoreStatus
from provisioner.domain.tasks import mark_seen
from provisioner.streams import updates
from provisioner.streams.broadcaster import Broadcaster
from provisioner.streams.updates import Events, RenderedUpdate, Sink, StoreUpdate


class StoreStreams:
    """The streams of all stores."""

    def __init__(self, records: StoreRecords, broadcaster: Broadcaster) -> None:
        self._records = records
        self._broadcaster = broadcaster
        self._reads: dict[tuple[str, int, int], asyncio.Task[Events]] = {}

    async def follow(
        self, store_id: str, *, after: int | None, sink: Sink | None = None
    ) -> AsyncGenerator[StoreUpdate, None]:
        """Yield the store's state now, then after each change, until it is deleted.

        Updates that ``sink`` can send are sent by it, and not yielded.

        With ``after``, the version of the last update that the caller has, the first update holds
        the events since then. Without it, the first update holds no events: its state says it all.
        Raises RefusedError (CURSOR_INVALID) when the store never had that version, and
        NotFoundError.
        """
        # The slot is there before the first read, so no change can fall between the two.
        async with self._broadcaster.follow(store_id, sink) as follower:
            snapshot = await self._records.snapshot(store_id)
            follower.version = _start(snapshot, after)
            is_first = True
            while True:
                if is_first or follower.version < snapshot.store.version:
                    rendered = await self._render(sink, follower.version, snapshot)
                    update, text = rendered.update, rendered.text
                    follower.version = update.version
                    if is_first or update.events:
                        if sink is None or text is None:
                            yield update
                        else:
                            await sink.send(text)
                        is_first = False
                    is_whole = update.is_whole
                    del rendered, update, text  # may be large, and the next may be long in coming
                    if not is_whole:
                        continue
                if snapshot.store.status is StoreStatus.DELETED:
                    return
                del snapshot
                snapshot = await follower.next()

    async def update(self, above: int, snapshot: StoreSnapshot) -> StoreUpdate:
        """Return the update to a state for a follower who has every event up to a version."""
        events = await self._events_between(snapshot.store.id, above, snapshot.store.version)
        return StoreUpdate(events[-1].version if events else above, snapshot, events)

    async def _render(
        self, sink: Sink | None, above: int, snapshot: StoreSnapshot
    ) -> RenderedUpdate:
        if sink is None:
            return RenderedUpdate(await self.update(above, snapshot), text=None)
        return await sink.renderer.render(above, snapshot)

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
        found = await self._records.events_after(store_id, above, limit=updates.MAX_EVENTS)
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
        raise RefusedError(Refusal(RefusalCode.CURSOR_INVALID, message, "after"))
    return after
