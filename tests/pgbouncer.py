"""PgBouncer in transaction mode, in front of a PostgreSQL of the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.local import debian
from app.local.cluster.ports import free_port
from tests.postgres import PASSWORD, USER, PostgresServer

_PATHS = "/usr/sbin:/usr/local/sbin"
_START_SECONDS = 30.0


def program() -> str | None:
    """Return PgBouncer's program, installed where that can be; None where it cannot."""
    path = f"{os.environ.get('PATH', os.defpath)}:{_PATHS}"
    found = shutil.which("pgbouncer", path=path)
    if found is None and debian.is_debian_root():
        debian.install(["pgbouncer"], purpose="the tests of a pooler")
        found = shutil.which("pgbouncer", path=path)
    return found


@contextmanager
def pooler(executable: str, server: PostgresServer) -> Iterator[int]:
    """Run PgBouncer; give its port. It refuses to run as root: then it is nobody's."""
    folder, port = Path(tempfile.mkdtemp(prefix="store-platform-pgbouncer-")), free_port()
    (folder / "users").write_text(f'"{USER}" "{PASSWORD}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder}/users\nlogfile = {folder}/log\n"
        "pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 200\n"
    )
    as_user = {}
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "nobody")
        as_user = {"user": "nobody"}
    process = subprocess.Popen(
        [executable, "-q", str(folder / "pgbouncer.ini")], cwd=folder,
        stderr=subprocess.DEVNULL, **as_user,  # type: ignore[call-overload]
    )  # fmt: skip
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
