"""``ports.Clock``."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.ports import Clock
from provisioner.testing import HandClock


@pytest.fixture(params=[SystemClock(), HandClock(datetime(2026, 1, 1, tzinfo=UTC))])
def clock(request: pytest.FixtureRequest) -> Clock:
    found: Clock = request.param
    return found


def test_aware_in_utc_and_not_backwards(clock: Clock) -> None:
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == second.utcoffset() == timedelta(0)
    assert first <= second


def test_a_clock_that_is_set() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = HandClock(start)
    clock.moment += timedelta(days=1)
    assert clock.now() == start + timedelta(days=1)
