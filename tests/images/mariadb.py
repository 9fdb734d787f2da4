"""MariaDB for the tests: Debian's packages, unpacked and not installed, on a free port."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from app.local import debian
from app.local.cluster.paths import cache
from app.local.cluster.ports import free_port
from app.local.cluster.progress import ticking

_PACKAGES = (
    "mariadb-server", "mariadb-server-core", "mariadb-client", "mariadb-client-core",
    "libmariadb3", "libaio1", "liburing2", "libnuma1",
)  # fmt: skip
PASSWORD = r"odd\"#'`$p"


class MariaDbError(Exception):
    """There is no MariaDB, and none could be had; the message says what to do."""


def ensure_mariadb() -> Path:
    """Return the folder with Debian's packages. Raises MariaDbError."""
    folder = cache() / "mariadb"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "usr/sbin/mariadbd").exists():
            with ticking("Fetching MariaDB"):
                debian.unpack(_PACKAGES, folder)
    if not (folder / "usr/sbin/mariadbd").exists():
        raise MariaDbError("The test of WooCommerce's dump needs MariaDB from Debian's packages.")
    return folder


@dataclass(frozen=True)
class MariaDb:
    """A server with the database and the user ``wordpress``."""

    package: Path
    folder: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """What its programs are run with."""
        libraries = next(self.package.glob("usr/lib/*-linux-gnu"))
        path = f"{self.package}/usr/bin{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "LD_LIBRARY_PATH": str(libraries)}

    @property
    def _client(self) -> list[str]:
        return [
            "mariadb", "--no-defaults", f"--socket={self.folder}/socket", "--user=root", "--batch",
            "--skip-column-names", "--unbuffered", "--default-character-set=utf8mb4",
        ]  # fmt: skip

    def run(self, statements: str, database: str = "wordpress") -> str:
        """Run statements as root, and return what they give, a row to a line."""
        done = subprocess.run(
            [*self._client, database],
            input=statements, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def holding(self, table: str) -> Iterator[None]:
        """Hold a table, so that everybody else waits for it, until this ends."""
        with subprocess.Popen(
            [*self._client, "wordpress"], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as holder:  # fmt: skip
            assert holder.stdin is not None
            assert holder.stdout is not None
            holder.stdin.write(f"LOCK TABLES {table} WRITE; SELECT 'held';\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "held\n"
            yield
            holder.communicate(timeout=60)

    def kill_who_waits(self) -> None:
        """End the connection of whoever waits for a table, once somebody does."""
        waits = (
            "SELECT id FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
        )
        while not (waiting := self.run(waits).split()):
            pass
        self.run(f"KILL {waiting[0]}")


@contextmanager
def running_mariadb() -> Iterator[MariaDb]:
    """Run a server that is gone afterwards."""
    # Not in a test's own folder: the path of a socket has to be short.
    folder = Path(tempfile.mkdtemp(prefix="store-platform-mariadb-"))
    server = MariaDb(ensure_mariadb(), folder, free_port())
    options = ["--no-defaults", f"--basedir={server.package}/usr", f"--datadir={folder}/data"]
    try:
        subprocess.run(
            ["mariadb-install-db", *options, "--auth-root-authentication-method=normal",
             "--skip-test-db", *(["--user=root"] if os.geteuid() == 0 else [])],
            env=server.environment, check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        with _serving(server, options):
            literal = PASSWORD.replace("\\", "\\\\").replace("'", "''")
            server.run(
                "CREATE DATABASE wordpress CHARACTER SET utf8mb4;"
                f" CREATE USER wordpress@'%' IDENTIFIED BY '{literal}';"
                " GRANT ALL ON wordpress.* TO wordpress@'%';",
                "mysql",
            )
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _serving(server: MariaDb, options: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        [server.package / "usr/sbin/mariadbd", *options, f"--socket={server.folder}/socket",
         f"--port={server.port}", "--bind-address=127.0.0.1", "--skip-name-resolve",
         "--innodb-flush-log-at-trx-commit=0",
         *(["--user=root"] if os.geteuid() == 0 else [])],
        env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        cwd=server.folder,
    )  # fmt: skip
    try:
        _await(process, server.port)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=120)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60).close()
        except ConnectionRefusedError:
            if process.poll() is not None:
                raise MariaDbError(process.communicate()[1].decode()) from None
