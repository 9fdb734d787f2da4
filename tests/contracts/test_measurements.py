"""``ports.Measurements``: told of work while it is done, and never in its way."""

import asyncio

import pytest

from app.telemetry.metrics import PrometheusMeasurements
from provisioner.domain.errors import HelmKilledError, NotFoundError
from provisioner.domain.instrumentation import Activity, Stream, Unmeasured
from provisioner.domain.ports import Measurements
from provisioner.testing import RecordedMeasurements


@pytest.fixture(params=[RecordedMeasurements, PrometheusMeasurements, Unmeasured])
def measurements(request: pytest.FixtureRequest) -> Measurements:
    made: Measurements = request.param()
    return made


LABELS = {"action": "PROVISION", "engine": "tiny", "store_id": "id"}


@pytest.mark.parametrize("activity", Activity)
def test_labels_and_a_good_end_are_given(measurements: Measurements, activity: Activity) -> None:
    with measurements.measure(activity, **LABELS, step="S", verb="install") as measured:
        assert measured.labels == {**LABELS, "step": "S", "verb": "install"}
        assert measured.outcome == "SUCCEEDED"
        measured.outcome = "READY"
        measured.labels["engine"] = "another"


@pytest.mark.parametrize(
    "error",
    [HelmKilledError("killed"), NotFoundError("id"), ValueError("odd"), asyncio.CancelledError()],
)
def test_what_goes_wrong_inside_goes_on(measurements: Measurements, error: BaseException) -> None:
    with (
        pytest.raises(type(error)) as raised,
        measurements.measure(Activity.WORK, **LABELS),
    ):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("stream", Stream)
def test_delays_of_streams_are_taken(measurements: Measurements, stream: Stream) -> None:
    for seconds in (0.0, 0.25, 3600.0):
        measurements.record_stream_delay(stream, seconds)


def test_one_inside_the_other_and_again(measurements: Measurements) -> None:
    for _ in range(3):
        with (
            measurements.measure(Activity.WORK, **LABELS) as outer,
            measurements.measure(Activity.HELM, verb="upgrade", release="r") as inner,
        ):
            inner.outcome = "FAILED"
        assert outer.outcome == "SUCCEEDED"
