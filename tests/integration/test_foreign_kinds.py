"""Objects of kinds that come with others' operators, shown to a real API server.

The kinds are as their makers publish them.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster
from app.local.cluster.toolchain import go_program
from tests.charts.rendering import PLATFORM, Helm
from tests.charts.test_every_engine import GATEWAY
from tests.charts.test_platform import FOREIGN, VARIANTS
from tests.integration import test_charts

# Each maker's Go module by version, with its checksum as in a go.sum, and the file in it.
GATEWAY_API = (
    "sigs.k8s.io/gateway-api@v1.6.1",
    "h1:mock6phZbI6rvZerwrVNk7hVNymQgHo+6sJ81Ia7ftY=",
    "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
)
PROMETHEUS_OPERATOR = (
    "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
)
MONITORING = "example/prometheus-operator-crd/monitoring.coreos.com_"
DEFINITIONS = (
    GATEWAY_API,
    (*PROMETHEUS_OPERATOR, f"{MONITORING}servicemonitors.yaml"),
    (*PROMETHEUS_OPERATOR, f"{MONITORING}prometheusrules.yaml"),
)
KINDS = {
    "httproutes.gateway.networking.k8s.io",
    "servicemonitors.monitoring.coreos.com",
    "prometheusrules.monitoring.coreos.com",
}

platform = test_charts.platform
shop = test_charts.shop
server = test_charts.server


def published(module: str, checksum: str, file: str) -> Path:
    """Return a file of a Go module, which is downloaded unless it was before."""
    done = subprocess.run(
        [go_program(), "mod", "download", "-json", module],
        cwd="/", env={**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["Sum"] == checksum
    return Path(found["Dir"]) / file


@pytest.fixture
def definitions(local_cluster: LocalCluster) -> Iterator[None]:
    """Have the cluster know the kinds, for as long as the test runs."""
    files = [f"--filename={published(*item)}" for item in DEFINITIONS]
    local_cluster.kubectl("apply", "--server-side", *files)
    try:
        await_established(local_cluster, *files)
        await_kinds(local_cluster)
        yield
    finally:
        local_cluster.kubectl("delete", *files)


def await_established(cluster: LocalCluster, *files: str) -> None:
    """Wait until the kinds are served that these arguments of kubectl name the files of."""
    # At first a definition has no conditions at all, which kubectl takes for an error.
    for what in ("jsonpath={.status.conditions}", "condition=Established"):
        cluster.kubectl("wait", f"--for={what}", "--timeout=60s", *files)


def await_kinds(cluster: LocalCluster) -> None:
    """Wait until the API server names the kinds among those that it has."""
    deadline = time.monotonic() + 90
    while KINDS - set(cluster.kubectl("api-resources", "-o", "name").split()):
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.usefixtures("definitions")
def test_routes_of_shops(server: test_charts.Server, shop: Helm) -> None:
    route = shop.objects(GATEWAY).one("HTTPRoute")
    assert server.take([route]) == 1


@pytest.mark.usefixtures("definitions")
def test_routes_and_monitors(server: test_charts.Server, platform: Helm) -> None:
    rendered = [*map(platform.objects, VARIANTS.values())]
    rendered.append(platform.objects(files=[PLATFORM / "values-prod.yaml"]))
    objects = [item for each in rendered for item in each if item["kind"] in FOREIGN]
    assert {item["kind"] for item in objects} == FOREIGN
    assert server.take(objects) == len(objects)
