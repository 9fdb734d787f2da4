"""The scanners, installed once into an environment of their own from a lock with digests.

They are no packages of ours: checkov alone brings a hundred, pinned to what it likes.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from app.local.cluster.paths import cache
from app.local.cluster.progress import ticking

_LOCK = Path(__file__).with_name("requirements.lock")


@dataclass(frozen=True, slots=True)
class Scanners:
    """Where the scanners' programs are."""

    programs: Path

    @classmethod
    def ensure(cls) -> "Scanners":
        """Return the scanners, installing them first if these versions never were."""
        digest = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
        folder = cache() / "scanners" / digest
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / ".complete").exists():
                shutil.rmtree(folder, ignore_errors=True)
                with ticking("Installing the policy scanners"):
                    _install(folder)
                (folder / ".complete").touch()
        return cls(folder / "bin")

    def checkov(self, folder: Path, frameworks: Sequence[str]) -> list[tuple[str, str]]:
        """Return (check, object) of everything that checkov finds below a folder."""
        done = subprocess.run(
            [str(self.programs / "checkov"), "--directory", str(folder), "--skip-download",
             "--quiet", "--output", "json", "--framework", *frameworks],
            env={"HOME": str(folder), "PATH": str(self.programs), "LOG_LEVEL": "ERROR"},
            capture_output=True, text=True, check=False, timeout=800,
        )  # fmt: skip
        assert done.returncode in {0, 1}, done.stderr
        reports = json.loads(done.stdout)
        if not isinstance(reports, list):
            reports = [reports]
        assert {report["check_type"] for report in reports} == set(frameworks), done.stderr
        assert not any(report["summary"]["parsing_errors"] for report in reports), reports
        return [
            (finding["check_id"], finding["resource"])
            for report in reports
            for finding in report["results"]["failed_checks"]
        ]

    def hadolint(self, file: Path) -> list[str]:
        """Return what hadolint finds in a Dockerfile, as lines."""
        done = subprocess.run(
            [str(self.programs / "hadolint"), "--no-color", str(file)],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return (done.stdout + done.stderr).splitlines()


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    subprocess.run(
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps",
         "--require-hashes", "--only-binary", ":all:", "--requirement", str(_LOCK)],
        check=True,
    )  # fmt: skip
