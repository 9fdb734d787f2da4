"""A reflector: the live copy of one kind of object, by list and watch.

The rules are those of client-go's tools/cache/reflector.go, with what it leaves to the operator
made explicit:

* list in pages, then *diff* against the cache, so that what vanished during a gap is reported;
* objects are the same only if their uid is: one deleted and made again is two changes;
* the version advances after a change was handled, so a crash between the two repeats it;
* 410 Gone lists again; a lost connection, 429 and 5xx resume from the last version;
* silence lists again, and so does a version below the last: the server was restored from a backup,
  say, and would never come to the version that is asked for;
* waits between tries grow, capped, with full jitter, until a watch is of use again; Retry-After is
  honoured;
* three watches in a row that are accepted, and then end at once with nothing or an error, list
  again: the server may be confused;
* a list from time to time in any case, against whatever else was lost.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import structlog

from provisioner.domain import unforeseen
from provisioner.domain.backoff import backoff_seconds
from provisioner.domain.errors import NotFoundError, TerminalError, TransientError
from provisioner.kubernetes.watched_kinds import WatchedKind, WatchedObject

_log = structlog.get_logger(__name__)

UNFORESEEN_SECONDS = 30.0
"""The least pause after an error that nobody foresaw: each fills a page of the log."""


@dataclass(frozen=True, slots=True)
class WatchTimings:
    """How a reflector waits, in seconds; pairs are the least and the most.

    ``backoff`` is the first and the longest wait between tries, ``watch`` how long the server is
    asked to keep a watch open, ``relist`` when a list is due in any case. A watch shorter than
    ``short_watch`` that brought nothing is of no use; after ``short_watches`` of them in a row the
    objects are listed again. ``now`` and ``sleep`` are the clock, for tests.
    """

    backoff: tuple[float, float] = (0.8, 30.0)
    watch: tuple[int, int] = (300, 600)
    relist: tuple[float, float] = (1800.0, 3600.0)
    short_watch: float = 1.0
    short_watches: int = 3
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


class GoneError(TransientError):
    """There is no going on from the last version, as after a 410: list again."""


class SilenceError(GoneError):
    """Nothing was heard of a watch for long, not even a bookmark; it may be of no use."""


@dataclass(frozen=True, slots=True)
class ListChunk:
    """A part of a list; an empty ``continue_token`` marks the last."""

    objects: list[WatchedObject]
    resource_version: str
    continue_token: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One event of a watch: ADDED, MODIFIED or DELETED; BOOKMARK and OPENED have no object.

    OPENED comes first and once: the server has accepted the watch.
    """

    type: str
    resource_version: str
    object: WatchedObject | None


class WatchSource(Protocol):
    """Where lists and watches come from. Both raise the errors of ``ports.Cluster``."""

    async def list_chunk(self, kind: WatchedKind, continue_token: str) -> ListChunk:
        """Return a part of the list of all objects of the kind."""
        ...

    def watch(
        self, kind: WatchedKind, resource_version: str, timeout_seconds: int
    ) -> AsyncGenerator[WatchEvent, None]:
        """Yield the events after ``resource_version``; ends when the server ends the watch."""
        ...


OnChange = Callable[[WatchedKind, WatchedObject, bool], None]
"""Called with the kind, the object, and whether it is there (True) or gone (False)."""


