"""The helm adapter, with real helm on a real API server."""

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import ClusterUnreachableError, HelmError
from provisioner.helm import HelmClient, HelmSettings
from tests.cluster import LocalCluster, tools

NAMESPACE, RELEASE = "helm-adapter", "shop"
CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {greeting: {{ .Values.greeting | quote }}}
"""


@pytest.fixture
def cluster(local_cluster: LocalCluster) -> Iterator[LocalCluster]:
    local_cluster.kubectl("create", "namespace", NAMESPACE)
    yield local_cluster
    local_cluster.kubectl("delete", "namespace", NAMESPACE)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 0.1.0\n")
    (folder / "templates" / "shop.yaml").write_text(CONFIG_MAP)
    return folder


@pytest.fixture
def helm(cluster: LocalCluster, tmp_path: Path) -> HelmClient:
    return HelmClient(
        HelmSettings(str(tools.ensure_helm()), tmp_path / "state", cluster.kubeconfig)
    )


async def install(helm: HelmClient, chart: Path, greeting: str = "hello", **more: Any) -> str:
    return await helm.install(
        release=RELEASE, namespace=NAMESPACE, chart=chart, values={"greeting": greeting}, **more
    )


async def history(helm: HelmClient) -> list[tuple[int, str]]:
    found = await helm.history(release=RELEASE, namespace=NAMESPACE)
    return [(item.revision, item.status) for item in found]


def greeting(cluster: LocalCluster) -> str:
    found = cluster.kubectl_json("-n", NAMESPACE, "get", "configmap", "shop")
    value: str = found["data"]["greeting"]
    return value


def leave_as(cluster: LocalCluster, revision: int, state: str) -> None:
    """Give a revision the state in which a killed helm leaves it: in its label and its record."""
    name = f"sh.helm.release.v1.{RELEASE}.v{revision}"
    secret = cluster.kubectl_json("-n", NAMESPACE, "get", "secret", name)
    kept = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    release = json.loads(gzip.decompress(kept))
    release["info"]["status"] = state
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    secret["data"]["release"] = base64.b64encode(packed).decode()
    secret["metadata"]["labels"]["status"] = state
    cluster.kubectl("replace", "-f", "-", stdin=json.dumps(secret))


async def test_install_upgrade_uninstall(
    cluster: LocalCluster, helm: HelmClient, chart: Path
) -> None:
    await install(helm, chart)
    await install(helm, chart, "good day")
    assert greeting(cluster) == "good day"
    assert await history(helm) == [(1, "superseded"), (2, "deployed")]
    for _ in range(2):  # again is no error
        await helm.uninstall(release=RELEASE, namespace=NAMESPACE)
        assert await history(helm) == []


@pytest.mark.parametrize("state", ["pending-install", "uninstalling"])
async def test_a_first_install_that_was_cut_off(
    cluster: LocalCluster, helm: HelmClient, chart: Path, state: str
) -> None:
    await install(helm, chart)
    leave_as(cluster, 1, state)
    assert await history(helm) == [(1, state)]
    await install(helm, chart, "again")
    assert await history(helm) == [(1, "deployed")]
    assert greeting(cluster) == "again"


@pytest.mark.parametrize("state", ["pending-upgrade", "pending-rollback"])
async def test_an_upgrade_that_was_cut_off(
    cluster: LocalCluster, helm: HelmClient, chart: Path, state: str
) -> None:
    await install(helm, chart)
    await install(helm, chart, "cut off")
    leave_as(cluster, 1, "deployed")
    leave_as(cluster, 2, state)
    await install(helm, chart, "again")
    assert (await history(helm))[-1] == (4, "deployed")
    assert greeting(cluster) == "again"


async def test_a_failing_chart_is_told_without_the_secret(helm: HelmClient, chart: Path) -> None:
    (chart / "templates" / "bad.yaml").write_text(
        '{{ fail (print "cannot use " .Values.greeting) }}'
    )
    with pytest.raises(HelmError) as failed:
        await install(helm, chart, "s3cr3t-value", secrets=["s3cr3t-value"])
    assert failed.value.reason.code == "HELM_FAILED"
    assert failed.value.reason.message.startswith(f"helm could not install release {RELEASE}: ")
    assert "cannot use [hidden]" in failed.value.reason.message
    assert "s3cr3t" not in failed.value.reason.message + failed.value.output
    assert await history(helm) == []


async def test_what_the_api_server_refuses(helm: HelmClient, chart: Path) -> None:
    (chart / "templates" / "bad.yaml").write_text(CONFIG_MAP.replace("shop", "Not_A_Name"))
    with pytest.raises(HelmError, match="Not_A_Name"):
        await install(helm, chart)


async def test_no_cluster_is_worth_another_try(
    cluster: LocalCluster, helm: HelmClient, chart: Path
) -> None:
    cluster.stop("kube-apiserver")
    try:
        with pytest.raises(ClusterUnreachableError):
            await install(helm, chart)
    finally:
        cluster.start("kube-apiserver")
    await install(helm, chart)
    assert await history(helm) == [(1, "deployed")]
