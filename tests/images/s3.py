"""Backups in an S3 for the tests: a real S3 on a folder, and rclone in front of it, as in a pod."""

import os
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from app.local.cluster.tools import RCLONE, VERSITYGW, ensure
from tests.images.rest_server import RestServer, Server

ACCESS_KEY, SECRET_KEY = "access-key-of-tests", "secret-key-of-tests"
BUCKET, PREFIX = "backups", "of/shops"
_START_SECONDS = 60.0


class S3(Server):
    """An S3 that keeps each object as a file of its folder."""

    def __init__(self, folder: Path, *, options: Sequence[str] = ()) -> None:
        super().__init__(folder, options=options)
        self.folder = folder / "objects"
        self._sidecar = folder / "sidecar"
        for made in (self.folder, self._sidecar, self.folder / BUCKET):
            made.mkdir()

    def start(self) -> None:
        environment = {
            "ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY,
            "PATH": os.environ["PATH"], "HOME": str(self._sidecar),
        }  # fmt: skip
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [ensure(VERSITYGW), "--port", f"127.0.0.1:{self.port}", *self._options,
                 "posix", "--sidecar", self._sidecar, self.folder],
                env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for_port(self.port, self._process)

    def rclone(self, *arguments: str) -> None:
        subprocess.run(
            [ensure(RCLONE), *arguments], env={**os.environ, **self.environment()}, check=True,
        )  # fmt: skip

    @property
    def is_writing(self) -> bool:
        """Whether it has begun an object that is not complete."""
        assert self._process is not None
        opened = Path(f"/proc/{self._process.pid}/fd").iterdir()
        return any("/.sgwtmp/" in str(file.readlink()) for file in opened if file.is_symlink())

    def environment(self) -> dict[str, str]:
        """Return what the chart tells the pods of it; see ``store-platform.s3Env`` there."""
        return {
            "BACKUP_PLACE": f"backups:{BUCKET}/{PREFIX}",
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_BACKUPS_TYPE": "s3",
            "RCLONE_CONFIG_BACKUPS_PROVIDER": "Other",
            "RCLONE_CONFIG_BACKUPS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "RCLONE_CONFIG_BACKUPS_REGION": "us-east-1",
            "RCLONE_CONFIG_BACKUPS_ACCESS_KEY_ID": ACCESS_KEY,
            "RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY": SECRET_KEY,
            "RCLONE_CONFIG_BACKUPS_NO_CHECK_BUCKET": "true",
            "RCLONE_CONTIMEOUT": "10s",
            "RCLONE_LOW_LEVEL_RETRIES": "3",
        }


class RcloneServer(RestServer):
    """rclone in rest-server's place, with what it keeps in an S3."""

    def __init__(self, folder: Path, s3: S3, **environment: str) -> None:
        super().__init__(folder)
        self.data = s3.folder / BUCKET / PREFIX
        self._environment = {
            **s3.environment(), **environment, "PATH": os.environ["PATH"], "HOME": str(folder),
        }  # fmt: skip

    def start(self, *, before: Sequence[str] = ()) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*before, ensure(RCLONE), "serve", "restic", self._environment["BACKUP_PLACE"],
                 "--append-only", "--private-repos", "--htpasswd", self.accounts,
                 "--addr", f"127.0.0.1:{self.port}", "--cache-objects=false", "-vv"],
                env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for_port(self.port, self._process)

    def look_again(self) -> None:
        """Do nothing: it looks at its accounts at each request."""


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return
