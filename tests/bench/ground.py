"""What every benchmark stands on: one cluster, services of their own, and the bare API server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import yaml

from app.local.cluster import LocalCluster
from tests.e2e.service import Service

UNLIMITED = {
    "STORE_PLATFORM_MAX_STORES_PER_USER": "0",
    "STORE_PLATFORM_MAX_STORES": "0",
    "STORE_PLATFORM_MAX_CONNECTIONS_PER_CALLER": "10000",
    "STORE_PLATFORM_MAX_SUBSCRIPTIONS_PER_CALLER": "10000",
    "STORE_PLATFORM_MAX_SUBSCRIPTIONS_PER_CONNECTION": "10000",
}


@dataclass(frozen=True)
class Ground:
    """The run's cluster, a folder that is thrown away, and how many stores P3 makes."""

    cluster: LocalCluster
    folder: Path
    stores: int

    def service(self, name: str, **settings: str) -> Service:
        """Return the service of this name, not started; what it keeps, a later one finds."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return Service(folder, self.cluster, {**UNLIMITED, **settings})

    def afresh(self, number: int) -> "Ground":
        """Return the ground of a round: services that know nothing of those of other rounds."""
        folder = self.folder / f"round-{number}"
        folder.mkdir(exist_ok=True)
        return replace(self, folder=folder)

    @staticmethod
    @contextmanager
    def running(service: Service) -> Iterator[Service]:
        """Run a service."""
        service.start()
        try:
            yield service
        finally:
            service.stop()


def api_client(cluster: LocalCluster) -> httpx.AsyncClient:
    """Return a client of the API server, with an administrator's rights."""
    user = yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]
    return httpx.AsyncClient(
        base_url=cluster.server,
        headers={"Authorization": f"Bearer {user['token']}"},
        verify=str(cluster.layout.certificates.authority),
        timeout=60,
    )
