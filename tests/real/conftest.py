"""A cluster with a real node, and the service with an engine that runs on it."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.local import backups, mail, real_node
from app.local.cluster import LocalCluster
from app.local.cluster.nodes.images import ensure_imported
from tests.e2e.service import Service
from tests.real.backups import KEEPS_THE_NEWEST
from tests.real.engines import testable
from tests.real.footprint import OUTSIDE, Footprint
from tests.real.mails import Mailbox
from tests.real.platform.release import give_image_of_backups
from tests.real.versions.charts import write_charts
from tests.real.versions.images import give_images_of_versions
from tests.real.wordpress import ensure_image, write_engine

StartService = Callable[..., Service]


@pytest.fixture(scope="session")
def real_cluster() -> Iterator[LocalCluster]:
    """A real Kubernetes with a real node; afterwards the machine is as it was."""
    before = Footprint.now(*OUTSIDE)
    cluster = LocalCluster.up("pytest-real", has_real_node=True)
    assert cluster.layout.node is not None
    ensure_imported(cluster.layout.node, ensure_image())
    for engine in testable():
        engine.give_images(cluster.layout.node)
    yield cluster
    if not os.environ.get("STORE_PLATFORM_KEEP_CLUSTER"):
        cluster.down()
        assert Footprint.now(*OUTSIDE).more_than(before) == {}


def through_the_ingress(cluster: LocalCluster) -> dict[str, str]:
    """Return settings of a service that asks each shop through the ingress before it is ready."""
    assert cluster.layout.node is not None
    return real_node.settings(cluster.layout.node)


@pytest.fixture
def start_service(real_cluster: LocalCluster, tmp_path: Path) -> Iterator[StartService]:
    """Start a service that asks the shops through the ingress before they are ready."""
    charts = {"STORE_PLATFORM_CHARTS": str(tmp_path / "charts")}
    settings = charts | through_the_ingress(real_cluster)
    made = Service(tmp_path, real_cluster, settings)

    def start(faulty: Mapping[str, Mapping[str, Any]], **more: str) -> Service:
        write_engine(tmp_path / "charts", faulty)
        settings.update(more)
        made.start()
        return made

    yield start
    made.stop()


@pytest.fixture
def service(start_service: StartService) -> Service:
    """A running service with the engine as it is."""
    return start_service({})


@pytest.fixture
def mailbox(real_cluster: LocalCluster) -> Mailbox:
    """Where the mail of the shops goes."""
    found = Mailbox(real_cluster)
    found.open()
    return found


@pytest.fixture
def shops(real_cluster: LocalCluster, tmp_path: Path) -> Iterator[Service]:
    """A running service with the project's own engines, whose images are on the node.

    Of Medusa it has more versions than the project offers.
    """
    assert real_cluster.layout.node is not None
    values = tmp_path / "values"
    values.mkdir()
    for engine in testable():
        shutil.copy(engine.values, values / f"{engine.name}.yaml")
        if engine.name == "medusa":
            give_images_of_versions(real_cluster)
    write_charts(tmp_path / "charts")
    given = {
        "STORE_PLATFORM_CHARTS": str(tmp_path / "charts"),
        "STORE_PLATFORM_IMAGE_PULL_GRACE_SECONDS": "10",  # all images are on the node, or nowhere
        "STORE_PLATFORM_CHART_VALUES": str(values),
    }
    give_image_of_backups(real_cluster)
    # Only when they are asked for: what the schedule did would come in between
    kept = backups.start(real_cluster) | {"STORE_PLATFORM_BACKUP_INTERVAL_HOURS": "0"}
    kept |= KEEPS_THE_NEWEST
    settings = given | through_the_ingress(real_cluster) | mail.settings() | kept
    made = Service(tmp_path, real_cluster, settings)
    made.start()
    yield made
    made.stop()
