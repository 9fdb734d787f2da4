"""Services for end-to-end tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster
from tests.conftest import DATABASES
from tests.e2e.namespaces import leaving_no_stores
from tests.e2e.service import Service
from tests.postgres import PostgresServer

NewService = Callable[..., Service]


@pytest.fixture
def new_service(local_cluster: LocalCluster, tmp_path: Path) -> Iterator[NewService]:
    """Make services that are not started yet, by settings; stopped at the end."""
    made: list[Service] = []

    def make(**settings: str) -> Service:
        folder = tmp_path / f"service-{len(made)}"
        folder.mkdir()
        made.append(Service(folder, local_cluster, settings, is_forked=True))
        return made[-1]

    with leaving_no_stores(local_cluster):
        yield make
        for service in made:
            service.stop()


@pytest.fixture(params=DATABASES)
def service_on_each(request: pytest.FixtureRequest, new_service: NewService) -> Iterator[Service]:
    """A running service, on SQLite and on PostgreSQL in turn."""
    with ExitStack() as stack:
        settings = {}
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.url(stack.enter_context(server.database()))
            settings["STORE_PLATFORM_DATABASE_URL"] = url
        made = new_service(**settings)
        made.start()
        yield made
        made.stop()


@pytest.fixture
def service(new_service: NewService) -> Service:
    """A running service."""
    made = new_service()
    made.start()
    return made
