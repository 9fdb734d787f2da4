"""The configuration files of a real node's components."""

import json
from typing import Any

import yaml

from app.local.cluster.certificates import Certificates
from app.local.cluster.nodes.addresses import FIRST_POD_ADDRESS, NODE_ADDRESS, POD_RANGE
from app.local.cluster.nodes.images import PAUSE
from app.local.cluster.nodes.layout import NodeLayout

CNI_PROGRAMS = "/usr/lib/cni"  # where Debian's containernetworking-plugins has them
DOMAIN = "cluster.local"


def write(node: NodeLayout, certificates: Certificates, *, token: str) -> None:
    """Write everything below the node's folder."""
    for folder in (node.kubelet, node.volumes, node.networks):
        folder.mkdir(parents=True)
    (node.folder / "containerd.toml").write_text(_containerd(node))
    (node.networks / "10-pods.conflist").write_text(json.dumps(_network(node)))
    (node.folder / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet(node, certificates)))
    (node.folder / "Corefile").write_text(_dns(node))
    token_file = node.folder / "ingress.token"
    token_file.touch(mode=0o600)
    token_file.write_text(token)


def _containerd(node: NodeLayout) -> str:
    return f"""version = 2
root = "{node.folder / "containerd"}"
state = "{node.run / "containerd"}"
# The first makes folders below /opt; the others are for file systems that are not used here.
disabled_plugins = [
  "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
address = "{node.socket}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE}"
# Else every sandbox fails where root has no CAP_SYS_RESOURCE: runc may not lower the score.
restrict_oom_score_adj = true
# Else network namespaces are mounted below /var/run/netns, beside those of others.
netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{CNI_PROGRAMS}"
conf_dir = "{node.networks}"
"""


def _network(node: NodeLayout) -> dict[str, Any]:
    """Return the pods' network: each has a link of its own to the machine, which routes.

    Not a bridge: what passes between two ports of a bridge is not seen by the network policies'
    rules, unless the kernel is told to show it.
    """
    addresses = {
        "type": "host-local",
        "dataDir": str(node.folder / "addresses"),
        "ranges": [
            [{"subnet": POD_RANGE, "rangeStart": FIRST_POD_ADDRESS, "gateway": NODE_ADDRESS}]
        ],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    plugin = {"type": "ptp", "ipMasq": False, "ipam": addresses}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [plugin]}


def _kubelet(node: NodeLayout, certificates: Certificates) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "port": node.ports.kubelet,
        "healthzPort": 0,
        "tlsCertFile": str(certificates.kubelet),
        "tlsPrivateKeyFile": str(certificates.kubelet_key),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(certificates.authority)},
        },
        "authorization": {"mode": "AlwaysAllow"},  # the authority has one client: the API server
        "containerRuntimeEndpoint": f"unix://{node.socket}",
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": DOMAIN,
        "resolvConf": "",  # pods know the cluster's names and no others
        "cgroupDriver": "cgroupfs",  # there may be no systemd
        "cgroupRoot": f"/{node.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": ["pods"],
        # A machine that tests run on may be nearly full; nothing is evicted or removed for that.
        "evictionHard": {
            "memory.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%",
            "imagefs.available": "0%", "imagefs.inodesFree": "0%",
        },
        "imageGCHighThresholdPercent": 100,
        "makeIPTablesUtilChains": False,  # kube-proxy needs none with nftables
        "oomScoreAdj": 0,  # lowering it needs CAP_SYS_RESOURCE
        "podLogsDir": str(node.folder / "logs"),
        "volumePluginDir": str(node.folder / "volume-plugins"),
    }  # fmt: skip


def _dns(node: NodeLayout) -> str:
    return f"""{DOMAIN}:53 in-addr.arpa:53 {{
  bind {NODE_ADDRESS}
  errors
  cache 5
  kubernetes {DOMAIN} in-addr.arpa {{
    kubeconfig {node.cluster / "node-agents.kubeconfig"}
  }}
}}
"""
