"""The pod of a backup, played: the charts' own scripts with its folders, and real programs."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.local.cluster.tools import RESTIC, ensure
from tests.charts.rendering import CHARTS

SCRIPTS = {
    (engine, name): CHARTS / engine / "files" / "backup" / name
    for engine in ("medusa", "woocommerce")
    for name in ("dump", "save", "fetch", "load", "words")
}
SHELLS = ("dash", "bash", "busybox sh")
"""Those of the images that the scripts run in: Debian's, Oracle's, and Alpine's."""
ACCOUNT, ACCOUNT_PASSWORD, PASSWORD = "store-1", "account's secret", "repository's secret"


@dataclass(frozen=True)
class Pod:
    """What the containers share. Nothing that a script says may have a secret."""

    folder: Path
    environment: Mapping[str, str]
    secrets: Sequence[str]

    @classmethod
    def made(
        cls,
        folder: Path,
        environment: Mapping[str, str],
        secrets: Sequence[str] = (ACCOUNT_PASSWORD, PASSWORD),
    ) -> "Pod":
        for name in ("backup", "files", "tmp", "bin"):
            (folder / name).mkdir()
        (folder / "bin" / "restic").symlink_to(ensure(RESTIC))
        return cls(folder, environment, secrets)

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def message(self) -> str:
        """The termination message."""
        return (self.folder / "message").read_text()

    @property
    def all_environment(self) -> dict[str, str]:
        inherited = self.environment.get("PATH", os.environ["PATH"])
        return {
            "BACKUP_FOLDER": str(self.backup),
            "FILES_FOLDER": str(self.files),
            "TERMINATION_LOG": str(self.folder / "message"),
            "TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder / "tmp"),
            **self.environment,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{inherited}",
        }

    def start(
        self, script: Path, *, shell: str = "dash", before: Sequence[str] = (), **more: str
    ) -> subprocess.Popen[str]:
        """Start a script; ``more`` goes over its environment."""
        (self.folder / "message").write_text("")
        return subprocess.Popen(
            [*before, *shell.split(), script], env={**self.all_environment, **more},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def finish(self, running: subprocess.Popen[str]) -> int:
        """Wait for a script, and return its exit code."""
        output, errors = running.communicate(timeout=300)
        for secret in self.secrets:
            assert secret not in output + errors + self.message
        return running.returncode

    def run(self, script: Path, **options: Any) -> int:
        """Run a script, and return its exit code."""
        return self.finish(self.start(script, **options))

    def restic(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["restic", "--no-cache", *arguments], env={**self.all_environment, **more},
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def snapshots(self) -> list[dict[str, Any]]:
        done = self.restic("snapshots", "--json", "--no-lock")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


def on_small_volume(folder: Path, size: str) -> list[str]:
    """Return what to run a program with for which a folder is an empty volume of that size."""
    mount = 'mount -t tmpfs -o "size=$1" none "$0"; shift; exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, str(folder), size]


def without_privileges() -> list[str]:
    """Return what to run a program with that is to meet permissions, which root does not."""
    return ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
