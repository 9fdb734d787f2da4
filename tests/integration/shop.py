"""A release of the shipped WooCommerce chart, made by real helm."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from app.local.cluster import LocalCluster, tools
from provisioner.domain.cluster import Release
from provisioner.helm.client import HelmClient
from provisioner.helm.program import HelmProgram, HelmSettings
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.releases import ReleaseReader
from tests.charts.rendering import WOOCOMMERCE

_CREDENTIALS = ("mysql-root-password", "mysql-password", "admin-password")


@dataclass(frozen=True)
class Shop:
    """A release of the shipped chart, in a namespace of its own."""

    cluster: LocalCluster
    namespace: str
    helm: HelmClient
    reader: ReleaseReader

    @property
    def wordpress(self) -> str:
        return f"{self.namespace}-wordpress"

    @property
    def mysql(self) -> str:
        return f"{self.namespace}-mysql"

    async def install(self, chart: Path = WOOCOMMERCE, **values: object) -> None:
        """Install the release, or upgrade it to this chart and these values."""
        store = {"id": "0" * 32, "name": "shop", "host": "shop.localhost"}
        await self.helm.install(
            release=self.namespace,
            namespace=self.namespace,
            chart=chart,
            values={"store": store, **values},
        )

    async def release(self) -> Release:
        found = await self.reader.find(self.namespace, self.namespace)
        assert found is not None
        return found

    async def drift(self) -> set[str]:
        objects = (await self.release()).objects
        with capture_logs() as logs:
            found = [await self.reader.drift(self.namespace, item) for item in objects]
        assert logs == []  # every object could be compared
        return {words for words in found if words}

    async def restore(self) -> None:
        revision = (await self.release()).revision
        await self.helm.restore(release=self.namespace, namespace=self.namespace, revision=revision)

    def kubectl(self, *arguments: str) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments)

    def get(self, kind: str, name: str) -> Any:
        return self.cluster.kubectl_json("-n", self.namespace, "get", kind, name)

    def items(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        found = self.cluster.kubectl_json("-n", self.namespace, "get", kind, "-l", selector)
        items: list[dict[str, Any]] = found["items"]
        return items


@asynccontextmanager
async def installed_shop(
    cluster: LocalCluster, namespace: str, folder: Path
) -> AsyncIterator[Shop]:
    """Install the chart, with passwords such as the platform would have generated."""
    given = [f"--from-literal={key}=secret" for key in _CREDENTIALS]
    cluster.kubectl("-n", namespace, "create", "secret", "generic", "store-credentials", *given)
    kubeconfig = cluster.kubeconfig
    program = HelmProgram(HelmSettings(str(tools.ensure_helm()), folder / "state", kubeconfig))
    api = await KubeApi.connect(kubeconfig, None)
    releases = ReleaseReader(api)
    made = Shop(cluster, namespace, HelmClient(program, releases.states), releases)
    await made.install()
    yield made
    await api.close()
