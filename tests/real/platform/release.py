"""The platform's own chart, installed on a real node by helm, with pods of its own images."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.local.cluster import LocalCluster, tools
from app.local.cluster.nodes.addresses import NODE_ADDRESS
from app.local.cluster.nodes.images import ensure_imported
from app.local.cluster.paths import NODE_VALUES
from app.local.images.recipes import BACKUPS, PLATFORM, ensure_images, recipes
from tests.charts.rendering import PLATFORM as CHART

NAME = NAMESPACE = "store-platform"
_TIMEOUT = "300s"


class HelmRefusedError(Exception):
    """helm ended with an error; the message has what it said."""


@dataclass(frozen=True, slots=True)
class Release:
    """The release, and the files of values that it is installed with, the lowest first."""

    cluster: LocalCluster
    files: Sequence[Path]

    def upgrade(self, *given: str) -> None:
        """Install the release or upgrade it, and wait until its pods are ready.

        ``given`` are further values, as ``--set`` takes them.
        """
        options = [word for file in self.files for word in ("--values", str(file))]
        options += [word for value in given for word in ("--set", value)]
        self._helm("upgrade", "--install", NAME, str(CHART), "--create-namespace", *options)

    def roll_back(self) -> None:
        """Go back to the revision before, and wait until its pods are ready."""
        self._helm("rollback", NAME)

    def uninstall(self) -> None:
        self._helm("uninstall", NAME)

    def exec(self, *command: str, stdin: str | None = None) -> str:
        """Run a command in a pod of the API, and return its output."""
        words = ["exec", "--stdin", f"--namespace={NAMESPACE}", f"deployment/{NAME}-api", "--"]
        return self.cluster.kubectl(*words, *command, stdin=stdin or "")

    def pods(self, component: str) -> list[str]:
        """Return the names of a component's pods that are not about to end."""
        return sorted(pod["metadata"]["name"] for pod in self._pods(component))

    def ready_pods(self, component: str) -> list[str]:
        """Return those of them that take requests."""
        return sorted(
            pod["metadata"]["name"]
            for pod in self._pods(component)
            for condition in pod["status"].get("conditions", [])
            if (condition["type"], condition["status"]) == ("Ready", "True")
        )

    def kill(self, pod: str) -> None:
        """Have a pod gone at once, without a word to it or from it."""
        self.cluster.kubectl(
            "delete", "pod", pod, f"--namespace={NAMESPACE}", "--force", "--grace-period=0"
        )

    def _pods(self, component: str) -> list[dict[str, Any]]:
        selector = f"app.kubernetes.io/component={component}"
        found = self.cluster.kubectl_json(
            "get", "pods", f"--namespace={NAMESPACE}", "--selector", selector
        )
        return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    def _helm(self, verb: str, *arguments: str) -> None:
        command: Sequence[str | Path] = [
            tools.ensure_helm(), verb, *arguments, "--namespace", NAMESPACE, "--wait",
            "--timeout", _TIMEOUT,
        ]  # fmt: skip
        done = subprocess.run(
            command, env={**os.environ, "KUBECONFIG": str(self.cluster.kubeconfig)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise HelmRefusedError(f"helm {verb}: {done.stderr}")


def give_images(cluster: LocalCluster, registry: str = "") -> None:
    """Give the node the platform's images; with a registry, Medusa's too, as of that registry.

    There an image ``store-platform/api`` is called ``store-platform-api``.
    """
    node = cluster.layout.node
    assert node is not None
    for archive in ensure_images(PLATFORM):
        ensure_imported(node, archive)
    if registry:
        for chart in (PLATFORM, "medusa"):
            for recipe in recipes(chart):
                path = recipe.reference.removeprefix("docker.io/").replace("/", "-")
                tag(cluster, recipe.reference, f"{registry}/{path}")


def give_image_of_backups(cluster: LocalCluster) -> None:
    """Give the node restic and its server, in one image."""
    assert cluster.layout.node is not None
    for archive in ensure_images(BACKUPS):
        ensure_imported(cluster.layout.node, archive)


def tag(cluster: LocalCluster, image: str, again: str) -> None:
    """Give an image of the node another name besides."""
    node = cluster.layout.node
    assert node is not None
    subprocess.run(
        ["ctr", f"--address={node.socket}", "--namespace=k8s.io", "images", "tag", "--force",
         image, again],
        check=True, capture_output=True,
    )  # fmt: skip


def of_the_node(cluster: LocalCluster) -> dict[str, Any]:
    """Return the values that are a real node's, and no operator's choice.

    Images are imported, Medusa's database is of Debian's packages, CoreDNS is a process of the
    node's, and the API server is at a port of its own.
    """
    medusa = yaml.safe_load((NODE_VALUES / "medusa.yaml").read_text())
    return {
        "api": {"image": {"pullPolicy": "Never"}},
        "dashboard": {"image": {"pullPolicy": "Never"}},
        "stores": {"values": {"medusa": medusa}},
        "networkPolicies": {
            "apiServerPorts": [443, cluster.layout.ports.apiserver],
            "dns": {"cidrs": [f"{NODE_ADDRESS}/32"]},
        },
    }
