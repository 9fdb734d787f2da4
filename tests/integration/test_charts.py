"""Everything that the charts render, shown to a real API server: a server-side dry run of it all.

In a namespace that warns of whatever breaks the restricted standard; a warning fails.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster, tools
from tests.charts import test_every_engine, test_platform, test_values
from tests.charts.rendering import ENGINES, PLATFORM, STORE, WOOCOMMERCE, Helm, Object


@pytest.fixture(params=ENGINES, ids=lambda chart: str(chart.name))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Helm:
    return Helm(tools.ensure_helm(), tmp_path, request.param, {"store": STORE})


@pytest.fixture
def platform(tmp_path: Path) -> Helm:
    return Helm(tools.ensure_helm(), tmp_path, PLATFORM)


@pytest.fixture
def server(local_cluster: LocalCluster, namespace: str) -> "Server":
    label = "pod-security.kubernetes.io/warn=restricted"
    local_cluster.kubectl("label", "namespace", namespace, label)
    return Server(local_cluster, namespace)


class Server:
    def __init__(self, cluster: LocalCluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace

    def take(self, objects: Iterable[Object]) -> int:
        """Apply the objects without effect; return how many were taken."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        said = self._cluster.kubectl(
            "-n", self._namespace, "apply", "--server-side", "--dry-run=server",
            "--warnings-as-errors", "-f", "-", stdin=json.dumps(listed),
        )  # fmt: skip
        return said.count("serverside-applied (server dry run)")


def test_every_variant_of_a_shop(server: Server, shop: Helm) -> None:
    variants = [*test_every_engine.VARIANTS.values()]
    if shop.chart == WOOCOMMERCE:
        variants += test_values.VARIANTS.values()
    objects = [item for values in variants for item in shop.objects(values)]
    assert server.take(objects) == len(objects)


def test_every_variant_of_the_platform(server: Server, platform: Helm) -> None:
    objects = [
        item for values in test_platform.VARIANTS.values() for item in platform.objects(values)
    ]
    for file in ("values-local.yaml", "values-prod.yaml"):
        objects += platform.objects(files=[PLATFORM / file])
    known = [item for item in objects if item["kind"] not in test_platform.FOREIGN]
    assert len(known) < len(objects)
    assert server.take(known) == len(known)
