"""The command lines of the cluster's components.

Everything listens on loopback only, or on the address of a real node, and that is not enough: any
page in the user's browser may send requests there. So nothing answers whoever has not signed in.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from app.local.cluster import stages, tools
from app.local.cluster.certificates import Certificates, issue
from app.local.cluster.nodes import commands as node_commands
from app.local.cluster.nodes import configuration as node_configuration
from app.local.cluster.nodes.addresses import NODE_ADDRESS, NODE_NAME
from app.local.cluster.nodes.layout import NodeLayout
from app.local.cluster.ports import free_ports

ADMIN = "admin"
NODE_AGENTS = "node-agents"
_USERS = {
    ADMIN: "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:kwok": "system:masters",
    # Of a real node:
    f"system:node:{NODE_NAME}": "system:nodes",
    "system:kube-proxy": "",
    NODE_AGENTS: "system:masters",
}
_SERVICE_RANGE = "10.0.0.0/16"
_LOOPBACK = "127.0.0.1"
_UNUSED_ADDRESS = "192.0.2.1"  # RFC 5737: advertised, and never used


class Ports(msgspec.Struct, frozen=True):
    """Free ports of one cluster, kept so that a restarted component comes back at its own."""

    apiserver: int
    etcd: int
    etcd_peers: int
    manager: int
    scheduler: int


def choose_ports() -> Ports:
    """Return ports that are free now."""
    return Ports(*free_ports(len(Ports.__struct_fields__)))


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one cluster."""

    folder: Path
    ports: Ports
    certificates: Certificates
    node: NodeLayout | None = None
    """The real node; without one the nodes are simulated."""

    @classmethod
    def create(cls, folder: Path, ports: Ports, *, has_real_node: bool = False) -> "Layout":
        """Write certificates, tokens, kubeconfigs, and the configuration of the nodes."""
        node = NodeLayout.create(folder) if has_real_node else None
        layout = cls(folder, ports, issue(folder / "pki"), node)
        tokens = {user: secrets.token_urlsafe(32) for user in _USERS}
        rows = [
            f'{tokens[user]},{user},{index},"{group}"\n'
            for index, (user, group) in enumerate(_USERS.items(), 1)
        ]
        _write_private(layout.tokens, "".join(rows))
        for user, token in tokens.items():
            _write_private(layout.kubeconfig(user), layout._kubeconfig(user, token))
        layout.stages.write_text(stages.stages())
        if node is not None:
            node_configuration.write(node, layout.certificates, token=tokens[NODE_AGENTS])
        return layout

    @property
    def server_address(self) -> str:
        """Where the API server listens: pods of a real node reach the node, and no loopback."""
        return _LOOPBACK if self.node is None else NODE_ADDRESS

    @property
    def server(self) -> str:
        return f"https://{self.server_address}:{self.ports.apiserver}"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens.csv"

    @property
    def stages(self) -> Path:
        return self.folder / "stages.yaml"

    def kubeconfig(self, user: str = ADMIN) -> Path:
        return self.folder / f"{user.replace(':', '-')}.kubeconfig"

    def _kubeconfig(self, user: str, token: str) -> str:
        name = "local-cluster"
        authority = {"certificate-authority": str(self.certificates.authority)}
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": name,
                "clusters": [{"name": name, "cluster": {"server": self.server, **authority}}],
                "users": [{"name": user, "user": {"token": token}}],
                "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
            }
        )


def _write_private(path: Path, content: str) -> None:
    path.touch(mode=0o600)
    path.write_text(content)


def commands(layout: Layout) -> dict[str, list[str]]:
    """Return each component's command line, in the order in which they are started."""
    return {
        "etcd": _etcd(layout),
        "kube-apiserver": _apiserver(layout),
        "kube-controller-manager": _manager(layout),
        "kube-scheduler": _scheduler(layout),
        **_nodes(layout),
    }


def _nodes(layout: Layout) -> dict[str, list[str]]:
    if layout.node is None:
        return {"kwok": _kwok(layout)}
    return node_commands.commands(layout.node, layout.server)


def environment(layout: Layout, component: str) -> dict[str, str]:
    """Return what a component's environment has besides ours."""
    if component == "ingress":  # it has no option for the authority of the API server
        return {"SSL_CERT_FILE": str(layout.certificates.authority)}
    return {}


