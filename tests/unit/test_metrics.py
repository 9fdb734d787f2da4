"""Metrics: what is counted, and that no label grows with what callers say."""

import asyncio

import pytest
from prometheus_client import generate_latest

from app.telemetry.metrics import HTTP, PrometheusMeasurements
from provisioner.domain.codes import ReasonCode, RefusalCode
from provisioner.domain.errors import (
    ClusterUnreachableError,
    ConflictError,
    HelmError,
    Refusal,
    RefusedError,
)
from provisioner.domain.instrumentation import Activity, outcome_of
from provisioner.domain.stores import Reason


def samples(measurements: PrometheusMeasurements, name: str) -> dict[tuple[str, ...], float]:
    """Return a metric's samples by their label values, in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in measurements.registry.collect()
        for sample in family.samples
        if sample.name == name
    }


def test_what_goes_well_is_timed_by_its_outcome() -> None:
    measurements = PrometheusMeasurements()

    with measurements.measure(
        Activity.WORK, action="PROVISION", engine="tiny", store_id="a" * 32
    ) as measured:
        measured.outcome = "READY"

    # The id is for traces: it makes no series
    counted = samples(measurements, "store_platform_work_seconds_count")
    assert counted == {("PROVISION", "tiny", "READY"): 1.0}


def test_an_exception_is_the_outcome_and_goes_on() -> None:
    measurements = PrometheusMeasurements()
    refusal = RefusedError(Refusal(RefusalCode.NAME_TAKEN, "Choose another name.", "name"))

    with pytest.raises(RefusedError), measurements.measure(Activity.REQUEST, engine="tiny"):
        raise refusal

    counted = samples(measurements, "store_platform_create_requests_total")
    assert counted == {("tiny", "NAME_TAKEN"): 1.0}


def test_what_is_known_late() -> None:
    measurements = PrometheusMeasurements()
    with measurements.measure(HTTP, method="GET") as measured:
        measured.labels["route"] = "/graphql"
        measured.outcome = "200"
    counted = samples(measurements, "store_platform_http_request_seconds_count")
    assert counted == {("GET", "200", "/graphql"): 1.0}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (asyncio.CancelledError(), "INTERRUPTED"),
        (ClusterUnreachableError("away"), "TRY_AGAIN"),
        (ConflictError("moved"), "TRY_AGAIN"),
        (HelmError(Reason(ReasonCode.HELM_FAILED, "no")), "FAILED"),
        (ValueError("user input"), "ERROR"),
    ],
)
def test_errors_have_few_outcomes(error: BaseException, outcome: str) -> None:
    assert outcome_of(error) == outcome


def test_delays_of_streams_by_stream_from_the_start() -> None:
    measurements = PrometheusMeasurements()
    measurements.record_stream_delay("storesChanged", 0.75)
    name = "store_platform_stream_delay_seconds"
    assert samples(measurements, f"{name}_count") == {
        ("storeStatus",): 0.0,
        ("storesChanged",): 1.0,
    }
    buckets = samples(measurements, f"{name}_bucket")
    assert (buckets["0.5", "storesChanged"], buckets["1.0", "storesChanged"]) == (0.0, 1.0)
    assert samples(measurements, f"{name}_sum")["storesChanged",] == 0.75


def test_rendered() -> None:
    measurements = PrometheusMeasurements()
    with measurements.measure(Activity.HELM, verb="upgrade", release="tiny-1"):
        pass
    text = generate_latest(measurements.registry).decode()
    assert (
        'store_platform_helm_run_seconds_bucket{le="+Inf",outcome="SUCCEEDED",verb="upgrade"} 1.0'
        in text
    )
    assert "tiny-1" not in text
