"""The API server's time, as its answers tell it.

What the cluster's records say of when something was is by the cluster's clock. Beside ours, which
may be off by minutes, such a time means nothing: a grace would be over before it began, or never.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from provisioner.domain.clock import SystemClock
from provisioner.domain.ports import Clock

_WITHIN = timedelta(seconds=1.5)
"""A Date is cut off to seconds, and some time old; what it says beyond that is news."""


class ClusterClock:
    """Goes on from the last answer's Date by our own monotonic clock. Implements ``ports.Clock``.

    Until the first answer it is our own time.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, ours: Clock | None = None
    ) -> None:
        self._monotonic = monotonic
        self._ours = ours or SystemClock()
        self._offset: timedelta | None = None

    def learn(self, date: str | None) -> None:
        """Take note of an answer's Date; one that is missing or no date tells nothing."""
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        if told.tzinfo is None:
            return
        if self._offset is None or not timedelta() <= self.now() - told <= _WITHIN:
            self._offset = told.astimezone(UTC) - self._since_epoch()

    def now(self) -> datetime:
        """See ``ports.Clock``."""
        if self._offset is None:
            return self._ours.now()
        return self._since_epoch() + self._offset

    def _since_epoch(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=self._monotonic())
