"""Base images, made of packages: Debian's smallest system, and what else is put on it.

They stand in for the images of the same names: a Dockerfile finds in them what it would in those.
Node comes from the npm registry and Go is this machine's toolchain; those that Debian has as
packages have a Dockerfile of their own.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.local import debian, frontend
from app.local.cluster import toolchain
from app.local.cluster.progress import ticking
from app.local.images.archive import ImageError, ImageSettings, architecture
from app.local.images.store import digest_of, folder, making

NODE_PACKAGES = Path(__file__).with_name("node")
_DEBIAN = re.compile(r"docker\.io/library/debian:(?P<suite>[a-z]+)-slim")
_NODE = re.compile(r"docker\.io/library/node:(?P<version>[\d.]+)-(?P<suite>[a-z]+)-slim")
_GO = re.compile(r"docker\.io/library/golang:(?P<version>[\d.]+)-(?P<suite>[a-z]+)")
_STAND_INS = {
    re.compile(r"docker\.io/library/python:3\.11[\d.]*-slim-bookworm"): "python",
    re.compile(r"docker\.io/nginxinc/nginx-unprivileged:[\d.]+-[a-z-]+"): "nginx",
}
_NODES_ARCHITECTURES = {"amd64": "x64", "arm64": "arm64"}
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_PREPARE = """
: > "$1/etc/resolv.conf"
: > "$1/etc/hosts"
printf '#!/bin/sh\\nexit 101\\n' > "$1/usr/sbin/policy-rc.d"
chmod 755 "$1/usr/sbin/policy-rc.d"
rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*
"""
"""The files that a machine's own are mounted over, and no service is started by its package."""


@dataclass(frozen=True, slots=True)
class Base:
    """A file system, as folders that lie over each other (the lowest first), and how it is run."""

    layers: tuple[Path, ...]
    settings: ImageSettings


def base(name: str) -> Base:
    """Return the base image of a name, making it now unless that was done. Raises ImageError."""
    for pattern, make in _KNOWN.items():
        if found := pattern.fullmatch(name):
            return make(found)
    raise ImageError(
        f"The base image {name} cannot be made here; those of Debian 12, and of Node, Go,"
        " Python 3.11 and nginx on it, can."
    )


def stand_in(name: str) -> Path | None:
    """Return the Dockerfile of what stands in for a base image, None if it has none."""
    for pattern, folder_name in _STAND_INS.items():
        if pattern.fullmatch(name):
            return Path(__file__).with_name(folder_name) / "Dockerfile"
    return None


def _debian(found: re.Match[str]) -> Base:
    return Base((_debian_layer(found["suite"]),), ImageSettings(command=("bash",)))


def _node(found: re.Match[str]) -> Base:
    locked = json.loads((NODE_PACKAGES / "package.json").read_text())["optionalDependencies"]
    if locked[_node_package()] != found["version"]:
        raise ImageError(
            f"Node {found['version']} cannot be had: {NODE_PACKAGES}/package.json has"
            f" {locked[_node_package()]}."
        )
    layers = (_debian_layer(found["suite"]), _node_layer())
    return Base(layers, ImageSettings(command=("node",)))


def _go(found: re.Match[str]) -> Base:
    layers = (_debian_layer(found["suite"]), _go_layer())
    path = f"/usr/local/go/bin:{ImageSettings().environment['PATH']}"
    environment = {"PATH": path, "GOPATH": "/go", "GOTOOLCHAIN": "local"}
    return Base(layers, ImageSettings(command=("bash",), environment=environment))


_KNOWN: dict[re.Pattern[str], Callable[[re.Match[str]], Base]] = {
    _DEBIAN: _debian,
    _NODE: _node,
    _GO: _go,
}


def _debian_layer(suite: str) -> Path:
    kept = folder() / f"debian-{suite}-{digest_of(suite, *_LEFT_OUT, _PREPARE)}"
    with making(kept) as fresh:
        if fresh is not None:
            _install_debian(suite, fresh)
    return kept


def _install_debian(suite: str, target: Path) -> None:
    if not debian.is_debian_root():
        raise ImageError("Images without Docker need Debian (or Ubuntu) on this machine, and root.")
    try:
        if not shutil.which("mmdebstrap"):
            debian.install(["mmdebstrap"], purpose="images without Docker")
    except debian.PackageError as error:
        raise ImageError(str(error)) from error
    command = [
        "mmdebstrap", "--variant=minbase", "--include=ca-certificates", "--format=directory",
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
        f"--customize-hook={_PREPARE}", suite, str(target),
    ]  # fmt: skip
    with ticking(f"Making a base image of Debian's packages ({suite})"):
        _run(command)


def _node_layer() -> Path:
    lock = (NODE_PACKAGES / "package-lock.json").read_bytes()
    kept = folder() / f"node-{digest_of(lock, architecture())}"
    with making(kept) as fresh:
        if fresh is not None:
            with ticking("Adding Node to it"):
                _install_node(fresh)
    return kept


def _install_node(target: Path) -> None:
    """Unpack the locked packages, and put them where Node's own image has them."""
    with tempfile.TemporaryDirectory() as temporary:
        packages = Path(temporary)
        for file in NODE_PACKAGES.glob("package*.json"):
            shutil.copy(file, packages)
        programs = frontend.node_folder()
        _run(
            [str(programs / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            folder=packages,
        )
        local = target / "usr" / "local"
        (local / "bin").mkdir(parents=True)
        shutil.copy(packages / "node_modules" / _node_package() / "bin" / "node", local / "bin")
        shutil.copytree(packages / "node_modules" / "npm", local / "lib" / "node_modules" / "npm")
    for name in ("npm", "npx"):
        program = local / "bin" / name
        program.symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
        program.resolve().chmod(0o755)


def _go_layer() -> Path:
    """Return the toolchain that the tools are built with, where Go's own image has it."""
    try:
        found = toolchain.go_root()
    except toolchain.ToolchainError as error:
        raise ImageError(str(error)) from error
    kept = folder() / f"go-{digest_of((found / 'VERSION').read_bytes(), architecture())}"
    with making(kept) as fresh:
        if fresh is not None:
            with ticking("Adding Go to it"):
                shutil.copytree(found, fresh / "usr" / "local" / "go", symlinks=True)
    return kept


def _node_package() -> str:
    return f"node-linux-{_NODES_ARCHITECTURES[architecture()]}"


def _run(command: list[str], *, folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ImageError(f"{command[0]} failed:\n{done.stderr[-2000:]}")
