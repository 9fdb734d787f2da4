"""The files and ports of a real node."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.local.cluster.ports import first_free, free_ports

_PORTS = "node.json"
_INGRESS_PORTS = (80, 8000, 8888)


class NodePorts(msgspec.Struct, frozen=True):
    """Free ports, kept so that a restarted component comes back at its own."""

    ingress: int
    """80 if it is free, so that the shops' addresses need no port."""
    kubelet: int
    proxy_health: int
    proxy_metrics: int
    ingress_support: int
    closed_shops: int = 0
    """Where the platform answers visitors of closed shops; 0 in older clusters."""


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """Where a cluster's real node has its files."""

    cluster: Path
    """The cluster's folder."""
    ports: NodePorts

    @classmethod
    def create(cls, cluster: Path) -> "NodeLayout":
        """Choose ports, and keep them: a cluster with this file has a real node."""
        others = free_ports(len(NodePorts.__struct_fields__) - 1)
        ports = NodePorts(first_free(*_INGRESS_PORTS), *others)
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
    def ingress(self) -> str:
        """The base URL of the ingress controller: on loopback, where browsers look for shops."""
        return f"http://127.0.0.1{self._port}"

    @property
    def shop_url(self) -> str:
        """The address of a shop, ``{name}`` its name; browsers take ``.localhost`` for loopback."""
        return f"http://{{name}}.store.localhost{self._port}"

    @property
    def _port(self) -> str:
        return "" if self.ports.ingress == _INGRESS_PORTS[0] else f":{self.ports.ingress}"

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
