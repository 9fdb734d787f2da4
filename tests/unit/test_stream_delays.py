"""How late a change is told, by the clocks of those who made it and tell it."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.instrumentation import Stream
from provisioner.streams.delays import timed, untimed
from provisioner.testing import HandClock, RecordedMeasurements

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("behind", "seconds"), [(1.5, 1.5), (0, 0.0), (-3, 0.0)], ids=["late", "at once", "clock ahead"]
)
def test_a_delay_is_never_negative(behind: float, seconds: float) -> None:
    measurements = RecordedMeasurements()
    told = timed(Stream.STORE_STATUS, HandClock(NOON), measurements)
    told(NOON - timedelta(seconds=behind))
    assert measurements.stream_delays == [("storeStatus", seconds)]


def test_nothing_is_measured_where_nobody_asked() -> None:
    untimed(NOON)
