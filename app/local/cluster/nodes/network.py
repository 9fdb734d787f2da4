"""The machine's part of the pods' network: an address, routing, and rules for the policies."""

import json
import subprocess
from pathlib import Path
from typing import Any

from app.local.cluster.nodes.addresses import LINK, NODE_ADDRESS, POD_RANGE
from app.local.cluster.nodes.layout import NodeLayout
from app.local.cluster.nodes.running import run

POLICY_QUEUE = 100
"""Of the packets about which the agent decides; the number is in its program too."""

_CHAIN = "STORE-PLATFORM"
_RULES = (
    # The kubelet's probes and the ingress are root's processes on this machine.
    ("-m", "owner", "--uid-owner", "0", "-j", "RETURN"),
    # What was decided about is not asked about again.
    ("-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "RETURN"),
    ("-s", POD_RANGE, "-j", "NFQUEUE", "--queue-num", str(POLICY_QUEUE)),
    ("-d", POD_RANGE, "-j", "NFQUEUE", "--queue-num", str(POLICY_QUEUE)),
)
"""What the agent would have by nftables. Not every kernel has nftables' way to a queue (nft_queue);
there the agent's own rules are refused as a whole, and these do. While none answers, they drop."""

_TABLES = ("ip kube-proxy", "ip6 kube-proxy", "inet kube-network-policies", "ip mangle")
_SETTINGS = {
    "net/ipv4/ip_forward": "1",  # pods are reached by routes
    # These the kubelet changes; they are written down, to be put back.
    "vm/overcommit_memory": None,
    "vm/panic_on_oom": None,
    "kernel/panic": None,
    "kernel/panic_on_oops": None,
    "kernel/keys/root_maxkeys": None,
    "kernel/keys/root_maxbytes": None,
}


def prepare(node: NodeLayout) -> None:
    """Write down what is there, then make the link and the rules. Raises CommandError."""
    files = {name: Path("/proc/sys") / name for name in _SETTINGS}
    before = {
        "settings": {name: f.read_text().strip() for name, f in files.items() if f.exists()},
        "tables": _tables(),
    }
    _record(node).write_text(json.dumps(before))
    for name, value in _SETTINGS.items():
        if value is not None:
            files[name].write_text(value)
    run("ip", "link", "add", LINK, "type", "bridge")
    run("ip", "address", "add", f"{NODE_ADDRESS}/32", "dev", LINK)
    run("ip", "link", "set", LINK, "up")
    _iptables("-N", _CHAIN)
    for rule in _RULES:
        _iptables("-A", _CHAIN, *rule)
    _iptables("-A", "POSTROUTING", "-j", _CHAIN)


def is_prepared(node: NodeLayout) -> bool:
    """Return whether the link and the rules that may be there are this node's."""
    return _record(node).exists()


def restore(node: NodeLayout) -> None:
    """Put everything back that ``prepare`` or a component has changed."""
    before: dict[str, Any] = json.loads(_record(node).read_text())
    _quietly("ip", "link", "delete", LINK)
    for arguments in (("-D", "POSTROUTING", "-j", _CHAIN), ("-F", _CHAIN), ("-X", _CHAIN)):
        _quietly("iptables", "--wait", "--table", "mangle", *arguments)
    for table in {*_TABLES} - {*before["tables"]}:
        _quietly("nft", "delete", "table", *table.split())
    for name, value in before["settings"].items():
        (Path("/proc/sys") / name).write_text(value)
    _record(node).unlink()


def _record(node: NodeLayout) -> Path:
    return node.cluster / "network-before.json"


def _tables() -> list[str]:
    lines = run("nft", "list", "tables").splitlines()
    return [line.removeprefix("table ") for line in lines]


def _iptables(*arguments: str) -> None:
    run("iptables", "--wait", "--table", "mangle", *arguments)


def _quietly(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False)
