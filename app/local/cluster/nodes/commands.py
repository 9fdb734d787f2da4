"""The command lines of a real node's components."""

from collections.abc import Sequence
from pathlib import Path

from app.local.cluster import tools
from app.local.cluster.nodes.addresses import NODE_ADDRESS, NODE_NAME, POD_RANGE
from app.local.cluster.nodes.layout import NodeLayout


def commands(node: NodeLayout, server: str) -> dict[str, list[str]]:
    """Return each component's command line, in the order in which they are started."""
    agent = node.cluster / "node-agents.kubeconfig"
    program = str(tools.ensure(tools.NODE))
    return {
        "containerd": ["/usr/bin/containerd", f"--config={node.folder / 'containerd.toml'}"],
        "kubelet": [program, *_kubelet(node)],
        "kube-proxy": [program, *_proxy(node)],
        "network-policies": [
            program, "network-policies", f"--kubeconfig={agent}", f"--node={NODE_NAME}",
        ],
        "volumes": [program, "volumes", f"--kubeconfig={agent}", f"--folder={node.volumes}"],
        "coredns": [str(tools.ensure(tools.COREDNS)), f"-conf={node.folder / 'Corefile'}"],
        "ingress": _ingress(node, server),
    }  # fmt: skip


def _kubelet(node: NodeLayout) -> list[str]:
    return [
        "kubelet",
        f"--config={node.folder / 'kubelet.yaml'}",
        f"--kubeconfig={_kubeconfig(node, f'system:node:{NODE_NAME}')}",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={NODE_ADDRESS}",
        f"--root-dir={node.kubelet}",
        f"--cert-dir={node.kubelet / 'pki'}",
    ]


def _proxy(node: NodeLayout) -> list[str]:
    return [
        "kube-proxy",
        f"--kubeconfig={_kubeconfig(node, 'system:kube-proxy')}",
        f"--hostname-override={NODE_NAME}",
        "--proxy-mode=nftables",
        f"--cluster-cidr={POD_RANGE}",
        "--conntrack-max-per-core=0",  # leaves the machine's own limits as they are
        "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
        "--oom-score-adj=0",  # lowering it needs CAP_SYS_RESOURCE
        f"--healthz-bind-address=127.0.0.1:{node.ports.proxy_health}",
        f"--metrics-bind-address=127.0.0.1:{node.ports.proxy_metrics}",
    ]


def _ingress(node: NodeLayout, server: str) -> list[str]:
    where = [
        f"-address=127.0.0.1:{node.ports.ingress}",
        f"-support-listener=127.0.0.1:{node.ports.ingress_support}",
    ]
    if node.ports.closed_shops:
        # A route without a path is taken after all that have one, as every Ingress' has. It is no
        # Ingress itself, since an EndpointSlice cannot lead to loopback, and what listens there is
        # the platform, which is a process of this machine as the controller is.
        platform = f"http://127.0.0.1:{node.ports.closed_shops}"
        where.append(f'-inline-routes=closedShops: * -> "{platform}"')
    return ingress(node, server, where)


def ingress(node: NodeLayout, server: str, where: Sequence[str]) -> list[str]:
    """Return the command line of an ingress controller; ``where`` says at what it listens."""
    return [
        str(tools.ensure(tools.SKIPPER)),
        *where,
        "-kubernetes",
        f"-kubernetes-url={server}",
        f"-kubernetes-token-file={node.folder / 'ingress.token'}",
        "-kubernetes-https-redirect=false",
        "-enable-kubernetes-endpointslices",
        "-source-poll-timeout=500",  # milliseconds between two looks at the Ingresses
        "-proxy-preserve-host",
        "-experimental-upgrade",  # without it, no websocket passes
        "-wait-for-healthcheck-interval=0s",  # ends at once when it is told to
        "-application-log-level=WARN",
        "-access-log-disabled",
    ]


def _kubeconfig(node: NodeLayout, user: str) -> Path:
    return node.cluster / f"{user.replace(':', '-')}.kubeconfig"
