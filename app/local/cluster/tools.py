"""Real programs at pinned versions, each built once from its published Go module and kept.

A binary is kept under a name that holds a digest of everything it was built from, so that another
version is another file, and a half-built one is never found.
"""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from app.local.cluster.paths import GO_MODULES, cache
from app.local.cluster.progress import say, ticking
from app.local.cluster.toolchain import go_program

_ERROR_LINES = 15


class BuildError(Exception):
    """A program could not be built; the message has the compiler's last lines."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A Go program: its module here (go.mod and go.sum pin everything), and its main package."""

    name: str
    package: str
    module: str
    """The published module whose version the program reports."""
    flags: tuple[str, ...] = ()


_COMPONENT_BASE = "k8s.io/component-base/version"

KUBERNETES = Tool("kubernetes", ".", "k8s.io/kubernetes")
ETCD = Tool("etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3")
KWOK = Tool("kwok", "sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok")
HELM = Tool("helm", "helm.sh/helm/v4/cmd/helm", "helm.sh/helm/v4")
ALL = (KUBERNETES, HELM, KWOK, ETCD)

NODE = Tool("node", ".", "k8s.io/kubernetes")
COREDNS = Tool("coredns", ".", "github.com/coredns/coredns")
SKIPPER = Tool("skipper", "github.com/zalando/skipper/cmd/skipper", "github.com/zalando/skipper")
FOR_REAL_NODES = (NODE, COREDNS, SKIPPER)


def version_of(tool: Tool) -> str:
    """Return the pinned version, such as ``v1.35.4``."""
    text = (GO_MODULES / tool.name / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(tool.module)} (v\S+)", text, re.MULTILINE)
    if found is None:
        raise BuildError(f"app/local/cluster/go/{tool.name}/go.mod does not name {tool.module}.")
    return found[1]


def ensure(tool: Tool) -> Path:
    """Return the program, building it first if this version was never built here."""
    folder = GO_MODULES / tool.name
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.read_bytes())
    target = cache() / "bin" / f"{tool.name}-{version_of(tool)}-{digest.hexdigest()[:12]}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.exists():
            _build(tool, target)
    return target


def ensure_helm() -> Path:
    """Return a helm 4: the machine's own if it has one, else ours."""
    own = shutil.which("helm")
    if own is not None and _is_helm_4(own):
        return Path(own)
    return _named("helm", ensure(HELM))


def ensure_kubectl() -> Path:
    """Return our kubectl: of the cluster's version, whatever the machine has."""
    script = cache() / "bin" / "kubectl"
    content = f'#!/bin/sh\nexec "{ensure(KUBERNETES)}" kubectl "$@"\n'
    if not script.exists() or script.read_text() != content:
        fresh = script.with_suffix(f".{os.getpid()}")
        fresh.write_text(content)
        fresh.chmod(0o755)
        fresh.rename(script)
    return script


def _named(name: str, program: Path) -> Path:
    """Return a link with the plain name: helm prints the name that it was called by."""
    link = cache() / "bin" / name
    if not link.is_symlink() or link.resolve() != program.resolve():
        fresh = link.with_suffix(f".{os.getpid()}")
        fresh.symlink_to(program)
        fresh.rename(link)
    return link


def _is_helm_4(program: str) -> bool:
    said = subprocess.run(
        [program, "version", "--template", "{{.Version}}"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return said.startswith("v4.")


def _build(tool: Tool, target: Path) -> None:
    go = go_program()
    version = version_of(tool)
    fresh = target.with_suffix(".building")
    command = [
        str(go), "build", "-trimpath", "-buildvcs=false",
        "-ldflags", f"-s -w {' '.join(_version_flags(tool, version))}",
        "-o", str(fresh), tool.package,
    ]  # fmt: skip
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    with ticking(f"Building {tool.name} {version} (once; some minutes)"):
        done = subprocess.run(
            command, cwd=GO_MODULES / tool.name, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        fresh.unlink(missing_ok=True)
        last = "\n".join(done.stderr.splitlines()[-_ERROR_LINES:])
        raise BuildError(f"{tool.name} {version} could not be built:\n{last}")
    fresh.rename(target)
    say(f"  kept as {target}")


def _version_flags(tool: Tool, version: str) -> list[str]:
    if tool in (KUBERNETES, NODE):
        major, minor, _ = version.removeprefix("v").split(".", 2)
        facts = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
        return [f"-X {_COMPONENT_BASE}.{key}={value}" for key, value in facts.items()]
    if tool is HELM:
        return [f"-X helm.sh/helm/v4/internal/version.version={version}"]
    return []
