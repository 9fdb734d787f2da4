"""Measures how late changes reach the followers of a stream.

A change has the time that the replica gave it that made it, and not that of the database. Where
another replica tells of it, two clocks are compared. A clock that is ahead makes each delay of the
other replicas that much longer; one that is behind would make it negative, which counts as none.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from provisioner.domain.instrumentation import Stream
from provisioner.domain.ports import Clock, Measurements

OnTold = Callable[[datetime], None]
"""Is called with the time of a change once all followers were told of it.

This is once for each change, and not for each of thousands of followers.
"""


def untimed(changed_at: datetime) -> None:
    """Measure nothing. An ``OnTold``."""


def timed(stream: Stream, clock: Clock, measurements: Measurements) -> OnTold:
    """Return what measures the delays of a stream."""
    return partial(_record, stream, clock, measurements)


def _record(stream: Stream, clock: Clock, measurements: Measurements, changed_at: datetime) -> None:
    seconds = (clock.now() - changed_at).total_seconds()
    measurements.record_stream_delay(stream, max(0.0, seconds))
