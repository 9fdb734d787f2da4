"""The service as a process, with a cluster that does not answer: stores are recorded and wait."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import LocalCluster
from tests.cluster.components import Layout, free_ports
from tests.e2e.service import Service

METRICS_TOKEN = "a-token-for-the-metrics"

Records = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def api_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("api")
    nowhere = folder / "cluster"
    nowhere.mkdir()
    cluster = LocalCluster("nowhere", Layout.create(nowhere, free_ports()))
    service = Service(folder, cluster, {"STORE_PLATFORM_METRICS_TOKEN": METRICS_TOKEN})
    service.start(wait_until_ready=False)
    yield service
    service.stop()


@pytest.fixture
def api(api_process: Service) -> Service:
    """A running service without stores."""
    with closing(sqlite3.connect(database(api_process), timeout=10)) as connection:
        for table in ("events", "pods", "steps", "stores"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
        connection.commit()
    return api_process


@pytest.fixture
def records(api: Service) -> Callable[[], Records]:
    """Read everything that is recorded of stores: equal before and after is nothing changed."""

    def read() -> Records:
        with closing(sqlite3.connect(database(api), timeout=10)) as connection:
            return {
                table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608
                for table in ("stores", "steps", "pods", "events")
            }

    return read


def database(service: Service) -> Path:
    return service.folder / "platform.db"
