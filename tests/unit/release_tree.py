"""A repository to make releases of, and what plays the programs that are not here."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.local.release.version import COPIES, SOURCE, current

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = "registry.test/shop"
VERSION = current(ROOT)
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Shops.\n\n## [0.0.1] - 2026-01-02\n"
_REAL = ("git", "tar")
_run = subprocess.run


def digest_of(name: str) -> str:
    """Return the digest that is told of what is pushed under a name."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


class Commands:
    """Plays docker, cosign, helm and Python, and keeps what they were asked; git is real."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failing: tuple[str, ...] = ("helm show",)

    def run(self, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if command[0] in _REAL:
            return _run(command, **options)
        self.asked.append(list(command))
        line = " ".join(command)
        if any(words in line for words in self.failing):
            return subprocess.CompletedProcess(command, 1, "", "it was refused")
        if "--metadata-file" in command:
            result = Path(command[command.index("--metadata-file") + 1])
            told = {"containerimage.digest": digest_of(result.stem)}
            result.write_text(json.dumps(told))
        told_of = f"Digest: {digest_of(Path(command[2]).name)}\n" if "push" in command else ""
        return subprocess.CompletedProcess(command, 0, told_of, "")


class Tree:
    """A git repository with the charts of this one, a changelog, and nothing unfinished."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for file in {place.file for place in (SOURCE, *COPIES)} | {"requirements.lock"}:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
        ignored = shutil.ignore_patterns("image", "storefront")
        shutil.copytree(ROOT / "charts", folder / "charts", ignore=ignored, dirs_exist_ok=True)
        (folder / "CHANGELOG.md").write_text(CHANGELOG)
        (folder / ".gitignore").write_text("build/\n")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("Begin")

    def git(self, *arguments: str) -> str:
        """Run git as nobody in particular, without the machine's configuration."""
        done = _run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, subject: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)

    def state(self) -> tuple[str, str, str, bool]:
        """Return all that a release changes here."""
        return (
            self.git("log", "--format=%H %s"),
            self.git("tag"),
            self.git("status", "--porcelain") + (self.folder / "CHANGELOG.md").read_text(),
            (self.folder / "build").exists(),
        )


GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com",
}  # fmt: skip
