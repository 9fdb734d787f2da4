"""Small fakes: a clock that is set, what only remembers, and a prober that always succeeds."""

from contextlib import AbstractContextManager
from datetime import datetime

from provisioner.domain.instrumentation import Measured, ending
from provisioner.domain.stores import Store


class HandClock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class RecordedAnnouncements:
    """An announcer that only remembers."""

    def __init__(self) -> None:
        self.store_ids: list[str] = []

    def announce(self, store_id: str) -> None:
        self.store_ids.append(store_id)


class RecordedMeasurements:
    """Measurements that only remember: activity, labels and outcome of all that has ended."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, dict[str, str], str]] = []

    def measure(self, activity: str, **labels: str) -> AbstractContextManager[Measured]:
        return ending(
            labels,
            lambda measured: self.ended.append((activity, measured.labels, measured.outcome)),
        )


class AlwaysAnswers:
    """A prober for which every shop is open."""

    async def problem(self, store: Store, path: str) -> str | None:  # noqa: ARG002
        return None
