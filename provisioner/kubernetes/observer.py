"""Keeps what is known of every store's namespace, from one list-then-watch per kind for all stores.

The order matters: a store's pods are first recorded in the database. Only then can readers see the
change, and only then is anyone told of it. So when a step ends because a pod became ready, the
pod's own event is recorded before the end of the step.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from provisioner.domain import unforeseen
from provisioner.domain.cluster import Observation
from provisioner.domain.errors import NotFoundError, StorePlatformError
from provisioner.domain.ports import StoreRecords
from provisioner.kubernetes.reflector import Reflector, WatchSource, WatchTimings
from provisioner.kubernetes.watched_kinds import (
    CLAIMS,
    EVENTS,
    JOBS,
    NAMESPACES,
    PODS,
    WATCHED_KINDS,
    WatchedKind,
    WatchedObject,
)

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 1.0  # after an error of the database, which concerns all namespaces
RETRY_SECONDS = (0.5, 30.0)
"""The first and the longest pause after an unforeseen error in recording one namespace."""
_NOTHING = Observation(namespace=None)


class ClusterObserver:
    """Files watched objects by namespace, records pods, and wakes those who wait for a change.

    Implements ``ports.Observer``. ``on_recorded`` is called with a store's id after each change.
    """

    def __init__(
        self,
        source: WatchSource,
        records: StoreRecords,
        on_recorded: Callable[[str], None],
        timings: WatchTimings = WatchTimings(),  # noqa: B008 - frozen
    ) -> None:
        self._records = records
        self._on_recorded = on_recorded
        self._filed: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self._recorded: dict[str, Observation] = {}
        self._is_begun = asyncio.Event()
        self._store_ids: dict[str, str] = {}
        self._revisions: dict[str, int] = defaultdict(int)
        self._changed: dict[str, asyncio.Event] = {}
        self._dirty: dict[str, None] = {}  # a set that keeps its order: first changed, first out
        self._failures: dict[str, int] = {}
        self._wake = asyncio.Event()
        self.reflectors = [
            Reflector(source, kind, self._on_change, timings) for kind in WATCHED_KINDS
        ]

    async def synced(self) -> None:
        """Return once the first list of every kind is in.

        Before that, an object that is not known may still exist.
        """
        await self._is_begun.wait()

    @property
    def is_synced(self) -> bool:
        return self._is_begun.is_set()

    @property
    def staleness_by_kind(self) -> Mapping[str, float]:
        """Seconds since each watch was last in touch: 0 while open, infinite before the first."""
        return {r.kind.name: r.staleness_seconds for r in self.reflectors}

    @property
    def staleness_seconds(self) -> float:
        """Seconds since the watch that lags furthest behind was last in touch."""
        return max(self.staleness_by_kind.values())

    @property
    def trouble(self) -> str:
        """The last error of a watch that does not work, or "" when all work."""
        return next((r.trouble for r in self.reflectors if r.trouble), "")

    def observe(self, namespace: str) -> Observation:
        """See ``ports.Observer``."""
        return self._recorded.get(namespace, _NOTHING)

    def revision(self, namespace: str) -> int:
        """See ``ports.Observer``."""
        return self._revisions[namespace]

    async def changed(self, namespace: str, since: int) -> None:
        """See ``ports.Observer``."""
        # Checked again after each wake-up: the revision may still be no higher than ``since``.
        while self._revisions[namespace] <= since:
            await self._changed.setdefault(namespace, asyncio.Event()).wait()

    def forget(self, namespace: str) -> None:
        """See ``ports.Observer``."""
        self._store_ids.pop(namespace, None)
        self._revisions.pop(namespace, None)
        self._recorded.pop(namespace, None)
        self._failures.pop(namespace, None)
        # Objects that still exist stay filed: the reflectors report only differences, so what was
        # dropped here would not be filed again.
        if not any(self._filed.get(namespace, {}).values()):
            self._filed.pop(namespace, None)

    async def run(self) -> None:
        """Record and announce changes for ever, one namespace at a time, in order of change."""
        for reflector in self.reflectors:
            await reflector.synced.wait()
        # What is there at the start is shown before it is recorded. Otherwise work on a thousand
        # stores would wait until the pods of all of them are in the database.
        self._recorded = {namespace: self._look(namespace) for namespace in self._store_ids}
        self._is_begun.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._dirty:
                namespace = next(iter(self._dirty))
                # Removed before it is recorded: a change that comes meanwhile marks it again.
                del self._dirty[namespace]
                try:
                    await self._publish(namespace)
                except StorePlatformError as error:
                    # The database may be back in a moment. Waiting loses nothing: the next
                    # recording compares with the last one that succeeded.
                    _log.warning("recording_failed", namespace=namespace, reason=str(error))
                    self._dirty[namespace] = None
                    await asyncio.sleep(_RETRY_SECONDS)
                except Exception as error:  # noqa: BLE001 - perhaps a fault of one namespace only
                    self._record_later(namespace, error)
                else:
                    self._failures.pop(namespace, None)

    def _record_later(self, namespace: str, error: Exception) -> None:
        """Record a namespace again after a pause, without holding up the others."""
        self._failures[namespace] = self._failures.get(namespace, 0) + 1
        seconds = RETRY_SECONDS[0] * 2.0 ** min(self._failures[namespace], 10)
        store_id = self._store_ids.get(namespace)
        unforeseen.noted(error, namespace=namespace, store_id=store_id)

        def begin() -> None:
            self._dirty[namespace] = None
            self._wake.set()

        asyncio.get_running_loop().call_later(min(seconds, RETRY_SECONDS[1]), begin)

    async def _publish(self, namespace: str) -> None:
        store_id = self._store_ids.get(namespace)
        if store_id is None:  # an event in somebody else's namespace
            return
        seen = self._look(namespace)
        try:
            await self._records.record_pods(store_id, seen.pods)
        except NotFoundError:
            # The namespace has our label, but the database has no such store. It belongs to
            # another platform, or the database is an older copy.
            _log.warning("unknown_store", namespace=namespace, store_id=store_id)
            return
        # The waiting are woken last: whoever wakes up must find the new state and revision.
        self._recorded[namespace] = seen
        self._revisions[namespace] += 1
        if (waiting := self._changed.pop(namespace, None)) is not None:
            waiting.set()
        self._on_recorded(store_id)

    def _look(self, namespace: str) -> Observation:
        kinds = self._filed.get(namespace, {})

        def of(kind: WatchedKind) -> tuple[Any, ...]:
            return tuple(kinds.get(kind.name, {}).values())

        return Observation(
            namespace=next(iter(of(NAMESPACES)), None),
            pods=of(PODS),
            jobs=of(JOBS),
            claims=of(CLAIMS),
            events=of(EVENTS),
        )

    def _on_change(self, kind: WatchedKind, item: WatchedObject, is_there: bool) -> None:  # noqa: FBT001
        kinds = self._filed[item.namespace]
        filed = kinds.setdefault(kind.name, {})
        if is_there:
            filed[item.name] = item.record
        else:
            filed.pop(item.name, None)
            # ``forget`` is called for stores' namespaces only, but Warning events are watched in
            # all namespaces: without this, an entry for each of the others would stay for ever.
            if not any(kinds.values()):
                del self._filed[item.namespace]
        # Events have no label of ours; the other objects tell which store the namespace is of.
        if item.store_id is not None:
            self._store_ids[item.namespace] = item.store_id
        self._dirty[item.namespace] = None
        self._wake.set()
