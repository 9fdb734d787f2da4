"""A fence whose end is enforced by a watchdog process, also when the service is frozen or dead."""

from collections.abc import Iterator
from contextlib import contextmanager

from provisioner.domain.fence import Fence
from provisioner.leadership.watchdog import Watchdog


class WatchedFence(Fence):
    """A fence that has the watchdog kill helm when it ends, in case the service cannot."""

    def __init__(self, ends_at: float, watchdog: Watchdog) -> None:
        super().__init__(ends_at)
        self._watchdog = watchdog

    def extend(self, ends_at: float) -> None:
        """See ``Fence``."""
        super().extend(ends_at)
        self._watchdog.extend(ends_at)

    @contextmanager
    def watching(self, group: int) -> Iterator[None]:
        """See ``Fence``."""
        self._watchdog.began(group)
        try:
            yield
        finally:
            self._watchdog.ended(group)
