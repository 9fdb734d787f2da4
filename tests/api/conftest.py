"""The service as a process, with a cluster that does not answer: stores are recorded and wait."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster import LocalCluster
from app.local.cluster.components import Layout, choose_ports
from tests.conftest import DATABASES
from tests.e2e.service import Service
from tests.postgres import PostgresServer

METRICS_TOKEN = "a-token-for-the-metrics"

Records = dict[str, list[tuple[Any, ...]]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on SQLite, and on PostgreSQL too where it is marked ``both_databases``."""
    if "api_process" in metafunc.fixturenames:
        is_both = metafunc.definition.get_closest_marker("both_databases")
        wanted = DATABASES if is_both else DATABASES[:1]
        metafunc.parametrize("api_process", wanted, indirect=True, scope="session")


@pytest.fixture(scope="session")
def api_process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("api")
    settings = {
        "STORE_PLATFORM_METRICS_TOKEN": METRICS_TOKEN,
        # All tests come from one address: what one fails at must not be told to another.
        "STORE_PLATFORM_FAILED_SIGN_IN_RATE": "10000/minute",
        "STORE_PLATFORM_ANONYMOUS_OPERATION_RATE": "10000/minute",
    }
    with ExitStack() as stack:
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            name = stack.enter_context(server.database())
            settings["STORE_PLATFORM_DATABASE_URL"] = server.url(name)
        service = Service(folder, unreachable_cluster(folder), settings, is_forked=True)
        service.start(wait_until_ready=False)
        yield service
        service.stop()


BACKUPS = {
    "STORE_PLATFORM_BACKUP_REPOSITORY": "rest:http://backups.test:8000",
    "STORE_PLATFORM_BACKUP_KEY": "0123456789abcdef0123456789abcdef",
    "STORE_PLATFORM_BACKUP_ACCOUNTS": "store-platform/accounts",
    "STORE_PLATFORM_BACKUP_REMOVAL": "store-platform/removal",
}
"""Settings of a service that keeps backups."""


@contextmanager
def running_service(folder: Path, **settings: str) -> Iterator[Service]:
    """Run a service of one's own whose cluster does not answer."""
    service = Service(folder, unreachable_cluster(folder), settings, is_forked=True)
    with _running(service):
        yield service


@contextmanager
def service_to_measure(folder: Path, **settings: str) -> Iterator[Service]:
    """Run such a service that shares no memory with others, as a fork does."""
    service = Service(folder, unreachable_cluster(folder), settings)
    with _running(service):
        yield service


@contextmanager
def _running(service: Service) -> Iterator[None]:
    service.start(wait_until_ready=False)
    try:
        yield
    finally:
        service.stop()


def unreachable_cluster(folder: Path) -> LocalCluster:
    """Return a cluster that no process serves."""
    nowhere = folder / "cluster"
    nowhere.mkdir()
    return LocalCluster("nowhere", Layout.create(nowhere, choose_ports()))


@pytest.fixture
def api(api_process: Service) -> Service:
    """A running service without stores."""
    remove_stores(api_process)
    return api_process


def remove_stores(service: Service) -> None:
    """Remove everything that is recorded of stores."""
    tables = (
        "rollout_stores", "rollouts", "backups", "events", "pods", "steps", "operations",
        "former_owners", "stores",
    )  # fmt: skip
    service.sql_each(*(f"DELETE FROM {table} RETURNING 1 AS one" for table in tables))  # noqa: S608 - the names above


@pytest.fixture
def records(api: Service) -> Callable[[], Records]:
    """Read everything that is recorded of stores: equal before and after is nothing changed."""
    return partial(records_of, api)


def records_of(service: Service) -> Records:
    tables = (
        "stores", "operations", "steps", "backups", "pods", "events", "rollouts", "rollout_stores",
        "former_owners",
    )  # fmt: skip
    found = service.sql_each(*(f"SELECT * FROM {table} ORDER BY 1, 2" for table in tables))  # noqa: S608 - the names above
    return dict(zip(tables, found, strict=True))


def database(service: Service) -> Path:
    return service.folder / "platform.db"
