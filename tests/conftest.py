"""Fixtures that several kinds of test share."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from provisioner.clock import SystemClock
from provisioner.database import Database
from provisioner.migrations import migrate
from provisioner.repository import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.cluster import LocalCluster


@pytest.fixture(scope="session")
def local_cluster() -> Iterator[LocalCluster]:
    """A real Kubernetes with simulated nodes, this test run's own."""
    cluster = LocalCluster.up("pytest")
    yield cluster
    if not os.environ.get("STORE_PLATFORM_KEEP_CLUSTER"):
        cluster.down()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database in a file."""
    url = f"sqlite:///{tmp_path}/platform.db"
    migrate(url)
    opened = Database(url)
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
