"""Fixtures that several kinds of test share."""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from provisioner.clock import SystemClock
from provisioner.database import Database
from provisioner.migrations import migrate
from provisioner.repository import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.cluster import LocalCluster
from tests.postgres import PostgresServer

# How fast examples are made says nothing but how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

DATABASES = ("sqlite", "postgresql")
MIGRATED = "migrated"


@pytest.fixture(scope="session", autouse=True)
def nothing_keeps_the_process_from_ending() -> Iterator[None]:
    """Python waits for most threads at its end; and each of a connection left behind is a leak."""
    yield
    left = [
        thread
        for thread in threading.enumerate()
        if not thread.daemon or "_connection_worker_thread" in thread.name
    ]
    for thread in left:
        if thread is not threading.main_thread():
            thread.join(timeout=10)  # one that has done its last work may need a moment
    left = [thread for thread in left if thread.is_alive()]
    assert left == [threading.main_thread()]


@pytest.fixture(scope="session")
def local_cluster() -> Iterator[LocalCluster]:
    """A real Kubernetes with simulated nodes, this test run's own."""
    cluster = LocalCluster.up("pytest")
    yield cluster
    if not os.environ.get("STORE_PLATFORM_KEEP_CLUSTER"):
        cluster.down()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, this test run's own."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> PostgresServer:
    """The server, with a database that others are copied from."""
    postgres.execute(f"CREATE DATABASE {MIGRATED} TEMPLATE template0")
    asyncio.run(migrate(postgres.url(MIGRATED)))
    return postgres


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that others are copied from."""
    file = tmp_path_factory.mktemp("migrated") / "platform.db"
    asyncio.run(migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture(params=DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/platform.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as name:
        yield server.url(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database without rows."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            file = tmp_path / "platform.db"
            shutil.copy(request.getfixturevalue("migrated_file"), file)
            yield f"sqlite:///{file}"
            return
        server: PostgresServer = request.getfixturevalue("migrated_postgres")
        yield server.url(stack.enter_context(server.database(MIGRATED)))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, connected."""
    opened = Database(database_url)
    await opened.connect()
    yield opened
    await opened.close()


@pytest.fixture
def announcements() -> RecordedAnnouncements:
    """The ids of the stores that were announced."""
    return RecordedAnnouncements()


@pytest.fixture
def repository(database: Database, announcements: RecordedAnnouncements) -> StoreRepository:
    return StoreRepository(database, SystemClock(), announcements)
