"""The namespaces of stores, as the cluster has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.local.cluster import LocalCluster


def store_namespaces(cluster: LocalCluster) -> dict[str, Any]:
    """Return the namespaces that carry a store's label, by name."""
    found = cluster.kubectl_json("get", "namespaces", "-l", "store-platform.dev/store")
    return {item["metadata"]["name"]: item for item in found["items"]}


@contextmanager
def leaving_no_stores(cluster: LocalCluster) -> Iterator[None]:
    """Remove what comes meanwhile and stays: stores that a test has done with, or lost."""
    before = store_namespaces(cluster)
    yield
    left = sorted(set(store_namespaces(cluster)) - set(before))
    if left:
        cluster.kubectl("delete", "namespace", *left, "--ignore-not-found", "--timeout=120s")
