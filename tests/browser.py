"""The browser of the end-to-end tests: the machine's own, else Debian's chromium."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.cluster.progress import ticking

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BrowserError(Exception):
    """There is no browser, and none could be installed; the message says what to do."""


def ensure_browser() -> Path:
    """Return a Chromium or Chrome, installed now where that is possible. Raises BrowserError."""
    found = _found()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        with ticking("Installing chromium for the browser tests"):
            _apt_get("update")
            _apt_get("install", "--yes", "--no-install-recommends", "chromium")
        found = _found()
    if found is None:
        raise BrowserError(
            "The browser tests need Chromium or Google Chrome on the PATH. Install one of them"
            " (on Debian: apt-get install chromium), then run the tests again."
        )
    return found


def _found() -> Path | None:
    return next((Path(path) for name in _NAMES if (path := shutil.which(name))), None)


def _apt_get(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-qq", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BrowserError(f"apt-get {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
