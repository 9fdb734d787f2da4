"""Removing backups, played: the platform chart's own script on the volume of a real rest-server."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.local.cluster.tools import RCLONE, RESTIC, ensure
from tests.images.backup_pod import Pod
from tests.images.rest_server import RestServer
from tests.images.s3 import S3, SECRET_KEY
from tests.images.test_backup_scripts import pod_of

REMOVE = Path(__file__).resolve().parents[2] / "charts" / "store-platform" / "files/backups/remove"
PASSWORDS = {"store-1": "password-of-1", "store-2": "password-of-2"}
ACCOUNTS = {"store-1": "account's secret", "store-2": "another"}
WAIT_SECONDS = 60.0
ID_LENGTH = 64


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@dataclass(frozen=True)
class Shop:
    """A shop whose backups are saved through the server."""

    pod: Pod
    name: str
    repository: Path

    @classmethod
    def made(cls, folder: Path, server: RestServer, name: str) -> "Shop":
        pod = pod_of(folder, server)
        environment = {
            **pod.environment, "RESTIC_PASSWORD": PASSWORDS[name],
            "RESTIC_REPOSITORY": f"rest:http://127.0.0.1:{server.port}/{name}/",
            "RESTIC_REST_USERNAME": name, "RESTIC_REST_PASSWORD": ACCOUNTS[name],
        }  # fmt: skip
        secrets = (PASSWORDS[name], ACCOUNTS[name])
        pod = replace(pod, environment=environment, secrets=secrets)
        return cls(pod, name, server.data / name)

    def with_copies_of(self, other: "Shop") -> "Shop":
        """Take over another shop's files and backups, as if they were its own."""
        for mine, theirs in (
            (self.pod.backup, other.pod.backup),
            (self.pod.files, other.pod.files),
            (self.repository, other.repository),
        ):
            shutil.rmtree(mine, ignore_errors=True)
            shutil.copytree(theirs, mine)
        return self

    def save_more(self) -> None:
        """Make another backup, by restic alone, which is done sooner than by the script."""
        done = self.pod.restic(
            "backup", "--host", "shop", str(self.pod.backup), str(self.pod.files)
        )
        assert done.returncode == 0, done.stderr

    @property
    def ids(self) -> list[str]:
        """The snapshots that there are, oldest first."""
        return [snapshot["id"] for snapshot in self.pod.snapshots()]

    @property
    def locks(self) -> list[Path]:
        """The locks that there are; one that is still written has a longer name."""
        found = (self.repository / "locks").glob("*")
        return [lock for lock in found if len(lock.name) == ID_LENGTH]

    def line(self, *snapshots: str) -> str:
        """Return the line of the list by which the platform names these."""
        return " ".join([self.name, PASSWORDS[self.name], *snapshots])

    def files(self, snapshot: str, target: Path) -> dict[str, bytes]:
        """Return what of the shop's files and its dump can be had of a backup."""
        done = self.pod.restic("restore", snapshot, "--no-lock", "--target", str(target))
        assert done.returncode == 0, done.stderr
        (root,) = [folder.parent for folder in target.rglob("files") if folder.is_dir()]
        return {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}

    def own_files(self) -> dict[str, bytes]:
        """Return the same as it is in the shop now."""
        both = (self.pod.backup, self.pod.files)
        files = [file for folder in both for file in folder.rglob("*") if file.is_file()]
        return {str(file.relative_to(self.pod.folder)): file.read_bytes() for file in files}

    def is_whole(self) -> bool:
        """Whether everything in the repository can be read, and fits together."""
        return self.pod.restic("check", "--read-data").returncode == 0

    @contextmanager
    def backup_under_way(self, *, kill: bool = False) -> Iterator[None]:
        """A backup that has its lock and waits for what it is to save, until this ends.

        It is completed then, or killed.
        """
        with subprocess.Popen(
            ["restic", "--no-cache", "backup", "--stdin"], env=self.pod.all_environment,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as running:  # fmt: skip
            try:
                until(lambda: self.locks)
                yield
                if not kill:
                    running.communicate(b"saved meanwhile", timeout=WAIT_SECONDS)
                    assert running.returncode == 0
            finally:
                running.kill()

    @contextmanager
    def prune_under_way(self, *before: str) -> Iterator[subprocess.Popen[bytes]]:
        """A prune on the volume that has its lock and does not go on until it is continued.

        ``before`` is what it is run with.
        """
        environment = {**self.pod.all_environment, "RESTIC_REPOSITORY": str(self.repository)}
        with subprocess.Popen(
            [*before, ensure(RESTIC), "--no-cache", "prune", "--limit-download", "1"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as pruning:  # fmt: skip
            try:
                until(lambda: self.locks)
                pruning.send_signal(signal.SIGSTOP)
                yield pruning
            finally:
                pruning.kill()


@dataclass(frozen=True)
class Removal:
    """The pod that removes backups, with the Secret as a file."""

    pod: Pod
    data: Path
    tells_room: bool = True

    @classmethod
    def made(cls, folder: Path, data: Path) -> "Removal":
        folder.mkdir()
        environment = {
            "DATA_FOLDER": str(data), "REMOVALS_FILE": str(folder / "removals"),
            "LOCK_SECONDS": "0",
        }  # fmt: skip
        return cls(Pod.made(folder, environment, [*PASSWORDS.values(), "wrong-password"]), data)

    @classmethod
    def made_in(cls, folder: Path, s3: S3, data: Path) -> "Removal":
        """Make it for an S3, with the programs that the pod has."""
        made = cls.made(folder, data)
        (made.pod.folder / "bin" / "rclone").symlink_to(ensure(RCLONE))
        environment = {**made.pod.environment, **s3.environment(), "PLACE_KIND": "s3"}
        secrets = (*made.pod.secrets, SECRET_KEY)
        pod = replace(made.pod, environment=environment, secrets=secrets)
        return replace(made, pod=pod, tells_room=False)

    def name(self, *lines: str) -> None:
        """Name what is to be removed."""
        (self.pod.folder / "removals").write_text("".join(f"{line}\n" for line in lines))

    def run(self, **options: Any) -> int:
        return self.pod.run(REMOVE, **options)

    def start(self, **options: Any) -> subprocess.Popen[str]:
        return self.pod.start(REMOVE, **options)

    @property
    def failures(self) -> list[str]:
        """What the termination message says, but for its last line."""
        return self.pod.message.splitlines()[:-1]

    @property
    def total(self) -> str:
        """The last line of the termination message, but for the free space."""
        if not self.tells_room:
            return self.pod.message.splitlines()[-1]
        total, free = self.pod.message.splitlines()[-1].split(" Free now: ")
        amount, unit = free.split()
        assert int(amount) > 0
        assert unit == "MiB."
        return total

    def replace_restic(self, script: str) -> None:
        """Have a script in restic's place, with ``{restic}`` as the real one."""
        program = self.pod.folder / "bin" / "restic"
        program.unlink()
        program.write_text(script.format(restic=ensure(RESTIC)))
        program.chmod(0o755)

    def give_restic_back(self) -> None:
        program = self.pod.folder / "bin" / "restic"
        program.unlink()
        program.symlink_to(ensure(RESTIC))


def elsewhere() -> list[str]:
    """Return what to run a program with that is to be on another host, as another pod is."""
    return ["unshare", "--uts", "sh", "-c", 'hostname elsewhere; exec "$@"', "sh"]
