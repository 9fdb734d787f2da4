"""What a new cluster is given: simulated nodes, and a default storage class that binds volumes."""

from typing import Any

NODES = 5
_CAPACITY = {"cpu": "64", "memory": "256Gi", "pods": "1000"}


def initial_objects() -> dict[str, Any]:
    """Return everything as one List."""
    nodes = [_node(f"node-{index}") for index in range(NODES)]
    return {"apiVersion": "v1", "kind": "List", "items": [*nodes, _storage_class()]}


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


def _storage_class() -> dict[str, Any]:
    """Return the class of kube-controller-manager's own provisioner for tests."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/host-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }
