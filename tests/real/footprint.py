"""What a node leaves on the machine it is on: to be compared before and after."""

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

OUTSIDE = (
    Path("/run/store-platform"), Path("/run/containerd"), Path("/run/netns"), Path("/var/lib/cni"),
    Path("/var/lib/kubelet"), Path("/var/log/containers"),
)  # fmt: skip
"""Folders that a node uses and that are not its cluster's."""
_BOOKS = ("lock", "last_reserved_ip.0")  # of addresses; they stay


@dataclass(frozen=True, slots=True)
class Footprint:
    """Everything that a pod or a node could leave behind."""

    mounts: frozenset[str]
    links: frozenset[str]
    tables: frozenset[str]
    """Of nftables."""
    cgroups: frozenset[str]
    """Of pods, and the node's own."""
    files: frozenset[str]
    processes: frozenset[str]
    """Command lines of containerd, of its keepers of pods, and of the node's own programs."""

    @classmethod
    def now(cls, *folders: Path) -> "Footprint":
        """Take it; ``files`` are those in the folders."""
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        tables = subprocess.run(
            ["nft", "list", "tables"], capture_output=True, text=True, check=True
        )
        return cls(
            mounts=frozenset(line.split()[4] for line in mounts),
            links=frozenset(item.name for item in Path("/sys/class/net").iterdir()),
            # Whoever runs iptables to look, makes its tables.
            tables=frozenset(t for t in tables.stdout.splitlines() if "kube" in t),
            cgroups=frozenset(_cgroups()),
            files=frozenset(
                str(item)
                for folder in folders
                for item in folder.rglob("*")
                if item.name not in _BOOKS
            ),
            processes=frozenset(_processes()),
        )

    def more_than(self, other: "Footprint") -> dict[str, list[str]]:
        """Return what is here and not in the other, by kind."""
        kinds = [field.name for field in fields(self)]
        extra = {kind: getattr(self, kind) - getattr(other, kind) for kind in kinds}
        return {kind: sorted(items) for kind, items in extra.items() if items}


def _cgroups() -> list[str]:
    found = [folder for folder, _, _ in os.walk("/sys/fs/cgroup")]
    # The kubelet makes those between the node's and the pods' when it comes to them.
    kept = [Path(folder) for folder in found if "store-platform" in folder]
    return [str(path) for path in kept if path.name.startswith(("store-platform", "pod"))]


def _processes() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if _is_a_nodes(Path(words[0].decode()).name):
                    found.append(b" ".join(words).decode())
    return found


def _is_a_nodes(program: str) -> bool:
    return program.startswith(("containerd", "node-v", "coredns-v", "skipper-v"))
