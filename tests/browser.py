"""The browser of the end-to-end tests: the machine's own, else Debian's chromium."""

import shutil
from pathlib import Path

from app.local import debian

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BrowserError(Exception):
    """There is no browser, and none could be installed; the message says what to do."""


def ensure_browser() -> Path:
    """Return a Chromium or Chrome, installed now where that is possible. Raises BrowserError."""
    found = _found()
    if found is None and debian.is_debian_root():
        try:
            debian.install(["chromium"], purpose="the browser tests")
        except debian.PackageError as error:
            raise BrowserError(str(error)) from error
        found = _found()
    if found is None:
        raise BrowserError(
            "The browser tests need Chromium or Google Chrome on the PATH. Install one of them"
            " (on Debian: apt-get install chromium), then run the tests again."
        )
    return found


def _found() -> Path | None:
    return next((Path(path) for name in _NAMES if (path := shutil.which(name))), None)
