"""Tells followers which stores changed: one reader for them all, and no queue for any of them.

A follower is a position in the log of changes and nothing else. The reader keeps the states that
changed last, each store once; who is further back than that reads from the database. So one who is
slow, or gone quiet, costs a number, and finds the latest state of everything when they come back.
Being a position also means that nothing can fall between subscribing and reading a list.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile

import structlog

from provisioner.domain.identities import Identity
from provisioner.domain.owners import Owner
from provisioner.domain.stores import StoreSnapshot
from provisioner.storage.change_log import (
    Change,
    ChangeLog,
    ChangePage,
    cursor_invalid,
    decode_cursor,
    encode_cursor,
)

_log = structlog.get_logger(__name__)

MAX_STORES = 100
"""Stores in one update; what is over comes in the next, at once."""

_RECENT = 256
_PAUSE_SECONDS = 0.1  # changes of a burst are told together; the first of them at once
_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class StoresChange:
    """Stores that changed, each with its latest state; ``cursor`` continues after them."""

    cursor: str
    snapshots: tuple[StoreSnapshot, ...]


class ChangeFeed:
    """Changes from the log to the followers. Implements ``ports.Announcer``."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log
        self._followers = 0
        self._reader: asyncio.Task[None] | None = None
        self._is_stale = False
        self._moved = asyncio.Event()
        # By store, in the order of the changes: all that there are after ``_floor``.
        self._recent: dict[str, Change] = {}
        self._floor = 0
        self._position = 0

    @property
    def followers(self) -> int:
        """How many followers there are."""
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
        """Yield the stores that the caller may see as they change, for ever.

        The first update comes at once: with ``after``, a cursor of an earlier update, it holds what
        changed since then, else nothing but the cursor as of now. Raises RefusedError
        (CURSOR_INVALID) when the log cannot be continued from ``after``.
        """
        counter = await self._log.counter()
        position = counter.latest if after is None else decode_cursor(after, counter)
        owner = None if caller.sees_all_stores else caller.owner
        is_first = True
        async with self._joined(counter.latest):
            while True:
                page = await self._page(position, owner)
                position = page.position
                if page.changes or is_first:
                    snapshots = tuple(change.snapshot for change in page.changes)
                    yield StoresChange(encode_cursor(counter.database_id, position), snapshots)
                    is_first = False
                while page.is_last and self._position <= position:
                    await self._moved.wait()

    @asynccontextmanager
    async def _joined(self, latest: int) -> AsyncIterator[None]:
        if self._followers == 0:
            # Nobody has followed, so nothing was read: begin here rather than where it ended.
            self._recent.clear()
            self._floor = self._position = latest
        self._followers += 1
        self.announce("")  # what came between reading ``latest`` and now was told to nobody
        try:
            yield
        finally:
            self._followers -= 1
            if self._followers == 0 and (reader := self._reader) is not None:
                self._reader = None
                reader.cancel()
                await asyncio.wait({reader})

    async def _page(self, position: int, owner: Owner | None) -> ChangePage:
        """Return what comes after a position; from memory where it is all there."""
        if position >= self._floor:
            return self._recent_page(position, owner)
        counter, page = await self._log.page(position, owner=owner, limit=MAX_STORES)
        if position < counter.removed:
            raise cursor_invalid()
        return page

    def _recent_page(self, position: int, owner: Owner | None) -> ChangePage:
        newest_first = takewhile(
            lambda change: change.number > position, reversed(self._recent.values())
        )
        found = [change for change in newest_first if owner in (None, change.snapshot.store.owner)][
            ::-1
        ]
        if len(found) <= MAX_STORES:
            return ChangePage(tuple(found), max(position, self._position), is_last=True)
        taken = tuple(found[:MAX_STORES])
        return ChangePage(taken, taken[-1].number, is_last=False)

    async def _read(self) -> None:
        while self._is_stale:
            self._is_stale = False
            try:
                await self._advance()
            except Exception:  # noqa: BLE001 - logged; followers must not be left behind by any
                _log.exception("changes_failed")
                self._is_stale = True
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                await asyncio.sleep(_PAUSE_SECONDS)
        self._reader = None

    async def _advance(self) -> None:
        counter, page = await self._log.page(self._position, owner=None, limit=_RECENT)
        for change in page.changes:
            store_id = change.snapshot.store.id
            self._recent.pop(store_id, None)
            self._recent[store_id] = change
        while len(self._recent) > _RECENT:
            self._floor = self._recent.pop(next(iter(self._recent))).number
        # Who has not seen a store's deletion before its record went has to be told so.
        self._floor = max(self._floor, counter.removed)
        self._position = page.position
        self._is_stale |= not page.is_last
        self._moved.set()
        self._moved = asyncio.Event()
