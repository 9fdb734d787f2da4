"""Brings the latest state of a store to its followers when it changed.

One reader per followed store, whatever the number of followers: it reads the snapshot once per
change, sends it to the followers who wait for it and have a sink, and leaves it in the slot of the
others. A slot holds one state, the latest, so a follower that is slow, or gone quiet, costs no
memory; what it skipped it finds in the event table.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from provisioner.domain.errors import NotFoundError
from provisioner.domain.ports import Announcer
from provisioner.domain.stores import StoreSnapshot, StoreStatus
from provisioner.streams.updates import RenderedUpdate, Renderer, Sink

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 1.0


class AnnounceToAll:
    """Several announcers as one. Implements ``ports.Announcer``."""

    def __init__(self, *announcers: Announcer) -> None:
        self._announcers = announcers

    def announce(self, store_id: str) -> None:
        """See ``ports.Announcer``."""
        for announcer in self._announcers:
            announcer.announce(store_id)


_AT_A_TIME = 50  # followers who are told before others in the process have a turn


class Follower:
    """One subscriber's slot for the latest snapshot, and how far they have been told.

    ``version``: they have every event up to it. Whoever follows keeps it true while they do not
    wait for the next snapshot; while they do, what is sent through ``sink`` raises it.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self.sink = sink
        self.version = 0
        self._latest: StoreSnapshot | None = None
        self._filled = asyncio.Event()
        self._is_waiting = False

    @property
    def is_waiting(self) -> bool:
        """Whether they have been told all there was, and wait for more."""
        return self._is_waiting and not self._filled.is_set()

    def put(self, snapshot: StoreSnapshot) -> None:
        """Leave a snapshot in the slot; it takes the place of one that was not looked at."""
        self._latest = snapshot
        self._filled.set()

    async def next(self) -> StoreSnapshot:
        """Return the latest snapshot that was put, once; waits for one."""
        self._is_waiting = True
        try:
            await self._filled.wait()
        finally:
            self._is_waiting = False
        self._filled.clear()
        latest, self._latest = self._latest, None
        assert latest is not None  # noqa: S101 - set together with the event
        return latest


class _Delivery:
    """One snapshot on its way to the followers of its store, rendered once for each group.

    A text is sent from here, in the task that read the snapshot: to wake a task for each of
    thousands of followers would cost more than the sending does.
    """

    def __init__(self, snapshot: StoreSnapshot) -> None:
        self._snapshot = snapshot
        self._rendered: dict[tuple[Renderer, int], RenderedUpdate | None] = {}

    async def reach(self, follower: Follower) -> None:
        """Send a follower the snapshot if that needs no waiting, else put it into their slot."""
        if not await self._is_sent(follower):
            follower.put(self._snapshot)

    async def _is_sent(self, follower: Follower) -> bool:
        sink = follower.sink
        # The end of a stream is told by its own task: it has to complete the stream.
        is_last = self._snapshot.store.status is StoreStatus.DELETED
        if sink is None or is_last or not follower.is_waiting:
            return False
        key = (sink.renderer, follower.version)
        if key not in self._rendered:
            self._rendered[key] = await self._render(*key)
        rendered = self._rendered[key]
        # They may have left while it was rendered: nothing may be sent to them then.
        if rendered is None or rendered.text is None or not follower.is_waiting:
            return False
        if not sink.try_send(rendered.text):
            return False
        follower.version = rendered.update.version
        return True

    async def _render(self, renderer: Renderer, above: int) -> RenderedUpdate | None:
        """Return what to send, or None where it takes more than one text, or none."""
        try:
            rendered = await renderer.render(above, self._snapshot)
        except Exception:  # noqa: BLE001 - each follower's own task meets it again, and tells them
            return None
        return rendered if rendered.update.events and rendered.update.is_whole else None


class _Topic:
    def __init__(self) -> None:
        self.followers: set[Follower] = set()
        self.reader: asyncio.Task[None] | None = None
        self.is_stale = False

    async def tell(self, snapshot: StoreSnapshot) -> None:
        """Bring a state to every follower."""
        delivery = _Delivery(snapshot)
        for number, follower in enumerate(list(self.followers), 1):
            await delivery.reach(follower)
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)


class Broadcaster:
    """Snapshots from the records to the followers. Implements ``ports.Announcer``.

    ``read`` returns a store's snapshot, or raises NotFoundError.
    """

    def __init__(self, read: Callable[[str], Awaitable[StoreSnapshot]]) -> None:
        self._read = read
        self._topics: dict[str, _Topic] = {}

    @property
    def followers(self) -> int:
        """How many followers there are, of all stores."""
        return sum(len(topic.followers) for topic in self._topics.values())

    def announce(self, store_id: str) -> None:
        """See ``ports.Announcer``."""
        topic = self._topics.get(store_id)
        if topic is None:
            return
        topic.is_stale = True
        if topic.reader is None:
            topic.reader = asyncio.create_task(
                self._deliver(store_id, topic), name=f"broadcast {store_id}"
            )

    @asynccontextmanager
    async def follow(self, store_id: str, sink: Sink | None = None) -> AsyncIterator[Follower]:
        """Give a follower of the store; changes from now on reach its sink, or else its slot."""
        follower = Follower(sink)
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
                break  # purged by retention: there is nothing more to tell
            except Exception:  # noqa: BLE001 - logged; followers must not be left behind by any
                # The database may be back in a moment; until then followers keep what they have.
                _log.exception("snapshot_failed", store_id=store_id)
                topic.is_stale = True
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            await topic.tell(snapshot)
        topic.reader = None
