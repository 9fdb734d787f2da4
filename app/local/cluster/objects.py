"""What a new cluster is given: simulated nodes, and a default storage class that binds volumes.

A real node makes itself known, and has a provisioner of its own.
"""

from typing import Any

NODES = 5
_CAPACITY = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "4Ti", "pods": "1000"}


def initial_objects(*, has_real_node: bool) -> dict[str, Any]:
    """Return everything as one List."""
    if has_real_node:
        # Waits for the pod: the volume is a folder of the node that the pod is on.
        items = [_storage_class("store-platform.dev/folder", binding="WaitForFirstConsumer")]
    else:
        # kube-controller-manager's own provisioner for tests.
        items = [_node(f"node-{index}") for index in range(NODES)]
        items.append(_storage_class("kubernetes.io/host-path", binding="Immediate"))
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _node(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"},
        },
        "status": {"allocatable": _CAPACITY, "capacity": _CAPACITY},
    }


def _storage_class(provisioner: str, *, binding: str) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": provisioner,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": binding,
    }
