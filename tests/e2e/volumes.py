"""Volumes in a cluster of the tests: whether its storage class lets them grow."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.local.cluster import LocalCluster


@contextmanager
def volumes_that_grow(cluster: LocalCluster) -> Iterator[None]:
    """Have volumes that can be made larger for a time."""
    _let_grow(cluster, "true")
    try:
        yield
    finally:
        _let_grow(cluster, "false")


def _let_grow(cluster: LocalCluster, is_allowed: str) -> None:
    patch = f'{{"allowVolumeExpansion": {is_allowed}}}'
    cluster.kubectl("patch", "storageclass", "standard", "-p", patch)
