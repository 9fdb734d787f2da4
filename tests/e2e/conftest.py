"""Services for end-to-end tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import LocalCluster
from tests.e2e.service import Service

NewService = Callable[..., Service]


@pytest.fixture
def new_service(local_cluster: LocalCluster, tmp_path: Path) -> Iterator[NewService]:
    """Make services that are not started yet, by settings; stopped at the end."""
    made: list[Service] = []

    def make(**settings: str) -> Service:
        folder = tmp_path / f"service-{len(made)}"
        folder.mkdir()
        made.append(Service(folder, local_cluster, settings))
        return made[-1]

    yield make
    for service in made:
        service.stop()


@pytest.fixture
def service(new_service: NewService) -> Service:
    """A running service."""
    made = new_service()
    made.start()
    return made
