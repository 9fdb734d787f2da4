"""A newer WordPress by ``helm upgrade``, back by ``helm rollback``: the shop keeps what it has."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster import LocalCluster
from tests.charts.rendering import STORE_LABEL, WOOCOMMERCE
from tests.integration.shop import Shop, installed_shop

NEWER_IMAGE = {"image": {"tag": "7.2-woocommerce11.0.0"}}
ONLY_IN_THE_NEWER_CHART = """apiVersion: v1
kind: ConfigMap
metadata: {name: only-in-the-newer-chart}
"""
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
SETUP = "app.kubernetes.io/component=setup"


@pytest.fixture
async def shop(local_cluster: LocalCluster, namespace: str, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop in a namespace such as the platform makes: one that takes no careless pod."""
    local_cluster.kubectl("label", "namespace", namespace, RESTRICTED)
    async with installed_shop(local_cluster, namespace, tmp_path) as made:
        yield made


def newer_chart(folder: Path) -> Path:
    chart = folder / "newer"
    shutil.copytree(WOOCOMMERCE, chart)
    described = (chart / "Chart.yaml").read_text()
    (chart / "Chart.yaml").write_text(described.replace("\nversion: ", "\nversion: 9"))
    (chart / "templates" / "newer.yaml").write_text(ONLY_IN_THE_NEWER_CHART)
    return chart


def await_set_up(shop: Shop) -> str:
    """Wait until the web server and the only setup job are done; return the job's uid."""
    shop.kubectl("rollout", "status", f"statefulset/{shop.mysql}", "--timeout=120s")
    shop.kubectl("rollout", "status", f"deployment/{shop.wordpress}", "--timeout=120s")
    shop.kubectl("wait", "job", "-l", SETUP, "--for=condition=Complete", "--timeout=120s")
    (job,) = shop.items("jobs", SETUP)
    uid: str = job["metadata"]["uid"]
    return uid


def images(shop: Shop) -> set[str]:
    """Return the images of the shop's own pods and jobs: one, unless something was left behind."""
    deployment = shop.get("deployment", shop.wordpress)["spec"]["template"]["spec"]
    cron = shop.get("cronjob", f"{shop.namespace}-cron")["spec"]["jobTemplate"]["spec"]
    (job,) = shop.items("jobs", SETUP)
    specs = [deployment, cron["template"]["spec"], job["spec"]["template"]["spec"]]
    return {
        container["image"]
        for spec in specs
        for container in [*spec["containers"], *spec.get("initContainers", [])]
    }


def possessions(shop: Shop) -> dict[str, Any]:
    """Return what must outlast every upgrade: passwords, volumes, the database and addresses."""
    kinds = ("secrets", "persistentvolumeclaims", "statefulsets", "services", "ingresses")
    found = {
        f"{kind}/{item['metadata']['name']}": item["metadata"]["uid"]
        for kind in kinds
        for item in shop.items(kind)
        if not item["metadata"]["name"].startswith("sh.helm.release.")
    }
    return {**found, "passwords": shop.get("secret", "store-credentials")["data"]}


async def test_upgrade_and_rollback(shop: Shop, tmp_path: Path) -> None:
    first_setup = await_set_up(shop)
    before, image = possessions(shop), images(shop)
    assert len(image) == 1

    await shop.install(newer_chart(tmp_path), wordpress=NEWER_IMAGE)

    second_setup = await_set_up(shop)
    assert images(shop) == {"store-platform/woocommerce:7.2-woocommerce11.0.0"}
    assert shop.get("configmap", "only-in-the-newer-chart")
    assert possessions(shop) == before

    await shop.helm.restore(release=shop.namespace, namespace=shop.namespace, revision=1)

    third_setup = await_set_up(shop)
    assert images(shop) == image
    names = [item["metadata"]["name"] for item in shop.items("configmaps")]
    assert "only-in-the-newer-chart" not in names
    assert possessions(shop) == before
    # Each version's setup has run: the database is brought to its version, forwards and back
    assert len({first_setup, second_setup, third_setup}) == 3
    assert await shop.drift() == set()


async def test_what_cron_starts_is_admitted_and_not_watched(shop: Shop) -> None:
    """The quota counts it, the restricted standard is enforced, and it is none of the store's."""
    await_set_up(shop)
    shop.kubectl("create", "job", "due", f"--from=cronjob/{shop.namespace}-cron")
    shop.kubectl("wait", "job/due", "--for=condition=Complete", "--timeout=120s")
    pods = shop.items("pods", "job-name=due")
    labels = [item["metadata"]["labels"] for item in [*pods, shop.get("job", "due")]]
    assert len(pods) == 1
    assert not any(STORE_LABEL in label for label in labels)
    assert "due" not in json.dumps(shop.items("pods", STORE_LABEL))
