"""Counts and times what the service does, for Prometheus.

No label ever holds text from a caller, or an id. Every value comes from a list of ours, so the
number of time series is bounded whatever callers send.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector

from provisioner.domain.instrumentation import Activity, Measured, Stream, ending

HTTP = "http"
"""An HTTP request: method, route. The outcome is its status."""
OPERATION = "operation"
"""A GraphQL operation: kind, field (its only root field, or "several")."""

# The upper bounds of the histograms' buckets, in seconds: for requests, besides these for changes
# that are told late, and for work on stores.
_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LATE = (30.0, 60.0)
_SLOW = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0, 600.0)


@dataclass(frozen=True, slots=True)
class _Timed:
    """The histogram for an activity's seconds. It has the label "outcome" besides ``labels``."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]


_TIMED = {
    Activity.WORK: _Timed(
        "work",
        "Pieces of work on a store, by its status after, or a task's.",
        ("action", "engine"),
        _SLOW,
    ),
    Activity.STEP: _Timed("step", "Steps of the work on a store.", ("step", "engine"), _SLOW),
    Activity.HELM: _Timed("helm_run", "Runs of helm.", ("verb",), _SLOW),
    HTTP: _Timed("http_request", "HTTP requests, by status.", ("method", "route"), _QUICK),
    OPERATION: _Timed(
        "graphql_operation",
        "GraphQL operations; a subscription lasts as long as it is followed.",
        ("kind", "field"),
        _QUICK,
    ),
}


class PrometheusMeasurements:
    """Counts and times activities. Implements ``provisioner.domain.ports.Measurements``."""

    def __init__(self) -> None:
        # Of its own, because the library's default registry is global and takes a name only once.
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Counter(
            "store_platform_create_requests",
            "Stores asked for: ACCEPTED, or the code of the refusal.",
            ("engine", "outcome"),
            registry=self.registry,
        )
        self._histograms = {
            activity: Histogram(
                f"store_platform_{timed.name}_seconds",
                timed.help,
                (*timed.labels, "outcome"),
                buckets=timed.buckets,
                registry=self.registry,
            )
            for activity, timed in _TIMED.items()
        }
        self._stream_delays = Histogram(
            "store_platform_stream_delay_seconds",
            "From a change of a store, by the clock of the replica that made it, until the last of"
            " this replica's followers had its frame at their socket, or in their slot if they do"
            " not read yet; for the list, until all were woken. Observed once for all of them.",
            ("stream",),
            buckets=_QUICK + _LATE,
            registry=self.registry,
        )
        # Both are there from the start: the share of late changes is then known at the first one.
        for stream in Stream:
            self._stream_delays.labels(stream)

    def measure(self, activity: str, **labels: str) -> AbstractContextManager[Measured]:
        """See ``provisioner.domain.ports.Measurements``."""
        began = perf_counter()
        return ending(
            labels, lambda measured: self._count(activity, measured, perf_counter() - began)
        )

    def record_stream_delay(self, stream: str, seconds: float) -> None:
        """See ``provisioner.domain.ports.Measurements``."""
        self._stream_delays.labels(stream).observe(seconds)

    def _count(self, activity: str, measured: Measured, seconds: float) -> None:
        if activity == Activity.REQUEST:
            self._requests.labels(measured.labels["engine"], measured.outcome).inc()
            return
        # Other labels, such as a store's id, are for traces only. One that is missing was not found
        # out before the activity ended.
        values = (measured.labels.get(name, "") for name in _TIMED[activity].labels)
        self._histograms[activity].labels(*values, measured.outcome).observe(seconds)
