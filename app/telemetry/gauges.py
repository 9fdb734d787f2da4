"""Gauges that show the platform as it is at the moment of a scrape."""

from collections.abc import Iterable, Mapping
from platform import python_version

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app import __version__
from provisioner.domain.instrumentation import Stream
from provisioner.domain.stores import StoreStatus
from provisioner.platform import Platform
from provisioner.reconcile.queue import Lane, WorkQueue

_PREFIX = "store_platform_"


class PlatformGauges(Collector):
    """The gauges of one scrape.

    ``problems`` and all numbers need the database, so they are read before: prometheus_client
    cannot wait in ``collect``. ``stores`` is None when the database did not answer, and
    ``late_backups`` and ``faulty_backups`` then too, or where none are kept; ``late_backups`` also
    where none are made by themselves.
    """

    def __init__(
        self,
        platform: Platform,
        problems: Mapping[str, str | None],
        stores: Mapping[StoreStatus, int] | None,
        late_backups: int | None = None,
        faulty_backups: int | None = None,
    ) -> None:
        self._platform = platform
        self._problems = problems
        self._stores = stores
        self._late_backups = late_backups
        self._faulty_backups = faulty_backups

    def collect(self) -> Iterable[Metric]:
        yield _gauge(
            "build_info",
            "The version that runs.",
            ("version", "python"),
            {(__version__, python_version()): 1},
        )
        yield _gauge(
            "part_up",
            "Whether a part that the work depends on is well; /readyz says what is not.",
            ("part",),
            {(part,): float(problem is None) for part, problem in self._problems.items()},
        )
        yield _gauge(
            "leader",
            "Whether this replica is the one that works on stores.",
            (),
            {(): float(self._platform.elector.session is not None)},
        )
        yield from self._queue()
        yield from self._watches()
        yield _gauge(
            "subscribers",
            "Followers of a store, and of the list.",
            ("stream",),
            {
                (Stream.STORE_STATUS.value,): self._platform.broadcaster.followers,
                (Stream.STORES_CHANGED.value,): self._platform.changes.followers,
            },
        )
        yield from self._of_the_database()

    def _of_the_database(self) -> Iterable[Metric]:
        if self._stores is not None:
            yield _gauge(
                "stores",
                "Stores by status.",
                ("status",),
                {(status.value,): self._stores.get(status, 0) for status in StoreStatus},
            )

        if self._late_backups is not None:
            yield _gauge(
                "backups_late",
                "Shops that have had no backup for twice the interval.",
                (),
                {(): self._late_backups},
            )

        if self._faulty_backups is not None:
            yield _gauge(
                "backups_faulty",
                "Shops of whose backup no shop could be made when that was last tried.",
                (),
                {(): self._faulty_backups},
            )

    def _queue(self) -> Iterable[Metric]:
        # A replica that does not lead has no queue. It reports an empty one, so its series go on.
        session = self._platform.elector.session
        queue = session.queue if session else WorkQueue()
        tasks = session.tasks if session else None
        waiting: dict[tuple[str, ...], float] = {(ln.name,): queue.waiting(ln) for ln in Lane}
        running: dict[tuple[str, ...], float] = {(ln.name,): queue.active(ln) for ln in Lane}
        waiting[Lane.TASK.name,] = tasks.waiting if tasks else 0
        running[Lane.TASK.name,] = tasks.running if tasks else 0
        yield _gauge(
            "queue_waiting",
            "Stores that wait for a worker.",
            ("lane",),
            waiting,
        )
        yield _gauge(
            "queue_running",
            "Stores that are worked on.",
            ("lane",),
            running,
        )

    def _watches(self) -> Iterable[Metric]:
        session = self._platform.elector.session
        reflectors = session.observer.reflectors if session else []
        yield _gauge(
            "watch_staleness_seconds",
            "Seconds since the API server was last in touch; +Inf before the first list.",
            ("kind",),
            {(item.kind.name,): item.staleness_seconds for item in reflectors},
        )
        yield _counter(
            "watch_lists",
            "How often all objects of a kind were listed.",
            {(item.kind.name,): item.lists for item in reflectors},
        )
        yield _counter(
            "watch_connections",
            "How often a watch of a kind was opened, or tried to be.",
            {(item.kind.name,): item.watches for item in reflectors},
        )


def _gauge(
    name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _counter(name: str, text: str, values: Mapping[tuple[str, ...], float]) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, text, labels=("kind",))
    for key, value in values.items():
        family.add_metric(key, value)
    return family
