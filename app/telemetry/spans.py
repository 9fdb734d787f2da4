"""Makes a span for each request, GraphQL operation, work on a store, step and run of helm.

Work on a store is not in the trace of the request that asked for it, because it begins later, and
again after a restart. Both carry the store's id, by which the two traces can be found.
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
# The labels that make up the name of a span. What is not listed here has no span.
_NAMES = {
    HTTP: ("method", "route"),
    OPERATION: ("kind", "field"),
    Activity.WORK: ("action",),
    Activity.STEP: ("step",),
    Activity.HELM: ("verb",),
}
# Outcomes that mark a span as an error. A refusal or an interruption is none.
_BAD = frozenset({"FAILED", "ERROR", "KILLED"})
_SERVER_ERROR = 500


def new_provider() -> TracerProvider:
    """Return a provider that exports spans in batches, from a thread of its own."""
    attributes = {SERVICE_VERSION: __version__}
    # An attribute given here would win over the operator's setting.
    if "OTEL_SERVICE_NAME" not in os.environ:
        attributes[SERVICE_NAME] = "store-platform"
    # ``tracing.flush`` shuts it down, so the library need not when the interpreter ends.
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class SpanMeasurements:
    """Adds a span to each measurement. Implements ``provisioner.domain.ports.Measurements``."""

    def __init__(self, inner: Measurements, provider: TracerProvider) -> None:
        self._inner = inner
        self._provider = provider
        self._tracer = provider.get_tracer("store-platform", __version__)

    def close(self) -> None:
        """Send the spans that are left. This blocks for seconds when nobody answers."""
        self._provider.shutdown()

    @contextmanager
    def measure(self, activity: str, **labels: str) -> Iterator[Measured]:
        """See ``provisioner.domain.ports.Measurements``."""
        with self._inner.measure(activity, **labels) as measured:
            if activity not in _NAMES or labels.get("action") == Action.OBSERVE:
                yield measured  # a routine check of a ready store is not worth a trace
                return
            with self._span(activity, measured):
                yield measured

    def record_stream_delay(self, stream: str, seconds: float) -> None:
        """See ``provisioner.domain.ports.Measurements``."""
        self._inner.record_stream_delay(stream, seconds)  # a delay is no work of ours: no span

    @contextmanager
    def _span(self, activity: str, measured: Measured) -> Iterator[None]:
        span = self._tracer.start_span(
            activity,
            context=_parent(measured),
            kind=SpanKind.SERVER if activity == HTTP else SpanKind.INTERNAL,
        )
        # A subscription's generator may be closed by another task, and a context variable cannot be
        # reset there. An operation's span need not be current: nothing below it makes spans.
        current = nullcontext() if activity == OPERATION else trace.use_span(span)
        # Every line that is logged during the request then has the id of its trace.
        if activity == HTTP:
            trace_id = trace.format_trace_id(span.get_span_context().trace_id)
            structlog.contextvars.bind_contextvars(trace_id=trace_id)
        try:
            with current:
                yield
        except BaseException as error:  # a cancellation is an outcome too
            measured.outcome = outcome_of(error)
            raise
        finally:
            # At the end, because the route and the outcome are not known before.
            _describe(span, activity, measured)
            span.end()


def _parent(measured: Measured) -> Context | None:
    """Return the context of the caller's trace, or None to continue the current trace."""
    # Removed, so that it does not become an attribute of the span.
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
