"""The pulling of a version's images in the shop's own namespace: its quota, its standard, its node.

The chart is WooCommerce's, rendered by real helm; the API server, its admission and the controllers
are real, and the nodes simulated.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from app.local.cluster import LocalCluster, stages
from provisioner.domain.clock import SystemClock
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import EngineVersion, load_engine
from provisioner.domain.errors import StoreFailedError
from provisioner.domain.ports import StoreRecords
from provisioner.domain.registries import RegistryCredentials
from provisioner.domain.stores import StepName, Store
from provisioner.reconcile.chart_inputs import store_values
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.reconcile.namespaces import namespace_labels
from provisioner.reconcile.pulling import pull
from provisioner.reconcile.steps import StepRunner
from provisioner.testing import AlwaysAnswers
from tests.charts.rendering import WOOCOMMERCE
from tests.contracts.conftest import World, real_world
from tests.stores import a_store

ENGINE = load_engine(WOOCOMMERCE)
SETTINGS = WorkSettings(registries=RegistryCredentials('{"auths": {"registry.invalid": {}}}'))


@dataclass
class Told:
    """Records that keep only what a step has told."""

    messages: list[str] = field(default_factory=list)

    async def update_step(self, *_: object, message: str, **__: object) -> None:
        self.messages.append(message)


@dataclass
class Shop:
    """A shop that serves, in its namespace."""

    world: World
    store: Store
    cluster: LocalCluster
    told: Told = field(default_factory=Told)

    @property
    def context(self) -> ReconcileContext:
        world = self.world
        return ReconcileContext(
            records=cast("StoreRecords", self.told), cluster=world.cluster, jobs=world.jobs,
            helm=world.helm, releases=world.releases, observer=world.observer,
            prober=AlwaysAnswers(), engines={ENGINE.name: ENGINE}, clock=SystemClock(),
            settings=SETTINGS,
        )  # fmt: skip

    async def install(self) -> None:
        await self.world.helm.install(
            release=self.store.release,
            namespace=self.store.namespace,
            chart=WOOCOMMERCE,
            values=store_values(self.context, self.store, ENGINE),
        )
        await self.world.until(
            lambda now: any(pod.is_ready and pod.component == "wordpress" for pod in now.pods)
        )

    async def pull(self, **values: object) -> str:
        version = EngineVersion("8.0", is_default=False, values=values)
        steps = StepRunner(self.context, self.store)
        return await pull(
            self.context, self.store, ENGINE, version, steps, StepName.HELM_INSTALL
        )  # fmt: skip

    def left(self) -> Mapping[str, Any]:
        """Return what is in the namespace of the shop's pods and Jobs, by its component."""
        selected = ("-l", "app.kubernetes.io/component=pull")
        found = self.cluster.kubectl_json(
            "-n", self.store.namespace, "get", "jobs,pods", *selected
        )["items"]
        return {item["metadata"]["name"]: item for item in found}


@pytest.fixture
async def shop(local_cluster: LocalCluster, tmp_path: Path) -> AsyncIterator[Shop]:
    async with real_world(local_cluster, tmp_path) as world:
        store = replace(a_store(), engine=ENGINE.name, host="shop.localhost")
        here = replace(world, namespace=store.namespace)
        await here.cluster.ensure_namespace(store.namespace, namespace_labels(store))
        made = Shop(here, store, local_cluster)
        try:
            await made.install()
            yield made
        finally:
            with suppress(Exception):
                await here.cluster.delete_namespace(store.namespace)


async def test_images_that_are_there_are_pulled_and_nothing_is_left(shop: Shop) -> None:
    said = await shop.pull(wordpress={"image": {"tag": "8.0-next"}})
    assert said == "2 images of version 8.0 are on the node."
    # Jobs and pods come by watches of their own, and either may be seen first, or both at once
    assert shop.told.messages[0].startswith("0 of 2 images are on the node; pull: ")
    await shop.world.until(lambda now: not any(pod.component == "pull" for pod in now.pods))
    assert shop.left() == {}


async def test_an_image_that_is_missing_is_named_and_the_shop_serves_on(shop: Shop) -> None:
    before = {pod.uid for pod in shop.world.observer.observe(shop.store.namespace).pods}
    missing = f"{stages.MISSING_IMAGES}wordpress"
    with pytest.raises(StoreFailedError) as failed:
        await shop.pull(wordpress={"image": {"repository": missing, "tag": "8.0"}})
    assert failed.value.reason.code is ReasonCode.IMAGE_NOT_FOUND
    assert f"the image {missing}:8.0 was not found" in failed.value.reason.message
    seen = await shop.world.until(lambda now: not any(pod.component == "pull" for pod in now.pods))
    assert shop.left() == {}
    assert before <= {pod.uid for pod in seen.pods}
    assert all(pod.is_ready for pod in seen.pods if pod.component in {"wordpress", "mysql"})
