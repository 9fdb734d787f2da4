"""The real implementation of ``ports.Clock``; tests use a simulated clock instead."""

from datetime import UTC, datetime


class SystemClock:
    """Tells the wall-clock time of this machine, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