class Reflector:
    """Keeps a cache of one kind of object true, and reports every difference once."""

    def __init__(
        self,
        source: WatchSource,
        kind: WatchedKind,
        on_change: OnChange,
        timings: WatchTimings = WatchTimings(),
    ) -> None:
        self.kind = kind
        self._source = source
        self._on_change = on_change
        self._timings = timings
        self._cache: dict[tuple[str, str], WatchedObject] = {}
        self._version = ""
        self._relist_at = 0.0
        self._failures = 0
        self._useless = 0
        self._in_touch_at: float | None = None
        self._is_connected = False
        self.synced = asyncio.Event()
        self.trouble = ""
        self.lists = 0
        """How often the objects were listed, the first time included."""
        self.watches = 0
        """How often a watch was opened, or tried to be."""

    @property
    def objects(self) -> Mapping[tuple[str, str], WatchedObject]:
        """The cache, by (namespace, name)."""
        return self._cache

    @property
    def staleness_seconds(self) -> float:
        """Seconds since the API server was last in touch; 0 while a watch is open."""
        if self._is_connected:
            return 0.0
        if self._in_touch_at is None:
            return float("inf")
        return self._timings.now() - self._in_touch_at

    async def run(self) -> None:
        """List and watch, for ever. Every error of the cluster is a reason to try again."""
        while True:
            try:
                await self._list_and_watch()
            except GoneError as error:
                # Silence is no news: the API server sends no bookmarks of a kind that has had no
                # event since the server's start (kubernetes apiserver storage/cacher).
                log = _log.debug if isinstance(error, SilenceError) else _log.info
                log("watch_expired", kind=self.kind.name, reason=str(error))
                self._version = ""
                await self._pause()
            except (TransientError, TerminalError, NotFoundError) as error:
                if self.trouble != str(error):
                    _log.warning("watch_interrupted", kind=self.kind.name, reason=str(error))
                self.trouble = str(error)
                await self._pause(getattr(error, "retry_after_seconds", None))
            except Exception as error:  # noqa: BLE001 - a fault of ours, for one object perhaps
                self._version = ""
                self.trouble = str(unforeseen.noted(error, kind=self.kind.name))
                await self._pause(UNFORESEEN_SECONDS)
            else:
                if self._useless:
                    await self._pause()

    async def _list_and_watch(self) -> None:
        is_confused = self._useless >= self._timings.short_watches
        if not self._version or is_confused or self._timings.now() > self._relist_at:
            await self._list()
        await self._watch()

    async def _list(self) -> None:
        self.lists += 1
        found: dict[tuple[str, str], WatchedObject] = {}
        token, version = "", ""
        while True:
            chunk = await self._source.list_chunk(self.kind, token)
            found |= {(item.namespace, item.name): item for item in chunk.objects}
            version, token = chunk.resource_version, chunk.continue_token
            if not token:
                break
        missed = {key for key, item in found.items() if self._cache.get(key) != item}
        missed |= self._cache.keys() - found.keys()
        if missed and self.lists > 1:
            _log.info("watch_missed_events", kind=self.kind.name, objects=len(missed))
        for key in [key for key in self._cache if key not in found]:
            self._drop(key)
        for item in found.values():
            self._put(item)
        self._version = version
        self._relist_at = self._timings.now() + random.uniform(*self._timings.relist)  # noqa: S311
        self._useless = 0
        self._contact()
        self.synced.set()

    async def _watch(self) -> None:
        """Follow one watch to its end; then say whether it was of any use."""
        self.watches += 1
        began, is_useful = self._timings.now(), False
        timeout = random.randint(*self._timings.watch)  # noqa: S311
        try:
            async with aclosing(self._source.watch(self.kind, self._version, timeout)) as events:
                async for event in events:
                    self._is_connected = True
                    self._contact()
                    self._apply(event)
                    is_useful = is_useful or event.type != "OPENED"
        finally:
            was_accepted, self._is_connected = self._is_connected, False
            is_useful = is_useful or self._timings.now() - began >= self._timings.short_watch
            if was_accepted and is_useful:
                self._failures = self._useless = 0
            elif was_accepted:
                self._useless += 1

    def _apply(self, event: WatchEvent) -> None:
        if _is_before(event.resource_version, self._version):
            raise GoneError(f"Version {event.resource_version} came after {self._version}.")
        if event.object is not None:
            if event.type == "DELETED":
                self._drop((event.object.namespace, event.object.name))
            else:
                self._put(event.object)
        self._version = event.resource_version or self._version

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
        self._in_touch_at = self._timings.now()
        self.trouble = ""

    async def _pause(self, at_least_seconds: float | None = None) -> None:
        first, cap = self._timings.backoff
        seconds = backoff_seconds(self._failures, first=first, cap=cap)
        self._failures += 1
        await self._timings.sleep(max(seconds, at_least_seconds or 0.0))


def _is_before(version: str, last: str) -> bool:
    """Whether a version is older than another; they compare as numbers (KEP-5504), if they are."""
    return version.isdecimal() and last.isdecimal() and int(version) < int(last)
