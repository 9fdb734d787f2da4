"""An ingress controller that pods reach: at the node's address, and not on loopback only."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.local.cluster import LocalCluster
from app.local.cluster.nodes.addresses import NODE_ADDRESS
from app.local.cluster.nodes.commands import ingress
from app.local.cluster.ports import free_port
from app.local.cluster.processes import Daemon
from tests.real.life import await_that

SERVICE = CLASS = "traefik"
NAMESPACE = "ingress"
"""Where charts/store-platform/values-local.yaml looks for it, and its class in values-prod.yaml."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of what the controller shows to every host."""

    chain: Path
    key: Path


@contextmanager
def ingress_for_pods(
    cluster: LocalCluster, certificate: Certificate | None = None
) -> Iterator[None]:
    """Have the controller at ``http://traefik.ingress``; with a certificate by HTTPS too."""
    node = cluster.layout.node
    assert node is not None
    daemon = Daemon("ingress-for-pods", cluster.layout.folder)
    plain, support = f"{NODE_ADDRESS}:80", f"127.0.0.1:{free_port()}"
    # An Ingress without a class is anybody's.
    where = [f"-support-listener={support}", f"-kubernetes-ingress-class={CLASS}"]
    if certificate is None:
        where.append(f"-address={plain}")
    else:
        where += [
            f"-address={NODE_ADDRESS}:443",
            f"-insecure-address={plain}",
            f"-tls-cert={certificate.chain}",
            f"-tls-key={certificate.key}",
        ]
    trusting = {"SSL_CERT_FILE": str(cluster.layout.certificates.authority)}
    daemon.start(ingress(node, cluster.server, where), trusting)
    try:
        cluster.kubectl("apply", "--filename", "-", stdin=json.dumps(_objects()))
        await_that(lambda: _listens(80), daemon.tail)
        yield
    finally:
        cluster.kubectl("delete", "namespace", NAMESPACE, "--timeout=120s")
        cluster.kubectl("delete", "ingressclass", CLASS)
        daemon.stop()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((NODE_ADDRESS, port)) == 0


def _objects() -> dict[str, object]:
    ports = [{"name": "http", "port": 80}, {"name": "https", "port": 443}]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SERVICE, "namespace": NAMESPACE},
        "spec": {"ports": ports},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": SERVICE,
            "namespace": NAMESPACE,
            "labels": {"kubernetes.io/service-name": SERVICE},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [NODE_ADDRESS]}],
        "ports": ports,
    }
    ingress_class = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": CLASS},
        "spec": {"controller": "store-platform.dev/ingress"},
    }
    items = [namespace, service, endpoints, ingress_class]
    return {"apiVersion": "v1", "kind": "List", "items": items}
