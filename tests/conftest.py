"""Fixtures that several kinds of test share."""

import asyncio
import os
import shutil
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from app.local.cluster import LocalCluster
from provisioner.domain.clock import SystemClock
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.postgres import PostgresServer

# How fast examples are made says nothing but how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

DATABASES = ("sqlite", "postgresql")
MIGRATED = "migrated"


_LONGEST_FIRST = (
    "soak/", "chaos/", "faults/", "e2e/test_platform_upgrade", "e2e/test_endurance",
    "e2e/test_dashboard", "e2e/test_remedies", "kills/", "e2e/", "images/", "integration/",
)  # fmt: skip
"""How paths begin of tests that start before all others, so that none is waited for at the end."""

_APART = ("api/", "architecture/", "charts/", "contracts/", "policy/", "unit/")
"""Folders whose tests need nothing of the machine but CPU, unless a fixture brings in more."""

_MARKED = {"cluster": "local_cluster", "database": "postgres", "browser": "browser"}
"""Markers, and the fixture that gives them to every test which needs it."""


def own_name(name: str) -> str:
    """Return a name for what no other process has that runs tests beside this one."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return f"{name}-{worker}" if worker else name


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run side by side: two for each core, for most of them mostly wait."""
    return min(8, 2 * (os.cpu_count() or 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need, and put those first that take long."""
    for item in items:
        for marker, fixture in _MARKED.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        if "postgresql" in getattr(getattr(item, "callspec", None), "params", {}).values():
            item.add_marker("database")
        is_shared = any(item.get_closest_marker(name) for name in ("cluster", "browser"))
        if _path(item).startswith(_APART) and not is_shared:
            item.add_marker("apart")
    items.sort(key=_place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell where the minutes went: the time of the tests in each folder, side by side or not."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds["/".join(Path(report.nodeid).parts[:2])] += report.duration
    if len(seconds) > 1:
        terminalreporter.section("minutes by folder")
        for folder, spent in sorted(seconds.items(), key=lambda item: -item[1]):
            terminalreporter.write_line(f"{spent / 60:6.1f} {folder}")


def _path(item: pytest.Item) -> str:
    return item.path.relative_to(item.config.rootpath / "tests").as_posix()


def _place(item: pytest.Item) -> int:
    places = (n for n, begin in enumerate(_LONGEST_FIRST) if _path(item).startswith(begin))
    return next(places, len(_LONGEST_FIRST))


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
    """A real Kubernetes with simulated nodes, this worker's own."""
    cluster = LocalCluster.up(own_name("pytest"))
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
