"""A real Kubernetes for machines without one: its own programs, built from their Go modules.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real ones, with RBAC on;
the nodes are KWOK's, on which pods are simulated. Everything listens on loopback, on free ports.
"""

from app.local.cluster.local_cluster import LocalCluster

__all__ = ["LocalCluster"]
