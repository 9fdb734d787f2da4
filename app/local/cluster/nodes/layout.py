"""The files and ports of a real node."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.local.cluster.ports import free_ports

_PORTS = "node.json"


class NodePorts(msgspec.Struct, frozen=True):
    """Free ports, kept so that a restarted component comes back at its own."""

    kubelet: int
    proxy_health: int
    proxy_metrics: int
    ingress_support: int


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """Where a cluster's real node has its files."""

    cluster: Path
    """The cluster's folder."""
    ports: NodePorts

    @classmethod
    def create(cls, cluster: Path) -> "NodeLayout":
        """Choose ports, and keep them: a cluster with this file has a real node."""
        ports = NodePorts(*free_ports(len(NodePorts.__struct_fields__)))
        (cluster / _PORTS).write_bytes(msgspec.json.encode(ports))
        return cls(cluster, ports)

    @classmethod
    def find(cls, cluster: Path) -> "NodeLayout | None":
        """Return the node of a cluster that has one."""
        try:
            ports = msgspec.json.decode((cluster / _PORTS).read_bytes(), type=NodePorts)
        except OSError:
            return None
        return cls(cluster, ports)

    @property
    def folder(self) -> Path:
        return self.cluster / "node"

    @property
    def run(self) -> Path:
        """Sockets and mounts; a short path, since a socket's may not be longer than 107 bytes."""
        return Path("/run/store-platform") / self.cluster.name

    @property
    def socket(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def kubelet(self) -> Path:
        return self.folder / "kubelet"

    @property
    def volumes(self) -> Path:
        return self.folder / "volumes"

    @property
    def networks(self) -> Path:
        return self.folder / "networks"

    @property
    def cgroup(self) -> str:
        """All pods are below it, so that what runs in them can be found and ended."""
        return f"store-platform-{self.cluster.name}"
