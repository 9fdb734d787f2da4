"""Types the commands of guides as they stand there, in one shell, on a real node.

A block is typed if ``<!-- tested -->`` stands before it. The rest of docs/k3s.md is what a server
of one's own needs: k3s, DNS, Let's Encrypt, a registry and PostgreSQL.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.local.cluster import LocalCluster, tools

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs" / "k3s.md"
KUBERNETES = ROOT / "docs" / "kubernetes.md"
_HEADING = re.compile(r"^## (?:\d+\. )?(.+)$", re.MULTILINE)
_TESTED = re.compile(r"^<!-- tested -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = 'mount --bind "$1" /etc/hosts && exec bash -euo pipefail -x -c "$2"'
"""The names are in a file that stands in for /etc/hosts, and for nobody but these commands."""


def typed_blocks(guide: Path = GUIDE) -> dict[str, str]:
    """Return what is typed, by the heading above it, in order."""
    parts = _HEADING.split(guide.read_text())
    found = zip(parts[1::2], parts[2::2], strict=True)
    return {name: "".join(_TESTED.findall(text)) for name, text in found if _TESTED.search(text)}


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shell in a folder of its own, in which the checkout's folders are at hand.

    ``names`` are the variables of the guide's first step and what else is in the environment;
    ``hosts`` are the lines that the DNS would know.
    """

    folder: Path
    cluster: LocalCluster
    names: Mapping[str, str]
    hosts: str

    def __post_init__(self) -> None:
        self.folder.mkdir()
        for name in (".venv", "app", "charts"):
            (self.folder / name).symlink_to(ROOT / name)
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "helm").symlink_to(tools.ensure_helm())
        (programs / "kubectl").symlink_to(tools.ensure_kubectl())
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost\n{self.hosts}\n")

    def type(self, *blocks: str) -> str:
        """Run blocks one after the other, until one fails; return what they print."""
        environment = {
            **os.environ,
            "HOME": str(self.folder),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "KUBECONFIG": str(self.cluster.kubeconfig),
            **self.names,
        }
        done = subprocess.run(
            ["unshare", "--mount", "--propagation=private", "sh", "-c", _SHELL, "sh",
             str(self.folder / "hosts"), "\n".join(blocks)],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout
