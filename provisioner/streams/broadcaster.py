"""Tells the followers of a store that it changed, and hands them the latest state.

One reader per followed store, whatever the number of followers: it reads the snapshot once per
change and leaves it in each follower's slot. A slot holds one state, the latest, so a follower that
is slow, or gone quiet, costs no memory; what it skipped it finds in the event table.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from provisioner.domain.errors import NotFoundError
from provisioner.domain.ports import Announcer
from provisioner.domain.stores import StoreSnapshot

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


Prepare = Callable[[StoreSnapshot], Awaitable[None]]
Take = Callable[[StoreSnapshot], bool]

_AT_A_TIME = 50  # followers who are told before others in the process have a turn


class Follower:
    """One subscriber's slot for the latest snapshot."""

    def __init__(self, prepare: Prepare | None = None) -> None:
        self.prepare = prepare
        self._latest: StoreSnapshot | None = None
        self._filled = asyncio.Event()
        self._take: Take | None = None

    def put(self, snapshot: StoreSnapshot) -> None:
        is_waiting = self._take is not None and not self._filled.is_set()
        if is_waiting and self._take is not None and self._take(snapshot):
            return
        self._latest = snapshot
        self._filled.set()

    async def next(self, take: Take | None = None) -> StoreSnapshot:
        """Return the latest snapshot that was not taken yet; waits for one.

        ``take`` is asked first, and takes a snapshot by returning True: nobody is woken for that.
        """
        self._take = take
        try:
            await self._filled.wait()
        finally:
            self._take = None
        self._filled.clear()
        latest, self._latest = self._latest, None
        assert latest is not None  # noqa: S101 - set together with the event
        return latest


class _Topic:
    def __init__(self) -> None:
        self.followers: set[Follower] = set()
        self.reader: asyncio.Task[None] | None = None
        self.is_stale = False

    async def tell(self, snapshot: StoreSnapshot) -> None:
        """Hand a state to every follower."""
        if len(self.followers) > 1:
            for prepare in {follower.prepare for follower in self.followers}:
                if prepare is not None:
                    await prepare(snapshot)
        for number, follower in enumerate(list(self.followers), 1):
            if follower in self.followers:  # it may have left meanwhile
                follower.put(snapshot)
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
    async def follow(
        self, store_id: str, prepare: Prepare | None = None
    ) -> AsyncIterator[Follower]:
        """Give a follower of the store; changes from now on reach its slot.

        What several followers ``prepare`` of a state, each by the same function, is done once
        before any of them is woken. It must not fail.
        """
        follower = Follower(prepare)
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