def _etcd(layout: Layout) -> list[str]:
    certificates = layout.certificates
    client = f"https://127.0.0.1:{layout.ports.etcd}"
    peer = f"https://127.0.0.1:{layout.ports.etcd_peers}"
    return [
        str(tools.ensure(tools.ETCD)),
        "--name=local",
        f"--data-dir={layout.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=local={peer}",
        "--client-cert-auth",
        f"--trusted-ca-file={certificates.authority}",
        f"--cert-file={certificates.etcd}",
        f"--key-file={certificates.etcd_key}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={certificates.authority}",
        f"--peer-cert-file={certificates.etcd}",
        f"--peer-key-file={certificates.etcd_key}",
        "--enable-grpc-gateway=false",  # JSON over HTTP: for pages, not for the API server
        "--cors=https://nobody.invalid:443",  # left out or empty, every origin is let in
        "--host-whitelist=127.0.0.1",
        "--unsafe-no-fsync",  # its data need not survive a power cut
        "--log-level=warn",
    ]


def _apiserver(layout: Layout) -> list[str]:
    certificates = layout.certificates
    return [
        str(tools.ensure(tools.KUBERNETES)),
        "kube-apiserver",
        f"--etcd-servers=https://127.0.0.1:{layout.ports.etcd}",
        f"--etcd-cafile={certificates.authority}",
        f"--etcd-certfile={certificates.etcd_client}",
        f"--etcd-keyfile={certificates.etcd_client_key}",
        f"--bind-address={layout.server_address}",
        f"--secure-port={layout.ports.apiserver}",
        *_advertised(layout),
        f"--tls-cert-file={certificates.server}",
        f"--tls-private-key-file={certificates.server_key}",
        f"--token-auth-file={layout.tokens}",
        "--authorization-mode=Node,RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={certificates.service_accounts}",
        f"--service-account-signing-key-file={certificates.service_accounts}",
        f"--service-cluster-ip-range={_SERVICE_RANGE}",
        f"--kubelet-certificate-authority={certificates.authority}",
        f"--kubelet-client-certificate={certificates.kubelet_client}",
        f"--kubelet-client-key={certificates.kubelet_client_key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--max-requests-inflight=2000",
        "--max-mutating-requests-inflight=1000",
        "--profiling=false",
    ]


def _advertised(layout: Layout) -> list[str]:
    """Tell where pods find the API server: the endpoint of the Service ``kubernetes``."""
    if layout.node is None:
        return [f"--advertise-address={_UNUSED_ADDRESS}", "--endpoint-reconciler-type=none"]
    return [f"--advertise-address={NODE_ADDRESS}"]


def _manager(layout: Layout) -> list[str]:
    # After an outage of the API server KWOK renews the nodes' leases up to 30 seconds later. A node
    # that is taken for lost has its pods marked as not ready, and no kubelet takes that back.
    patience = [] if layout.node else ["--node-monitor-grace-period=10m"]
    user = layout.kubeconfig("system:kube-controller-manager")
    return [
        str(tools.ensure(tools.KUBERNETES)),
        "kube-controller-manager",
        f"--kubeconfig={user}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={layout.ports.manager}",
        "--resource-quota-sync-period=30s",  # what failed requests were charged comes back sooner
        "--use-service-account-credentials=true",
        f"--root-ca-file={layout.certificates.authority}",
        f"--service-account-private-key-file={layout.certificates.service_accounts}",
        "--enable-hostpath-provisioner=true",
        "--pvclaimbinder-sync-period=1s",
        "--concurrent-namespace-syncs=20",
        *patience,
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
    ]


def _scheduler(layout: Layout) -> list[str]:
    return [
        str(tools.ensure(tools.KUBERNETES)),
        "kube-scheduler",
        f"--kubeconfig={layout.kubeconfig('system:kube-scheduler')}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={layout.ports.scheduler}",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
    ]


def _kwok(layout: Layout) -> list[str]:
    return [
        str(tools.ensure(tools.KWOK)),
        f"--kubeconfig={layout.kubeconfig('system:kwok')}",
        f"--config={layout.stages}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-lease-duration-seconds=120",
        # Without an address it serves nothing: its kubelet's API would ask nobody who they are.
    ]
