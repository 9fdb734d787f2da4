"""What was changed from outside is found by real dry runs, and put back by real helm."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster
from provisioner.domain.errors import HelmError
from tests.integration.shop import Shop, installed_shop

HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "busy"},
    "spec": {"minReplicas": 2, "maxReplicas": 3},
}


@pytest.fixture
async def shop(local_cluster: LocalCluster, namespace: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with installed_shop(local_cluster, namespace, tmp_path) as made:
        yield made


async def test_what_is_as_it_was_installed(shop: Shop) -> None:
    shop.kubectl("rollout", "status", f"statefulset/{shop.mysql}", "--timeout=60s")
    release = await shop.release()
    assert (release.revision, release.is_in_force) == (1, True)
    kinds = {line for item in release.objects for line in item.splitlines() if line[:5] == "kind:"}
    assert {"kind: Deployment", "kind: Ingress", "kind: ResourceQuota"} <= kinds
    assert await shop.drift() == set()


async def test_removed_and_changed_then_put_back(shop: Shop) -> None:
    shop.kubectl("delete", "cronjob", f"{shop.namespace}-cron")
    shop.kubectl("delete", "ingress", shop.namespace)
    shop.kubectl("delete", "service", shop.mysql)
    shop.kubectl("set", "image", f"statefulset/{shop.mysql}", "mysql=mysql:9.9")
    shop.kubectl("scale", f"statefulset/{shop.mysql}", "--replicas=2")
    shop.kubectl("set", "env", f"deployment/{shop.wordpress}", "SHOP_URL=http://other.test")
    replicas = "spec.replicas was 2 instead of 1"
    address = "spec.template.spec.containers[wordpress].env[SHOP_URL].value was changed"
    image = 'image was "mysql:9.9" instead of "docker.io/library/mysql:8.4"'
    drift = {
        f"CronJob {shop.namespace}-cron was missing",
        f"Ingress {shop.namespace} was missing",
        f"Service {shop.mysql} was missing",
        f"StatefulSet {shop.mysql}: {replicas}, spec.template.spec.containers[mysql].{image}",
        f"Deployment {shop.wordpress}: {address}",
    }
    assert await shop.drift() == drift

    await shop.restore()

    assert await shop.drift() == set()
    release = await shop.release()
    assert (release.revision, release.is_in_force) == (2, True)
    database = shop.get("statefulset", shop.mysql)["spec"]
    assert database["replicas"] == 1
    assert database["template"]["spec"]["containers"][0]["image"] == "docker.io/library/mysql:8.4"


async def test_what_is_not_drift(shop: Shop) -> None:
    """Fields that the chart does not set, a Job that was cleaned up, the work of controllers."""
    shop.kubectl("annotate", "deployment", shop.wordpress, "somebody.example.com/note=mine")
    shop.kubectl("label", "service", shop.wordpress, "team=blue")
    shop.kubectl("create", "configmap", "another")
    shop.kubectl("delete", "jobs", "--all")
    scale = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment",
                                "name": shop.wordpress}}  # fmt: skip
    scaler = {**HPA, "spec": {**HPA["spec"], **scale}}  # type: ignore[dict-item]
    shop.cluster.kubectl("-n", shop.namespace, "create", "-f", "-", stdin=json.dumps(scaler))
    shop.kubectl("wait", f"deployment/{shop.wordpress}", "--for=jsonpath={.spec.replicas}=2",
                 "--timeout=60s")  # fmt: skip
    assert await shop.drift() == set()


async def test_a_quantity_is_compared_as_the_server_writes_it(shop: Shop) -> None:
    resources = {"requests": {"cpu": "0.1", "memory": "1024Mi"}, "limits": {"cpu": "1000m"}}
    await shop.install(mysql={"resources": resources})
    assert await shop.drift() == set()


async def test_a_restore_that_was_refused_is_seen_and_tried_again(shop: Shop) -> None:
    shop.kubectl("delete", "service", shop.wordpress)
    shop.kubectl("create", "quota", "none", "--hard=count/services=0")
    shop.kubectl("wait", "quota/none", "--for=jsonpath={.status.hard}", "--timeout=30s")
    with pytest.raises(HelmError, match="exceeded quota"):
        await shop.restore()
    broken = await shop.release()
    assert (broken.revision, broken.is_in_force) == (1, False)
    shop.kubectl("delete", "quota", "none")
    await shop.restore()
    mended = await shop.release()
    assert (mended.revision, mended.is_in_force) == (3, True)
    assert await shop.drift() == set()


async def test_a_retry_takes_back_what_was_changed_by_hand(shop: Shop) -> None:
    shop.kubectl("scale", f"deployment/{shop.wordpress}", "--replicas=3")
    await shop.install()
    assert shop.get("deployment", shop.wordpress)["spec"]["replicas"] == 1


async def test_no_release(shop: Shop) -> None:
    await shop.helm.uninstall(release=shop.namespace, namespace=shop.namespace)
    assert await shop.reader.find(shop.namespace, shop.namespace) is None
