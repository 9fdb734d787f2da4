"""A cluster with a real node, and the service with an engine that runs on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import LocalCluster
from tests.cluster.nodes.addresses import INGRESS
from tests.cluster.nodes.images import import_archive
from tests.e2e.service import Service
from tests.real.footprint import OUTSIDE, Footprint
from tests.real.wordpress import ensure_image, write_engine


@pytest.fixture(scope="session")
def real_cluster() -> Iterator[LocalCluster]:
    """A real Kubernetes with a real node; afterwards the machine is as it was."""
    before = Footprint.now(*OUTSIDE)
    cluster = LocalCluster.up("pytest-real", has_real_node=True)
    assert cluster.layout.node is not None
    import_archive(cluster.layout.node, ensure_image())
    yield cluster
    if not os.environ.get("STORE_PLATFORM_KEEP_CLUSTER"):
        cluster.down()
        assert Footprint.now(*OUTSIDE).more_than(before) == {}


@pytest.fixture
def service(real_cluster: LocalCluster, tmp_path: Path) -> Iterator[Service]:
    """A running service that asks the shops through the ingress before they are ready."""
    write_engine(tmp_path / "charts")
    settings = {
        "STORE_PLATFORM_CHARTS": str(tmp_path / "charts"),
        "STORE_PLATFORM_INGRESS": INGRESS,
        "STORE_PLATFORM_REACHABILITY_CHECK": "true",
    }
    made = Service(tmp_path, real_cluster, settings)
    made.start()
    yield made
    made.stop()
