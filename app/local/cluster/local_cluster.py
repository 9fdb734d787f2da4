"""Starts, finds and stops a local cluster by name."""

import json
import shutil
import ssl
import subprocess
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import URLError

import msgspec
from filelock import FileLock

from app.local.cluster import tools
from app.local.cluster.certificates import Certificates
from app.local.cluster.components import Layout, Ports, choose_ports, commands, environment
from app.local.cluster.nodes import host, images
from app.local.cluster.nodes.addresses import NODE_NAME
from app.local.cluster.nodes.layout import NodeLayout
from app.local.cluster.objects import initial_objects
from app.local.cluster.paths import cluster_state
from app.local.cluster.processes import Daemon
from app.local.cluster.progress import ticking
from app.local.images.archive import ImageError

_START_SECONDS = 120.0
_PROBE_SECONDS = 0.1
_END_SECONDS = 60


class ClusterError(Exception):
    """The cluster did not come up; the message has the end of the log of what failed."""


@dataclass(frozen=True, slots=True)
class LocalCluster:
    """A running cluster."""

    name: str
    layout: Layout

    @classmethod
    def up(cls, name: str = "local", *, has_real_node: bool = False) -> "LocalCluster":
        """Return the running cluster of this name, starting it if need be. Raises ClusterError."""
        if has_real_node:
            _ensure_packages()
        for tool in tools.for_cluster(has_real_node=has_real_node):
            tools.ensure(tool)
        folder = cluster_state(name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            found = cls.find(name)
            if found is not None and found.is_up:
                if found.has_real_node != has_real_node:
                    raise ClusterError(
                        f"The cluster {name!r} runs with nodes of the other kind. Stop it first, or"
                        " give this one another name: --name NAME"
                    )
                return found
            if found is not None:
                found.down()
            return cls._start(name, folder, has_real_node=has_real_node)

    @classmethod
    def find(cls, name: str = "local") -> "LocalCluster | None":
        """Return the cluster of this name if it was started, running or not."""
        folder = cluster_state(name)
        try:
            ports = msgspec.json.decode((folder / "ports.json").read_bytes(), type=Ports)
        except OSError:
            return None
        certificates = Certificates(folder / "pki")
        return cls(name, Layout(folder, ports, certificates, NodeLayout.find(folder)))

    @classmethod
    def _start(cls, name: str, folder: Path, *, has_real_node: bool) -> "LocalCluster":
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        ports = choose_ports()
        (folder / "ports.json").write_bytes(msgspec.json.encode(ports))
        cluster = cls(name, Layout.create(folder, ports, has_real_node=has_real_node))
        with ticking(
            f"Starting the local Kubernetes {tools.version_of(tools.KUBERNETES)} ({name})"
        ):
            try:
                cluster._prepare_host()
                for component in cluster.components:
                    cluster.start(component)
                cluster._furnish()
            except ClusterError:
                cluster.down()
                raise
        return cluster

    @property
    def has_real_node(self) -> bool:
        return self.layout.node is not None

    @property
    def components(self) -> list[str]:
        return list(commands(self.layout))

    @property
    def kubeconfig(self) -> Path:
        """An administrator's kubeconfig."""
        return self.layout.kubeconfig()

    @property
    def server(self) -> str:
        return self.layout.server

    @property
    def is_up(self) -> bool:
        return all(self.daemon(name).pid for name in self.components) and self._is_ready()

    def daemon(self, component: str) -> Daemon:
        return Daemon(component, self.layout.folder)

    def start(self, component: str) -> None:
        """Start one component; the API server is ready on return. Raises ClusterError."""
        self.daemon(component).start(
            commands(self.layout)[component], environment(self.layout, component)
        )
        if component == "kube-apiserver":
            self._await_ready()
        elif component == "containerd" and self.layout.node is not None:
            self._await_containerd(self.layout.node)

    def stop(self, component: str) -> None:
        """Stop one component, as an outage for a test; ``start`` brings it back at its port."""
        self.daemon(component).stop()

    def down(self) -> None:
        """Stop everything and remove the cluster's state."""
        node = self.layout.node
        if node is not None:
            self._end_pods()
        for name in reversed(self.components):
            self.daemon(name).stop()
        if node is not None:
            host.restore(node)
        shutil.rmtree(self.layout.folder, ignore_errors=True)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl and return its output. Raises ClusterError with what it said."""
        done = subprocess.run(
            [tools.ensure_kubectl(), "--kubeconfig", self.kubeconfig, *arguments],
            input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise ClusterError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def kubectl_json(self, *arguments: str) -> Any:
        """Run kubectl with ``-o json`` and return what it printed, decoded."""
        return json.loads(self.kubectl(*arguments, "-o", "json"))

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            for name in ("etcd", "kube-apiserver"):
                if self.daemon(name).pid is None:
                    raise ClusterError(f"{name} ended:\n{self.daemon(name).tail()}")
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"The API server is not ready:\n{self.daemon('kube-apiserver').tail()}"
                )
            time.sleep(_PROBE_SECONDS)

    def _is_ready(self) -> bool:
        context = ssl.create_default_context(cafile=str(self.layout.certificates.authority))
        try:
            with urllib.request.urlopen(f"{self.server}/readyz", context=context, timeout=5) as r:
                return bool(r.status == HTTPStatus.OK)
        except (URLError, OSError):
            return False

    def _furnish(self) -> None:
        objects = initial_objects(has_real_node=self.has_real_node)
        self.kubectl("apply", "-f", "-", stdin=json.dumps(objects))
        if self.has_real_node:
            self.kubectl("wait", "--for=create", f"node/{NODE_NAME}", "--timeout=120s")
        self.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=120s")
        self.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")

    def _prepare_host(self) -> None:
        if self.layout.node is not None:
            try:
                host.prepare(self.layout.node)
            except host.HostError as error:
                raise ClusterError(str(error)) from error

    def _await_containerd(self, node: NodeLayout) -> None:
        """Wait until it answers, and give it the image without which no pod starts."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return images.import_busybox(node)
            except ImageError as error:
                if time.monotonic() > deadline or self.daemon("containerd").pid is None:
                    log = self.daemon("containerd").tail()
                    raise ClusterError(f"containerd is not ready: {error}\n{log}") from error
            time.sleep(_PROBE_SECONDS)

    def _end_pods(self) -> None:
        """Let the kubelet end all pods, so that it undoes what it did for them; if it still can."""
        for name in ("kube-controller-manager", "kube-scheduler"):  # nothing makes new ones
            self.daemon(name).stop()
        with suppress(ClusterError):
            self.kubectl(
                "delete", "pods", "--all", "--all-namespaces", "--grace-period=1",
                f"--timeout={_END_SECONDS}s",
            )  # fmt: skip


def _ensure_packages() -> None:
    try:
        host.ensure_packages()
    except host.HostError as error:
        raise ClusterError(str(error)) from error
