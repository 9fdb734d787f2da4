"""Keeps a live copy of all objects of one kind, with a list and then a watch: a reflector.

The rules are those of client-go's tools/cache/reflector.go, and some that it leaves to the caller:

* A list is read in chunks and then compared with the cache, so that an object which vanished while
  no watch was open is reported as gone.
* Two objects are the same only if their uids are: a delete and a new object of the same name are
  two changes.
* The version advances only after a change was handled. A failure between the two repeats the
  change.
* After 410 Gone the objects are listed again. After a lost connection, 429 or 5xx the watch resumes
  from the last version.
* The objects are also listed again after silence, and when a version is lower than the last one.
  The server may have been restored from a backup, and would never reach the version asked for.
* Waits between tries grow up to a limit, with jitter, until a watch is useful again. Retry-After is
  honoured.
* Three watches in a row that are accepted, but end at once with nothing or with an error, cause a
  new list: the server may be confused.
* The objects are listed again from time to time in any case, in case anything else was lost.
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
"""The shortest pause after an unforeseen error. Each one fills a page of the log."""


@dataclass(frozen=True, slots=True)
class WatchTimings:
    """How long a reflector waits, in seconds. A pair is a minimum and a maximum.

    ``backoff``: the first and the longest wait between tries.
    ``watch``: how long the server is asked to keep a watch open.
    ``relist``: when the objects are listed again in any case.
    ``short_watch``: a watch that ends sooner than this, and brought nothing, was useless.
    ``short_watches``: after this many useless watches in a row the objects are listed again.
    ``now`` and ``sleep``: the clock, for tests.
    """

    backoff: tuple[float, float] = (0.8, 30.0)
    watch: tuple[int, int] = (300, 600)
    relist: tuple[float, float] = (1800.0, 3600.0)
    short_watch: float = 1.0
    short_watches: int = 3
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


class GoneError(TransientError):
    """The watch cannot go on from the last version, as after a 410. List again."""


class SilenceError(GoneError):
    """A watch was silent for too long; not even a bookmark came. It may be dead."""


@dataclass(frozen=True, slots=True)
class ListChunk:
    """A part of a list. An empty ``continue_token`` marks the last part."""

    objects: list[WatchedObject]
    resource_version: str
    continue_token: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One event of a watch: ADDED, MODIFIED or DELETED, or BOOKMARK or OPENED without an object.

    OPENED is ours: it comes once, first, and says that the server has accepted the watch.
    """

    type: str
    resource_version: str
    object: WatchedObject | None


class WatchSource(Protocol):
    """Where lists and watches come from. Both raise the errors of ``ports.Cluster``."""

    async def list_chunk(self, kind: WatchedKind, continue_token: str) -> ListChunk:
        """Return a part of the list of all objects of the kind; the first if there is no token."""
        ...

    def watch(
        self, kind: WatchedKind, resource_version: str, timeout_seconds: int
    ) -> AsyncGenerator[WatchEvent, None]:
        """Yield the events after ``resource_version``, until the server ends the watch.

        Raises GoneError when the server does not know that version any more, SilenceError when
        nothing comes for too long.
        """
        ...


OnChange = Callable[[WatchedKind, WatchedObject, bool], None]
"""Called with the kind, the object, and whether it exists (True) or is gone (False)."""


class Reflector:
    """Keeps a cache of one kind of object up to date, and reports every difference once."""

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
        self._expired = 0
        self._useless = 0
        self._in_touch_at: float | None = None
        self._is_connected = False
        self.synced = asyncio.Event()
        self.trouble = ""
        self.lists = 0
        """How often the objects were listed, including the first time."""
        self.watches = 0
        """How often a watch was opened, or the attempt was made."""

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
        """List and watch for ever, and try again after every error.

        An error of the cluster may pass. One that nobody foresaw starts over with a list.
        """
        while True:
            try:
                await self._list_and_watch()
            except GoneError as error:
                # Silence can be normal, and is then not worth a line in the log: the API server
                # sends no bookmarks for a kind that has had no event since the server's start
                # (kubernetes apiserver storage/cacher).
                log = _log.debug if isinstance(error, SilenceError) else _log.info
                log("watch_expired", kind=self.kind.name, reason=str(error))
                self._version = ""  # makes the next round begin with a list
                # A server that has just started again after an outage knows no earlier version.
                # The failures of the outage are over, so the list must not wait for as long as they
                # would ask for. Only what expires again and again is asked for ever more rarely.
                self._failures = self._expired
                self._expired += 1
                await self._pause()
            except (TransientError, TerminalError, NotFoundError) as error:
                if self.trouble != str(error):  # the same trouble is logged once, not at each try
                    _log.warning("watch_interrupted", kind=self.kind.name, reason=str(error))
                self.trouble = str(error)
                await self._pause(getattr(error, "retry_after_seconds", None))
            except Exception as error:  # noqa: BLE001 - a fault of ours, perhaps with one object
                # An exception that left here would end this root task, and so the whole service.
                self._version = ""
                self.trouble = str(unforeseen.noted(error, kind=self.kind.name))
                await self._pause(UNFORESEEN_SECONDS)
            else:
                # A watch that ends properly is opened again at once. But one that keeps ending
                # with nothing would be a busy loop of requests.
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
        if missed and self.lists > 1:  # at the first list everything is new, and nothing missed
            _log.info("watch_missed_events", kind=self.kind.name, objects=len(missed))
        for key in [key for key in self._cache if key not in found]:
            self._drop(key)
        for item in found.values():
            self._put(item)
        # Set last: no watch may begin at this version before all of the list is in the cache.
        self._version = version
        self._relist_at = self._timings.now() + random.uniform(*self._timings.relist)  # noqa: S311
        self._useless = 0
        self._contact()
        self.synced.set()

    async def _watch(self) -> None:
        """Follow one watch to its end, then count whether it was useful."""
        self.watches += 1
        began, is_useful = self._timings.now(), False
        timeout = random.randint(*self._timings.watch)  # noqa: S311
        try:
            # Without ``aclosing``, an error here would leave the connection open until the garbage
            # collector finds the generator.
            async with aclosing(self._source.watch(self.kind, self._version, timeout)) as events:
                async for event in events:
                    self._is_connected = True
                    self._contact()
                    self._apply(event)
                    is_useful = is_useful or event.type != "OPENED"
        finally:
            # In ``finally``, because a watch that ends in an error is counted too. One that was not
            # even accepted changes nothing here: ``_pause`` counts it as a failure.
            was_accepted, self._is_connected = self._is_connected, False
            is_useful = is_useful or self._timings.now() - began >= self._timings.short_watch
            if was_accepted and is_useful:
                self._failures = self._expired = self._useless = 0
            elif was_accepted:
                self._useless += 1

    def _apply(self, event: WatchEvent) -> None:
        if _is_before(event.resource_version, self._version):
            raise GoneError(
                f"The watch went back from version {self._version} to {event.resource_version}."
            )
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
            self._drop(key)  # the delete of the earlier object was missed
        self._cache[key] = item
        # A resumed watch or a new list repeats what is known: only a difference is reported. The
        # records hold only the fields that matter, so changes of other fields are none either.
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
    """Return whether a version is older than another.

    Versions may be compared as numbers (KEP-5504). One that is not a number is never older.
    """
    return version.isdecimal() and last.isdecimal() and int(version) < int(last)
