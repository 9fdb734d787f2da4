"""Provides small fakes: a clock that tests set, recorders, and a prober that always succeeds."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from provisioner.domain.engines import PageVisit
from provisioner.domain.instrumentation import Measured, ending
from provisioner.domain.stores import Store


class HandClock:
    """A clock whose time changes only when a test sets ``moment``. Implements ``ports.Clock``."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class RecordedAnnouncements:
    """Remembers which stores were announced. Implements ``ports.Announcer``."""

    def __init__(self) -> None:
        self.store_ids: list[str] = []

    def announce(self, store_id: str) -> None:
        self.store_ids.append(store_id)


class RecordedMeasurements:
    """Remembers what was measured, once it has ended. Implements ``ports.Measurements``.

    ``ended`` holds the activity, the labels and the outcome of each, ``stream_delays`` the stream
    and the seconds of each delay.
    """

    def __init__(self) -> None:
        self.ended: list[tuple[str, dict[str, str], str]] = []
        self.stream_delays: list[tuple[str, float]] = []

    def measure(self, activity: str, **labels: str) -> AbstractContextManager[Measured]:
        return ending(
            labels,
            lambda measured: self.ended.append((activity, measured.labels, measured.outcome)),
        )

    def record_stream_delay(self, stream: str, seconds: float) -> None:
        self.stream_delays.append((stream, seconds))


class AlwaysAnswers:
    """Finds every shop open. Implements ``ports.Prober``."""

    async def problem(
        self,
        store: Store,  # noqa: ARG002
        path: str,  # noqa: ARG002
        *,
        behind: str | None = None,  # noqa: ARG002
    ) -> str | None:
        return None

    async def walk_problem(
        self,
        store: Store,  # noqa: ARG002
        walk: Sequence[PageVisit],  # noqa: ARG002
        *,
        behind: str | None = None,  # noqa: ARG002
    ) -> str | None:
        return None
