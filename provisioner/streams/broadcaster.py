"""Brings the latest state of a store to all its followers when the store has changed.

There is one reader for each followed store, whatever the number of followers. It reads the snapshot
once for each change. It sends the snapshot to the followers that wait and have a sink, and puts it
into the slot of each other follower. A slot holds only the latest state, so a follower that is slow
or silent costs no memory. It finds what it has skipped in the event table.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from provisioner.domain.errors import NotFoundError
from provisioner.domain.owners import Owner
from provisioner.domain.ports import Announcer
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store, StoreStatus
from provisioner.streams.delays import OnTold, untimed
from provisioner.streams.updates import RenderedUpdate, Renderer, Sink

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 1.0  # after the database could not be read


class AnnounceToAll:
    """Passes each announcement on to several announcers. Implements ``ports.Announcer``."""

    def __init__(self, *announcers: Announcer) -> None:
        self._announcers = announcers

    def announce(self, store_id: str) -> None:
        """See ``ports.Announcer``."""
        for announcer in self._announcers:
            announcer.announce(store_id)


_AT_A_TIME = 50  # followers that are sent to before other tasks of the process get a turn


class Follower:
    """One subscriber's slot for the latest snapshot, and the version up to which it was told.

    The subscriber has every event up to ``version``. While it waits in ``next``, the broadcaster
    may send to its ``sink`` and raises the version. At all other times only the subscriber's own
    task may change it. ``owner`` is whose the store has to be for the subscriber to see it; None
    means that they see anybody's.
    """

    def __init__(self, sink: Sink | None = None, owner: Owner | None = None) -> None:
        self.sink = sink
        self._owner = owner
        self.version = 0
        self._latest: StoreSnapshot | None = None
        self._filled = asyncio.Event()
        self._is_waiting = False

    @property
    def is_waiting(self) -> bool:
        """Whether the subscriber has been told everything so far, and waits for more."""
        # With a snapshot in its slot its task will wake up and send by itself. To send here too
        # would put the two out of order.
        return self._is_waiting and not self._filled.is_set()

    def may_see(self, store: Store) -> bool:
        """Whether the subscriber may see the store in this state."""
        return self._owner is None or self._owner == store.owner

    def put(self, snapshot: StoreSnapshot) -> None:
        """Put a snapshot into the slot, in place of one that was not taken yet."""
        self._latest = snapshot
        self._filled.set()

    async def next(self) -> StoreSnapshot:
        """Wait until there is a snapshot in the slot, and take it out."""
        self._is_waiting = True
        try:
            await self._filled.wait()
        finally:
            self._is_waiting = False
        self._filled.clear()
        latest, self._latest = self._latest, None
        assert latest is not None  # noqa: S101 - for mypy; ``put`` sets it together with the event
        return latest


class _Delivery:
    """Brings one snapshot to the followers of its store, and renders it once for each group.

    The text is sent from here, in the task that read the snapshot. Waking a task for each of
    thousands of followers would cost more than the sending itself.
    """

    def __init__(self, snapshot: StoreSnapshot) -> None:
        self._snapshot = snapshot
        self._rendered: dict[tuple[Renderer, int], RenderedUpdate | None] = {}

    @property
    def changed_at(self) -> datetime:
        """The time of the earliest change that was told with this snapshot.

        Several changes may have come while the one before was told, or the database was away.
        """
        events = [rendered.update.events for rendered in self._rendered.values() if rendered]
        return min([self._snapshot.store.updated_at, *(event[0].at for event in events)])

    async def reach(self, follower: Follower) -> None:
        """Send the snapshot to a follower if that needs no waiting; else put it into its slot."""
        if not await self._is_sent(follower):
            follower.put(self._snapshot)

    async def _is_sent(self, follower: Follower) -> bool:
        sink = follower.sink
        # Only the follower's own task can complete its stream, so that task sends the last update.
        store = self._snapshot.store
        is_last = store.status is StoreStatus.DELETED or not follower.may_see(store)
        if sink is None or is_last or not follower.is_waiting:
            return False
        # A group has the same renderer and version: all in it get the same text.
        key = (sink.renderer, follower.version)
        if key not in self._rendered:
            self._rendered[key] = await self._render(*key)
        rendered = self._rendered[key]
        # Rendering may have awaited. If the follower has left meanwhile, or its task sends by now,
        # nothing may be sent to it from here.
        if rendered is None or rendered.text is None or not follower.is_waiting:
            return False
        if not sink.try_send(rendered.text):  # its socket is full: its own task will wait for it
            return False
        follower.version = rendered.update.version
        return True

    async def _render(self, renderer: Renderer, above: int) -> RenderedUpdate | None:
        """Return what to send, or None if there is no update or it needs more than one text."""
        try:
            rendered = await renderer.render(above, self._snapshot)
        except Exception:  # noqa: BLE001
            # Each follower gets the snapshot in its slot instead. Its own task then has the same
            # error, and can tell its subscriber of it.
            return None
        return rendered if rendered.update.events and rendered.update.is_whole else None


class _Topic:
    """The followers of one store, and the task that reads for them, if one runs."""

    def __init__(self) -> None:
        self.followers: set[Follower] = set()
        self.reader: asyncio.Task[None] | None = None
        self.is_stale = False
        self._told = 0

    async def tell(self, snapshot: StoreSnapshot, on_told: OnTold) -> None:
        """Bring a snapshot to every follower."""
        delivery = _Delivery(snapshot)
        # A copy, because followers may come and go while this waits.
        for number, follower in enumerate(list(self.followers), 1):
            await delivery.reach(follower)
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        # A change that is announced once more is nothing new, and would seem late.
        if snapshot.store.version > self._told:
            self._told = snapshot.store.version
            on_told(delivery.changed_at)


class Broadcaster:
    """Reads changed stores, and brings them to their followers. Implements ``ports.Announcer``.

    ``read`` returns a store's snapshot, or raises NotFoundError.
    """

    def __init__(
        self, read: Callable[[str], Awaitable[StoreSnapshot]], on_told: OnTold = untimed
    ) -> None:
        self._read = read
        self._on_told = on_told
        self._topics: dict[str, _Topic] = {}

    @property
    def followers(self) -> int:
        """The number of followers of all stores together."""
        return sum(len(topic.followers) for topic in self._topics.values())

    def announce(self, store_id: str) -> None:
        """See ``ports.Announcer``."""
        topic = self._topics.get(store_id)
        if topic is None:
            return
        # A reader that runs already will see this mark, and read once more: however many changes
        # come while it reads, they cost one more read.
        topic.is_stale = True
        if topic.reader is None:
            topic.reader = asyncio.create_task(
                self._deliver(store_id, topic), name=f"broadcast {store_id}"
            )

    @asynccontextmanager
    async def follow(
        self, store_id: str, sink: Sink | None = None, *, owner: Owner | None = None
    ) -> AsyncIterator[Follower]:
        """Add a follower of the store while the context is open; see ``Follower`` for ``owner``.

        Every change from now on reaches its sink or its slot.
        """
        follower = Follower(sink, owner)
        topic = self._topics.setdefault(store_id, _Topic())
        topic.followers.add(follower)
        try:
            yield follower
        finally:
            topic.followers.discard(follower)
            if not topic.followers:
                self._topics.pop(store_id, None)
                if (reader := topic.reader) is not None:
                    reader.cancel()
                    await asyncio.wait({reader})

    async def _deliver(self, store_id: str, topic: _Topic) -> None:
        while topic.is_stale:
            topic.is_stale = False
            try:
                snapshot = await self._read(store_id)
            except NotFoundError:
                break  # purged by retention, so there is nothing more to tell
            except Exception:  # noqa: BLE001 - whatever it is, followers must not miss the change
                # The database may be back in a moment. Until then followers keep what they have.
                _log.exception("snapshot_failed", store_id=store_id)
                topic.is_stale = True
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            await topic.tell(snapshot, self._on_told)
        topic.reader = None
