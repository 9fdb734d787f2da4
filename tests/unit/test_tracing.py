"""Traces cost nothing when they are not wanted, and break nothing when they are."""

import asyncio
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.telemetry.metrics import HTTP, OPERATION
from app.telemetry.spans import SpanMeasurements
from app.telemetry.tracing import is_configured
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import HelmError
from provisioner.domain.instrumentation import Activity
from provisioner.domain.stores import Reason
from provisioner.testing import RecordedMeasurements

pytestmark = pytest.mark.slow

QUIET = """
import sys
from app.main import create_app
from app.settings import Settings
create_app(Settings.read())
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""


def test_nothing_is_imported_when_not_configured() -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"},
            False,
        ),
    ],
)
def test_when_it_is_configured(environment: dict[str, str], expected: bool) -> None:  # noqa: FBT001
    assert is_configured(environment) is expected


class Spans:
    """Measurements with spans, which are kept."""

    def __init__(self) -> None:
        self.counted = RecordedMeasurements()
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.measurements = SpanMeasurements(self.counted, provider)

    @property
    def ended(self) -> list[tuple[str, bool, dict[str, object]]]:
        return [
            (span.name, span.status.is_ok, dict(span.attributes or {}))
            for span in self._exporter.get_finished_spans()
        ]

    @property
    def parents(self) -> dict[str, str | None]:
        spans = self._exporter.get_finished_spans()
        names = {span.context.span_id: span.name for span in spans}
        return {s.name: names.get(s.parent.span_id) if s.parent else None for s in spans}


def test_a_failure_is_marked_and_goes_on() -> None:
    spans = Spans()
    with pytest.raises(HelmError), spans.measurements.measure(
        Activity.STEP, step="HELM_INSTALL", engine="tiny", store_id="1"
    ):  # fmt: skip
        raise HelmError(Reason(ReasonCode.HELM_FAILED, "with words that are the log's"))

    ((name, is_ok, attributes),) = spans.ended
    assert (name, is_ok) == ("step HELM_INSTALL", False)
    assert attributes["store_platform.outcome"] == "FAILED"
    assert "words" not in str(spans.ended)
    assert [outcome for _, _, outcome in spans.counted.ended] == ["FAILED"]


def test_looks_at_stores_that_are_well_make_no_span() -> None:
    spans = Spans()
    with spans.measurements.measure(Activity.WORK, action="OBSERVE", engine="t", store_id="1"):
        pass
    assert spans.ended == []
    assert len(spans.counted.ended) == 1


def test_delays_of_streams_are_counted_and_make_no_span() -> None:
    spans = Spans()
    spans.measurements.record_stream_delay("storeStatus", 0.5)
    assert (spans.ended, spans.counted.stream_delays) == ([], [("storeStatus", 0.5)])


@pytest.mark.parametrize("given", ["nonsense", "00-zz-zz-01", "00-" + "0" * 32 + "-" + "0" * 16])
def test_a_traceparent_that_is_none_begins_a_trace(given: str) -> None:
    spans = Spans()
    with spans.measurements.measure(HTTP, method="GET", traceparent=given) as measured:
        measured.labels["route"], measured.outcome = "/livez", "200"
    ((name, is_ok, attributes),) = spans.ended
    assert (name, is_ok) == ("GET /livez", True)
    assert attributes == {
        "http.request.method": "GET", "http.route": "/livez", "http.response.status_code": 200,
    }  # fmt: skip


async def test_an_operation_may_end_in_another_task() -> None:
    # As a subscription does whose generator is closed by the socket's own task
    spans = Spans()
    measuring = spans.measurements.measure(OPERATION)

    async def begin() -> None:
        measuring.__enter__().labels.update(kind="subscription", field="storeStatus")

    async def end() -> None:
        measuring.__exit__(None, None, None)

    await asyncio.create_task(begin())
    await asyncio.create_task(end())

    assert [name for name, _, _ in spans.ended] == ["subscription storeStatus"]


def test_spans_are_nested_as_the_work_is() -> None:
    spans = Spans()
    measure = spans.measurements.measure
    with (
        measure(Activity.WORK, action="DELETE", engine="t", store_id="1"),
        measure(Activity.STEP, step="HELM_UNINSTALL", engine="t", store_id="1"),
        measure(Activity.HELM, verb="uninstall", release="t-1"),
    ):
        pass
    assert spans.parents == {
        "helm uninstall": "step HELM_UNINSTALL",
        "step HELM_UNINSTALL": "work DELETE",
        "work DELETE": None,
    }
