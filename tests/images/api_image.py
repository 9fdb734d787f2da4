"""The API's image without Docker: its Dockerfile's own steps, done in a folder, and run from there.

What is taken as it is written: the packages' installation, every COPY, the environment, the working
directory, the user, the entry point, the command and the health check. What is not: the base image,
for which the machine's Python stands in, and the building of helm and of the pages.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

from app.local.cluster import tools
from app.local.cluster.paths import cache
from app.local.cluster.progress import ticking
from app.local.frontend import FOLDER, ensure_built
from app.local.images.dockerfile import Stage, stages
from tests.images.dockerfile import CONTEXT, PLATFORM, ROOT

_PACKAGES = "/opt/packages"
_STATE = "/var/lib/store-platform"


@dataclass(frozen=True, slots=True)
class ApiImage:
    """An image's content below ``root``, where nothing but the state can be written to."""

    root: Path
    stage: Stage
    packages: Path

    @classmethod
    @contextmanager
    def built(cls) -> Iterator["ApiImage"]:
        """Do what the Dockerfile says for the stage ``api``, where everybody may read it."""
        with TemporaryDirectory(prefix="store-platform-image-") as folder:
            Path(folder).chmod(0o755)
            root = Path(folder, "root")
            try:
                yield cls._build(root)
            finally:
                _change_modes(root, add=0o200)

    @classmethod
    def _build(cls, root: Path) -> "ApiImage":
        found = stages(PLATFORM)
        image = cls(root, found["api"], _installed(found["packages"]))
        made = {
            ("helm", "/helm"): tools.ensure_helm,
            ("packages", _PACKAGES): lambda: image.packages,
            ("pages", "/src/dashboard/dist"): _built_pages,
        }
        for copied in image.stage.copies:
            target = image.place(copied.target)
            target.parent.mkdir(parents=True, exist_ok=True)
            for source in copied.sources:
                if copied.stage is None:
                    shutil.copytree(ROOT / source, target, ignore=_ignored)
                else:
                    _put(made[copied.stage, source](), target)
        _change_modes(root, remove=0o222)
        image.place(_STATE).mkdir(parents=True)
        if image.user is not None:
            os.chown(image.place(_STATE), image.user, image.user)
        return image

    def place(self, path: str) -> Path:
        """Return where a path of the image is; relative ones are below its working directory."""
        return (
            self.root / self.stage.last("WORKDIR").lstrip("/") / path
            if path[0] != "/"
            else (self.root / path.lstrip("/"))
        )

    @property
    def user(self) -> int | None:
        """The image's user, None where this process may not become another."""
        return int(self.stage.last("USER").split(":")[0]) if os.geteuid() == 0 else None

    def environment(self, **given: str) -> dict[str, str]:
        """Return the environment that the image gives, with its paths where they are here."""
        said = self.stage.environment
        state = str(self.place(_STATE))
        moved = {name: value.replace(_STATE, state) for name, value in said.items()}
        path = [self.packages / "bin", self.root / "usr/local/bin", "/usr/bin", "/bin"]
        return {**moved, "PATH": os.pathsep.join(map(str, path)), **given}

    def command(self, *words: str) -> list[str]:
        """Return a command as the image's user, who may read everything, and write nothing else.

        Reading is allowed since the machine's Python and the packages may be in private folders.
        """
        if self.user is None:
            return list(words)
        ids = [f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        reads = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
        return ["setpriv", *ids, *reads, "--bounding-set=-all,+dac_read_search", *words]

    def run(self, *words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a command in the image's working directory to its end."""
        return subprocess.run(
            self.command(*words), cwd=self.place("."), env=environment,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip


def _installed(stage: Stage) -> Path:
    """Return the image's packages, installed once from this lock as the Dockerfile has it."""
    step = stage.last("RUN")
    lock = ROOT / "requirements.lock"
    inputs = json.dumps([step, lock.read_text(), sys.version])
    target = cache() / "images" / f"packages-{hashlib.sha256(inputs.encode()).hexdigest()[:12]}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not (target / ".complete").exists():
            shutil.rmtree(target, ignore_errors=True)
            with ticking("Installing the packages of the API's image"):
                _run_step(step.replace(_PACKAGES, str(target)))
            (target / ".complete").touch()
    return target


def _run_step(step: str) -> None:
    """Run a RUN of the Dockerfile, with the machine's own Python by the name that it has there."""
    with TemporaryDirectory() as folder:
        python = Path(folder, "python")
        base = Path(sys.executable).resolve()
        python.write_text(f'#!/bin/sh\nexec "{base}" "$@"\n')
        python.chmod(0o755)
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(
            ["/bin/sh", "-euc", step], cwd=ROOT, env={**os.environ, "PATH": path},
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def _built_pages() -> Path:
    ensure_built()
    return FOLDER / "dist"


def _ignored(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if CONTEXT.is_ignored(Path(folder) / name)}


def _put(made: Path, target: Path) -> None:
    """Have what another stage made in the image: a program as a copy, a folder as a link."""
    if made.is_file():
        shutil.copy(made, target)
    else:
        target.symlink_to(made)


def _change_modes(root: Path, *, add: int = 0, remove: int = 0) -> None:
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod((path.stat().st_mode | add) & ~remove)
