"""Debian's packages, for what cannot be had from a registry of packages without root."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from app.local.cluster.progress import ticking


class PackageError(Exception):
    """Packages could not be installed; the message has what apt-get said."""


def is_debian_root() -> bool:
    """Return whether packages can be installed here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Iterable[str], *, purpose: str) -> None:
    """Install packages now, saying so. Raises PackageError."""
    names = list(packages)
    with ticking(f"Installing {', '.join(names)} for {purpose}"):
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *names)


def unpack(packages: Iterable[str], folder: Path) -> None:
    """Have packages below a folder, not installed: a server's would be started on this machine.

    Where there is no Debian, or it cannot be asked, nothing is there afterwards.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    download = ["apt-get", "download", "-qq", *packages]
    if subprocess.run(download, cwd=folder, check=False, capture_output=True).returncode != 0:
        for command in (["apt-get", "update", "-qq"], download):
            subprocess.run(command, cwd=folder, check=False, capture_output=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)


def _apt_get(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-qq", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise PackageError(f"apt-get {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
