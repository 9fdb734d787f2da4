"""Fakes of the ports, for unit tests. Each passes the contract tests of the real adapter."""


class RecordedAnnouncements:
    """An announcer that only remembers."""

    def __init__(self) -> None:
        self.store_ids: list[str] = []

    def announce(self, store_id: str) -> None:
        self.store_ids.append(store_id)
