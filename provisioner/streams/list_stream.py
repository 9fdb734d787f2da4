"""Tells followers which stores changed, with one reader for all of them and no queues.

A follower is only a position in the log of changes. The reader keeps the latest state of the stores
that changed last. A follower whose position is older than that reads from the database. So a slow
or silent follower costs only one number, and gets the latest state of every store when it goes on.
As a position, it also cannot miss a change between subscribing and reading a list.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile

import structlog

from provisioner.domain.identities import Identity
from provisioner.domain.owners import Owner
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.storage.change_log import (
    Change,
    ChangeLog,
    ChangePage,
    cursor_invalid,
    decode_cursor,
    encode_cursor,
)
from provisioner.streams.delays import OnTold, untimed

_log = structlog.get_logger(__name__)

MAX_STORES = 100
"""The most stores in one update. The rest follows at once, in the next update."""

_RECENT = 256  # stores whose latest change is kept in memory
# The first change of a burst is told at once, and those that follow within this time together.
_PAUSE_SECONDS = 0.1
_RETRY_SECONDS = 1.0  # after the database could not be read


@dataclass(frozen=True, slots=True)
class StoresChange:
    """Stores that changed, each with its latest state.

    ``gone`` are the ids of stores that others own by now. ``cursor`` is where a later subscription
    can go on after this update.
    """

    cursor: str
    snapshots: tuple[StoreSnapshot, ...]
    gone: tuple[str, ...] = ()

    @classmethod
    def of(cls, cursor: str, changes: Sequence[Change]) -> "StoresChange":
        """Return the update that tells of these changes."""
        snapshots = tuple(change.snapshot for change in changes if change.snapshot is not None)
        here = {snapshot.store.id for snapshot in snapshots}
        # A store may have come back since.
        gone = {change.store_id: None for change in changes if change.store_id not in here}
        return cls(cursor, snapshots, tuple(gone))


class ChangeFeed:
    """Reads the log of changes and tells its followers. Implements ``ports.Announcer``.

    While nobody follows, nothing is read.
    """

    def __init__(self, log: ChangeLog, on_told: OnTold = untimed) -> None:
        self._log = log
        self._on_told = on_told
        self._followers = 0
        self._reader: asyncio.Task[None] | None = None
        self._is_stale = False
        self._moved = asyncio.Event()
        # All changes after ``_floor``, by store, in the order of their numbers.
        # A store that has changed hands is there for each of its former owners too.
        self._recent: dict[tuple[str, Owner | None], Change] = {}
        self._floor = 0
        self._position = 0

    @property
    def followers(self) -> int:
        """The number of followers."""
        return self._followers

    def announce(self, store_id: str) -> None:  # noqa: ARG002 - the log knows which store it is
        """See ``ports.Announcer``."""
        if self._followers == 0:
            return
        self._is_stale = True
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="change feed")

    async def follow(
        self, caller: Identity, *, after: str | None = None
    ) -> AsyncGenerator[StoresChange, None]:
        """Yield, for ever, the stores that the caller may see, as they change.

        The first update comes at once. With ``after``, the cursor of an earlier update, it holds
        what has changed since then. Without it, it holds only the present cursor. Raises
        RefusedError (CURSOR_INVALID) when the log cannot be continued from ``after``.
        """
        counter = await self._log.counter()
        position = counter.latest if after is None else decode_cursor(after, counter)
        owner = None if caller.sees_all_stores else caller.owner
        is_first = True
        async with self._joined(counter.latest):
            while True:
                page = await self._page(position, owner)
                # Moved on even without an update: changes of others' stores are passed over.
                position = page.position
                if page.changes or is_first:
                    cursor = encode_cursor(counter.database_id, position)
                    yield StoresChange.of(cursor, page.changes)
                    is_first = False
                while page.is_last and self._position <= position:
                    await self._moved.wait()

    @asynccontextmanager
    async def _joined(self, latest: int) -> AsyncIterator[None]:
        if self._followers == 0:
            # While nobody followed, nothing was read. Start here, and not where the reader stopped.
            self._recent.clear()
            self._floor = self._position = latest
        self._followers += 1
        # A change after ``latest`` was read, and before this follower counted, woke no reader.
        self.announce("")
        try:
            yield
        finally:
            self._followers -= 1
            if self._followers == 0 and (reader := self._reader) is not None:
                self._reader = None
                reader.cancel()
                await asyncio.wait({reader})

    async def _page(self, position: int, owner: Owner | None) -> ChangePage:
        """Return what comes after a position, from memory if all of it is there.

        Raises RefusedError (CURSOR_INVALID) when a part of it was removed for good.
        """
        if position >= self._floor:
            return self._recent_page(position, owner)
        # Who sees all stores sees them whosesoever they are.
        counter, page = await self._log.page(
            position, owner=owner, limit=MAX_STORES, with_departures=owner is not None
        )
        # The follower may have been slow for so long that deleted stores were purged meanwhile. It
        # would never hear of their deletion, so it has to begin again.
        if position < counter.removed:
            raise cursor_invalid()
        return page

    def _recent_page(self, position: int, owner: Owner | None) -> ChangePage:
        # From the end, because most followers lack only the latest changes.
        newest_first = takewhile(
            lambda change: change.number > position, reversed(self._recent.values())
        )
        found = [change for change in newest_first if _is_for(change, owner)][::-1]
        if len(found) <= MAX_STORES:
            return ChangePage(tuple(found), max(position, self._position), is_last=True)
        taken = tuple(found[:MAX_STORES])
        return ChangePage(taken, taken[-1].number, is_last=False)

    async def _read(self) -> None:
        while self._is_stale:
            self._is_stale = False
            try:
                await self._advance()
            except Exception:  # noqa: BLE001 - whatever it is, followers must not miss the change
                _log.exception("changes_failed")
                self._is_stale = True
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                await asyncio.sleep(_PAUSE_SECONDS)
        self._reader = None

    async def _advance(self) -> None:
        counter, page = await self._log.page(self._position, owner=None, limit=_RECENT)
        for change in page.changes:
            former = change.owner if change.snapshot is None else None
            key = (change.store_id, former)
            # Removed first, so that the store moves to the end of the dict's order.
            self._recent.pop(key, None)
            self._recent[key] = change
        while len(self._recent) > _RECENT:
            self._floor = self._recent.pop(next(iter(self._recent))).number
        # A follower that did not see a deletion before the store's record was purged must be told
        # that its cursor is invalid. A higher floor sends it to the database, where that is found.
        self._floor = max(self._floor, counter.removed)
        self._position = page.position
        self._is_stale |= not page.is_last
        # A new event each time: all who wait now are woken, and nobody has to clear it for others.
        self._moved.set()
        self._moved = asyncio.Event()
        told = [item.snapshot.store.updated_at for item in page.changes if item.snapshot]
        if told:
            self._on_told(min(told))


def _is_for(change: Change, owner: Owner | None) -> bool:
    """Whether a follower is told of a change: an owner, or None for who sees all stores."""
    return change.snapshot is not None if owner is None else owner == change.owner
