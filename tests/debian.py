"""Debian's packages, for what cannot be had from a registry of packages without root."""

import os
import shutil
import subprocess
from collections.abc import Iterable

from tests.cluster.progress import ticking


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


def _apt_get(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-qq", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise PackageError(f"apt-get {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
