"""Streams one store: its present state, then each new state with every event in between.

An update holds the latest state. The events that led to it are read from the event table, above the
last version that was sent. So a follower gets every event once and in order, even if it is slow or
resumes later at another replica. Nothing has to be remembered for it. One who comes back after so
long that events were removed by age gets those that are left, and is told that some are missing.
"""

import asyncio
from collections.abc import AsyncGenerator

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.owners import Owner
from provisioner.domain.ports import StoreRecords
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import StoreStatus
from provisioner.domain.tasks import mark_seen
from provisioner.streams import updates
from provisioner.streams.broadcaster import Broadcaster
from provisioner.streams.updates import Events, RenderedUpdate, Sink, StoreUpdate


class StoreStreams:
    """Gives followers the streams of stores, and shares reads of events among them."""

    def __init__(self, records: StoreRecords, broadcaster: Broadcaster) -> None:
        self._records = records
        self._broadcaster = broadcaster
        self._reads: dict[tuple[str, int, int], asyncio.Task[Events]] = {}

    async def follow(
        self,
        store_id: str,
        *,
        after: int | None,
        sink: Sink | None = None,
        owner: Owner | None = None,
    ) -> AsyncGenerator[StoreUpdate, None]:
        """Yield the store's present state, then its state after each change, until it is deleted.

        Updates that ``sink`` can send go through it and are not yielded. With ``owner`` it ends
        with a RefusedError (NOT_FOUND) once the store has another one.

        ``after`` is the version of the last update that the caller has. With it, the first update
        holds the events since then. Without it, the first update holds no events, because its state
        says everything. Raises RefusedError (CURSOR_INVALID) when the store never had that version,
        and NotFoundError when there is no such store.
        """
        # The slot exists before the first read. A change between the two is then in the slot, and
        # cannot be missed.
        async with self._broadcaster.follow(store_id, sink, owner=owner) as follower:
            snapshot = await self._records.snapshot(store_id)
            follower.version = _start(snapshot, after)
            is_first = True
            while True:
                if not follower.may_see(snapshot.store):
                    raise _no_longer_theirs()
                # The slot may hold a state that was sent already, by the first read or the sink.
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
                    # These may be large, and this coroutine would keep them until the next change.
                    del rendered, update, text
                    if not is_whole:
                        continue  # more events lead to the same state: send them first
                if snapshot.store.status is StoreStatus.DELETED:
                    return
                del snapshot
                snapshot = await follower.next()

    async def update(self, above: int, snapshot: StoreSnapshot) -> StoreUpdate:
        """Return the update to a snapshot, for a follower that has all events up to ``above``."""
        events = await self._events_between(snapshot.store.id, above, snapshot.store.version)
        version = events[-1].version if events else above
        # Each event has the next version, so there are fewer only if some were removed by age.
        return StoreUpdate(version, snapshot, events, has_gap=len(events) < version - above)

    async def _render(
        self, sink: Sink | None, above: int, snapshot: StoreSnapshot
    ) -> RenderedUpdate:
        if sink is None:
            return RenderedUpdate(await self.update(above, snapshot), text=None)
        return await sink.renderer.render(above, snapshot)

    async def _events_between(self, store_id: str, above: int, up_to: int) -> Events:
        """Return the events that led to a snapshot of version ``up_to``, and no later ones.

        Followers that wake at the same time need the same events, which are read once for all.
        """
        if above >= up_to:
            return ()
        key = (store_id, above, up_to)
        reading = self._reads.get(key)
        if reading is None:
            reading = self._reads[key] = asyncio.create_task(self._read(*key), name="events")
            reading.add_done_callback(lambda _: self._reads.pop(key))
            # All who wait for a read that fails may have left before it does.
            reading.add_done_callback(mark_seen)
        # Shielded: a follower that leaves must not cancel the read of the others.
        return await asyncio.shield(reading)

    async def _read(self, store_id: str, above: int, up_to: int) -> Events:
        found = await self._records.events_after(store_id, above, limit=updates.MAX_EVENTS)
        # Newer events may have been written since the snapshot. They come with the next one.
        return tuple(event for event in found if event.version <= up_to)


def _no_longer_theirs() -> RefusedError:
    message = "This store has another owner now, who accepted it, so you cannot see it any more."
    return RefusedError(Refusal(RefusalCode.NOT_FOUND, message, "id"))


def _start(snapshot: StoreSnapshot, after: int | None) -> int:
    if after is None:
        return snapshot.store.version
    if not 0 <= after <= snapshot.store.version:
        # Waiting for that version would hide that the follower has seen another history than ours.
        message = (
            f"The store is at version {snapshot.store.version}, and never was at {after}: pass the"
            " `version` of the last update you had, or leave `after` out to begin again."
        )
        raise RefusedError(Refusal(RefusalCode.CURSOR_INVALID, message, "after"))
    return after
