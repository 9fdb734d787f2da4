"""A reflector: the live copy of one kind of object, by list and watch.

The rules are those of client-go's tools/cache/reflector.go, with what it leaves to the operator
made explicit:

* list in pages, then *diff* against the cache, so that what vanished during a gap is reported;
* objects are the same only if their uid is: one deleted and made again is two changes;
* the version advances after a change was handled, so a crash between the two repeats it;
* 410 Gone lists again; a lost connection, 429 and 5xx resume from the last version;
* waits between tries grow, capped, with full jitter; Retry-After is honoured;
* three watches in a row that end at once and empty list again: the server may be confused;
* a list from time to time in any case, against whatever else was lost.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from provisioner.errors import NotFoundError, TerminalError, TransientError
from provisioner.wire import WatchedKind, WatchedObject

_log = structlog.get_logger(__name__)

_BACKOFF_SECONDS = (0.8, 30.0)
_WATCH_SECONDS = (300, 600)
_RELIST_SECONDS = (1800, 3600)
_SHORT_WATCH_SECONDS = 1.0
_SHORT_WATCHES = 3


class GoneError(TransientError):
    """410: the version to go on from is no longer known. List again."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; an empty ``continue_token`` marks the last."""

    objects: list[WatchedObject]
    resource_version: str
    continue_token: str


@dataclass(frozen=True, slots=True)
class ChangedObject:
    """One event of a watch: ADDED, MODIFIED or DELETED; BOOKMARK and OPENED have no object.

    OPENED comes first and once: the server has accepted the watch.
    """

    type: str
    resource_version: str
    object: WatchedObject | None


class WatchSource(Protocol):
    """Where lists and watches come from. Both raise the errors of ``ports.Cluster``."""

    async def list_page(self, kind: WatchedKind, continue_token: str) -> Page:
        """Return a page of all objects of the kind."""
        ...

    def watch(
        self, kind: WatchedKind, resource_version: str, timeout_seconds: int
    ) -> AsyncIterator[ChangedObject]:
        """Yield the changes after ``resource_version``; ends when the server ends the watch."""
        ...


OnChange = Callable[[WatchedKind, WatchedObject, bool], None]
"""Called with the kind, the object, and whether it is there (True) or gone (False)."""


class Reflector:
    """Keeps a cache of one kind of object true, and reports every difference once."""

    def __init__(self, source: WatchSource, kind: WatchedKind, on_change: OnChange) -> None:
        self.kind = kind
        self._source = source
        self._on_change = on_change
        self._cache: dict[tuple[str, str], WatchedObject] = {}
        self._version = ""
        self._relist_at = 0.0
        self._failures = 0
        self._in_touch_at: float | None = None
        self._is_connected = False
        self.synced = asyncio.Event()
        self.trouble = ""

    @property
    def objects(self) -> Mapping[tuple[str, str], WatchedObject]:
        """The cache, by (namespace, name)."""
        return self._cache

    @property
    def staleness_seconds(self) -> float:
        """Seconds since the API server was last in touch; 0 while a watch is open."""
        if self._is_connected:
            return 0.0
        return float("inf") if self._in_touch_at is None else time.monotonic() - self._in_touch_at

    async def run(self) -> None:
        """List and watch, for ever. Every error of the cluster is a reason to try again."""
        while True:
            try:
                if not self._version or time.monotonic() > self._relist_at:
                    await self._list()
                await self._watch()
            except GoneError:
                _log.info("watch_expired", kind=self.kind.name)
                self._version = ""
                await self._pause(None)
            except (TransientError, TerminalError, NotFoundError) as error:
                if self.trouble != str(error):
                    _log.warning("watch_interrupted", kind=self.kind.name, reason=str(error))
                self.trouble = str(error)
                await self._pause(
                    error.retry_after_seconds if isinstance(error, TransientError) else None
                )

    async def _list(self) -> None:
        found: dict[tuple[str, str], WatchedObject] = {}
        token, version = "", ""
        while True:
            page = await self._source.list_page(self.kind, token)
            found |= {(item.namespace, item.name): item for item in page.objects}
            version, token = page.resource_version, page.continue_token
            if not token:
                break
        for key in [key for key in self._cache if key not in found]:
            self._drop(key)
        for item in found.values():
            self._put(item)
        self._version = version
        self._relist_at = time.monotonic() + random.uniform(*_RELIST_SECONDS)  # noqa: S311
        self._contact()
        self.synced.set()

    async def _watch(self) -> None:
        short = 0
        while time.monotonic() < self._relist_at:
            began, changes = time.monotonic(), 0
            timeout = random.randint(*_WATCH_SECONDS)  # noqa: S311
            try:
                async for change in self._source.watch(self.kind, self._version, timeout):
                    self._is_connected = True
                    self._apply(change)
                    changes += change.type != "OPENED"
                    self._contact()
            finally:
                self._is_connected = False
            short = short + 1 if not changes and _is_short(began) else 0
            if short:
                await self._pause(None)
            if short >= _SHORT_WATCHES:
                raise GoneError("The watch ends at once, again and again.")

    def _apply(self, change: ChangedObject) -> None:
        if change.object is not None:
            if change.type == "DELETED":
                self._drop((change.object.namespace, change.object.name))
            else:
                self._put(change.object)
        self._version = change.resource_version or self._version

    def _put(self, item: WatchedObject) -> None:
        key = (item.namespace, item.name)
        known = self._cache.get(key)
        if known is not None and known.uid != item.uid:
            self._drop(key)
        self._cache[key] = item
        if known != item:
            self._on_change(self.kind, item, True)  # noqa: FBT003

    def _drop(self, key: tuple[str, str]) -> None:
        known = self._cache.pop(key, None)
        if known is not None:
            self._on_change(self.kind, known, False)  # noqa: FBT003

    def _contact(self) -> None:
        self._in_touch_at = time.monotonic()
        self._failures = 0
        self.trouble = ""

    async def _pause(self, at_least_seconds: float | None) -> None:
        first, cap = _BACKOFF_SECONDS
        ceiling = min(cap, first * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        seconds = random.uniform(ceiling / 4, ceiling)  # noqa: S311
        await asyncio.sleep(max(seconds, at_least_seconds or 0.0))


def _is_short(began: float) -> bool:
    return time.monotonic() - began < _SHORT_WATCH_SECONDS
