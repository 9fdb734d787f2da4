"""Knows the API server's time, from the Date header of its answers.

Timestamps in the cluster's records come from the cluster's clock. They cannot be compared with our
own clock, which may be off by minutes: a grace period would end before it began, or never.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from provisioner.domain.clock import SystemClock
from provisioner.domain.ports import Clock

_WITHIN = timedelta(seconds=1.5)
"""How far a Date may lie behind this clock without correcting it.

A Date is cut to whole seconds, and the answer has been on its way for some time.
"""


class ClusterClock:
    """Counts on from the API server's last Date. Implements ``ports.Clock``.

    It counts with the monotonic clock. Before the first answer it tells our own time.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, ours: Clock | None = None
    ) -> None:
        self._monotonic = monotonic
        self._ours = ours or SystemClock()
        self._offset: timedelta | None = None

    def learn(self, date: str | None) -> None:
        """Correct this clock by an answer's Date header; ignore one that is missing or invalid."""
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        if told.tzinfo is None:  # "-0000" in a Date means that its time zone is not known
            return
        # Without the tolerance, the clock would jump by up to a second with every answer.
        if self._offset is None or not timedelta() <= self.now() - told <= _WITHIN:
            self._offset = told.astimezone(UTC) - self._since_epoch()

    def now(self) -> datetime:
        """See ``ports.Clock``."""
        if self._offset is None:
            return self._ours.now()
        return self._since_epoch() + self._offset

    def _since_epoch(self) -> datetime:
        # Not the real date. Only ``_offset`` turns it into one, and neither of them changes when
        # somebody sets this machine's clock.
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=self._monotonic())
