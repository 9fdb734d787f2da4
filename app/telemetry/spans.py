"""A span for every request, GraphQL operation, piece of work on a store, step and run of helm.

Work on a store is not part of the request that asked for it: it begins later, and again after a
restart. The two meet in the store's id, which both carry.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app import __version__
from app.telemetry.metrics import HTTP, OPERATION
from provisioner.domain.instrumentation import Activity, Measured, outcome_of
from provisioner.domain.ports import Measurements
from provisioner.domain.transitions import Action

_ATTRIBUTES = {
    "method": "http.request.method",
    "route": "http.route",
    "kind": "graphql.operation.type",
    "field": "graphql.operation.name",
    "request_id": "store_platform.request_id",
    "action": "store_platform.action",
    "engine": "store_platform.engine",
    "store_id": "store_platform.store_id",
    "step": "store_platform.step",
    "verb": "helm.command",
    "release": "helm.release",
}
_NAMES = {
    HTTP: ("method", "route"),
    OPERATION: ("kind", "field"),
    Activity.WORK: ("action",),
    Activity.STEP: ("step",),
    Activity.HELM: ("verb",),
}
_BAD = frozenset({"FAILED", "ERROR", "KILLED"})
_SERVER_ERROR = 500


def new_provider() -> TracerProvider:
    """Return a provider that exports in batches, from a thread of its own."""
    attributes = {SERVICE_VERSION: __version__}
    if "OTEL_SERVICE_NAME" not in os.environ:
        attributes[SERVICE_NAME] = "store-platform"
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class SpanMeasurements:
    """Measures, and makes a span of it. Implements ``provisioner.domain.ports.Measurements``."""

    def __init__(self, inner: Measurements, provider: TracerProvider) -> None:
        self._inner = inner
        self._provider = provider
        self._tracer = provider.get_tracer("store-platform", __version__)

    def close(self) -> None:
        """Send what is not sent yet. Takes seconds when nobody answers."""
        self._provider.shutdown()

    @contextmanager
    def measure(self, activity: str, **labels: str) -> Iterator[Measured]:
        """See ``provisioner.domain.ports.Measurements``."""
        with self._inner.measure(activity, **labels) as measured:
            if activity not in _NAMES or labels.get("action") == Action.OBSERVE:
                yield measured  # a look at a store that is well is not worth a trace
                return
            with self._span(activity, measured):
                yield measured

    @contextmanager
    def _span(self, activity: str, measured: Measured) -> Iterator[None]:
        span = self._tracer.start_span(
            activity,
            context=_parent(measured),
            kind=SpanKind.SERVER if activity == HTTP else SpanKind.INTERNAL,
        )
        # A subscription's generator may be closed from another task, where nothing can be made
        # current; and nothing that an operation does has spans of its own.
        current = nullcontext() if activity == OPERATION else trace.use_span(span)
        if activity == HTTP:
            trace_id = trace.format_trace_id(span.get_span_context().trace_id)
            structlog.contextvars.bind_contextvars(trace_id=trace_id)
        try:
            with current:
                yield
        except BaseException as error:
            measured.outcome = outcome_of(error)
            raise
        finally:
            _describe(span, activity, measured)
            span.end()


def _parent(measured: Measured) -> Context | None:
    """Return the caller's trace, or None to go on in the current one."""
    given = measured.labels.pop("traceparent", "")
    return TraceContextTextMapPropagator().extract({"traceparent": given}) if given else None


def _describe(span: Span, activity: str, measured: Measured) -> None:
    labels, outcome = measured.labels, measured.outcome
    words = " ".join(labels.get(name, "") for name in _NAMES[activity])
    span.update_name(words if activity in (HTTP, OPERATION) else f"{activity} {words}")
    for label, value in labels.items():
        span.set_attribute(_ATTRIBUTES.get(label, label), value)
    if activity == HTTP and outcome.isdigit():
        span.set_attribute("http.response.status_code", int(outcome))
    else:
        span.set_attribute("store_platform.outcome", outcome)
    if outcome in _BAD or (outcome.isdigit() and int(outcome) >= _SERVER_ERROR):
        span.set_status(Status(StatusCode.ERROR, outcome))
