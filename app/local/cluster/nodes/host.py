"""What a real node needs of the machine, and how the machine is put back as it was."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from app.local import debian
from app.local.cluster.nodes import network
from app.local.cluster.nodes.addresses import LINK
from app.local.cluster.nodes.layout import NodeLayout
from app.local.cluster.nodes.running import CommandError

_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "iptables": "iptables",
    "ip": "iproute2",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "/bin/busybox": "busybox-static",
}
"""Debian's packages, by a program of each."""

_KUBELET_SOCKET = Path("/var/lib/kubelet/device-plugins/kubelet.sock")
_LOG_LINKS = Path("/var/log/containers")
_FIXED_FOLDERS = (
    "/var/lib/kubelet/device-plugins", "/var/lib/kubelet", "/var/lib/cni/results", "/var/lib/cni",
    "/var/log/containers", "/run/containerd/s", "/run/containerd/runc/k8s.io",
    "/run/containerd/runc", "/run/containerd", "/run/store-platform",
)  # fmt: skip
"""Where the kubelet, containerd and CNI write whatever they are told; inner ones first."""
_CGROUPS = Path("/sys/fs/cgroup")
_GRACE_SECONDS = 20.0
_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21


class HostError(Exception):
    """The machine cannot have a real node; the message says why."""


def can_have_node() -> bool:
    """Return whether this machine is Debian's, and this process may change its network."""
    return sys.platform.startswith("linux") and debian.is_debian_root() and _may_change_network()


def missing_packages() -> list[str]:
    """Return the Debian packages that a real node needs and that are not installed."""
    return sorted({package for program, package in _PACKAGES.items() if not shutil.which(program)})


def ensure_packages() -> None:
    """Install what is missing. Raises HostError."""
    missing = missing_packages()
    if not sys.platform.startswith("linux") or not debian.is_debian_root():
        raise HostError("Real nodes need Debian (or Ubuntu) on this machine, and root.")
    if missing:
        try:
            debian.install(missing, purpose="real nodes")
        except debian.PackageError as error:
            raise HostError(str(error)) from error


def prepare(node: NodeLayout) -> None:
    """Make the cgroup of the pods, and their network. Raises HostError."""
    if Path(f"/sys/class/net/{LINK}").exists():
        raise HostError(
            f"There is a link {LINK!r}: another cluster has real nodes, and a machine has room for"
            " one. Stop that first; if it is gone, remove the link: ip link delete " + LINK
        )
    node.run.mkdir(parents=True, exist_ok=True)
    for parent in _controllers():
        (parent / node.cgroup).mkdir(exist_ok=True)
    try:
        network.prepare(node)
    except CommandError as error:
        raise HostError(str(error)) from error


def restore(node: NodeLayout) -> None:
    """Remove whatever is left of a node, running or not; safe to repeat."""
    _end_pods(node)
    for mount in reversed(mounts_below(node.folder, node.run)):
        subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
    shutil.rmtree(node.run, ignore_errors=True)
    if not network.is_prepared(node):
        return  # what is there belongs to another cluster's node
    network.restore(node)
    _KUBELET_SOCKET.unlink(missing_ok=True)
    for link in _LOG_LINKS.glob("*.log"):
        if link.readlink().is_relative_to(node.folder):
            link.unlink()
    for folder in _FIXED_FOLDERS:
        with suppress(OSError):  # not there, or in use by others
            Path(folder).rmdir()


def mounts_below(*folders: Path) -> list[Path]:
    """Return what is mounted below the folders, in the order in which it was."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    # proc(5): spaces and the like are written as octal escapes.
    points = [Path(line.split()[4].encode().decode("unicode_escape")) for line in lines]
    return [point for point in points if any(point.is_relative_to(folder) for folder in folders)]


def _may_change_network() -> bool:
    """Return whether root is more than root in a container: see capabilities(7), proc(5)."""
    status = Path("/proc/self/status").read_text()
    (held,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return all(int(held, 16) >> number & 1 for number in (_CAP_NET_ADMIN, _CAP_SYS_ADMIN))


def _end_pods(node: NodeLayout) -> None:
    """End what still runs in pods, then containerd's keepers of them, and remove the cgroups."""
    deadline = time.monotonic() + _GRACE_SECONDS
    for parent in _controllers():
        top = parent / node.cgroup
        while top.exists() and time.monotonic() < deadline:
            folders = sorted((top, *(f for f in top.rglob("*") if f.is_dir())), reverse=True)
            for folder in folders:
                _kill(_processes_in(folder))
                with suppress(OSError):  # busy until what ran in it is gone
                    folder.rmdir()
            time.sleep(0.05)
    _kill(_keepers(node))


def _processes_in(cgroup: Path) -> list[int]:
    try:
        return [int(line) for line in (cgroup / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _keepers(node: NodeLayout) -> list[int]:
    """Return the pids of containerd's shims: they outlive it, and name its socket."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(node.socket).encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return [pid for pid in found if pid != os.getpid()]


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _controllers() -> list[Path]:
    """Return the root of each hierarchy of cgroups: one of version 2, or several of version 1."""
    if (_CGROUPS / "cgroup.controllers").exists():
        return [_CGROUPS]
    return [folder for folder in _CGROUPS.iterdir() if (folder / "cgroup.procs").exists()]
