"""nginx for the tests: the machine's own, else Debian's package, unpacked and not installed."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from app.local import debian
from app.local.cluster.paths import cache
from app.local.cluster.progress import ticking

_START_SECONDS = 120.0


class NginxError(Exception):
    """There is no nginx, and none could be had; the message says what to do."""


def ensure_nginx() -> Path:
    """Return the program. Raises NginxError."""
    own = shutil.which(
        "nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
    )
    if own is not None:
        return Path(own)
    folder = cache() / "nginx"
    program = folder / "usr" / "sbin" / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not program.exists():
            with ticking("Fetching nginx"):
                debian.unpack(["nginx"], folder)
    if not program.exists():
        raise NginxError(
            "The test of the dashboard's web server needs nginx on the PATH. Install it, then run"
            " the tests again."
        )
    return program


@contextmanager
def running_nginx(file: Path, is_up: Callable[[], bool]) -> Iterator[None]:
    """Run nginx with a configuration, in whose folder it may write, from when it answers."""
    # Started as root, it would become a user who may not be able to read that folder.
    also = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
    log = file.with_name("log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(ensure_nginx()), "-p", str(file.parent), "-c", str(file), "-g", also],
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not is_up():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
