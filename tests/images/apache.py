"""Apache for the tests: Debian's package, unpacked and not installed, with the shop's own site."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from app.local import debian
from app.local.cluster.paths import cache
from app.local.cluster.ports import free_port
from app.local.cluster.progress import ticking

SITE = Path(__file__).resolve().parents[2] / "charts" / "woocommerce" / "image" / "shop.conf"
_PACKAGES = ("apache2-bin", "libapr1", "libaprutil1")
_MODULES = (
    "mpm_prefork",
    "authz_core",
    "dir",
    "headers",
    "rewrite",
)  # all that the site needs but PHP
WORKERS = 3


class ApacheError(Exception):
    """There is no Apache, and none could be had; the message says what to do."""


def ensure_apache() -> Path:
    """Return the folder with Debian's package. Raises ApacheError."""
    folder = cache() / "apache"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "usr/sbin/apache2").exists():
            with ticking("Fetching Apache"):
                debian.unpack(_PACKAGES, folder)
    if not (folder / "usr/sbin/apache2").exists():
        raise ApacheError("The test of the shops' web server needs Apache from Debian's packages.")
    return folder


@contextmanager
def serving(documents: Path, run: Path, **env: str) -> Iterator[int]:
    """Serve WordPress' folder as the image does, but for PHP, and yield the port."""
    package, port = ensure_apache(), free_port()
    config = run / "apache.conf"
    config.write_text(_config(package, documents, run, port))
    libraries = next(package.glob("usr/lib/*-linux-gnu"))
    environment = {"LD_LIBRARY_PATH": str(libraries), "SHOP_URL": "http://my-shop.test"}
    environment["APACHE_WORKERS"] = str(WORKERS)
    server = subprocess.Popen(
        [package / "usr/sbin/apache2", "-DFOREGROUND", "-f", config],
        env={**os.environ, **environment, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,  # at its end it ends its whole process group
    )  # fmt: skip
    try:
        _await(server, port)
        yield port
    finally:
        server.terminate()
        server.communicate(timeout=60)


def _config(package: Path, documents: Path, run: Path, port: int) -> str:
    """Return the site's own configuration with another folder and port, without PHP's lines."""
    folder = package / "usr/lib/apache2/modules"
    modules = [f"LoadModule {name}_module {folder}/mod_{name}.so" for name in _MODULES]
    site = SITE.read_text().replace("/usr/src/wordpress", str(documents)).replace("8080", str(port))
    site = re.sub(r"^ *php_.*$", "", site, flags=re.MULTILINE)
    own = [f"ServerRoot {run}", f"DefaultRuntimeDir {run}", f"PidFile {run}/pid", "User nobody"]
    own += ["Group nogroup", f"ErrorLog {run}/errors"]
    return "\n".join([*modules, *own, site])


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60).close()
        except ConnectionRefusedError:
            if server.poll() is not None:
                raise ApacheError(server.communicate()[1].decode()) from None
