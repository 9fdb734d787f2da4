"""A simulated cluster with stores in it, as a lost database leaves them behind."""

from collections.abc import Mapping
from pathlib import Path

from provisioner.domain.clock import SystemClock
from provisioner.domain.stores import Store
from provisioner.reconcile.namespaces import namespace_annotations, namespace_labels
from provisioner.testing import SimulatedCluster


async def left_behind(
    *stores: Store, annotations: Mapping[str, str] | None = None, is_installed: bool = True
) -> SimulatedCluster:
    """Return a cluster with these stores; ``annotations`` replace their own."""
    cluster = SimulatedCluster(SystemClock().now)
    for store in stores:
        await leave(cluster, store, annotations=annotations, is_installed=is_installed)
    return cluster


async def leave(
    cluster: SimulatedCluster,
    store: Store,
    *,
    annotations: Mapping[str, str] | None = None,
    is_installed: bool = True,
) -> None:
    """Add a store to the cluster."""
    own = namespace_annotations(store) if annotations is None else annotations
    await cluster.ensure_namespace(store.namespace, namespace_labels(store), own)
    if is_installed:
        await cluster.install(
            release=store.release, namespace=store.namespace, chart=Path("/nowhere"), values={}
        )
