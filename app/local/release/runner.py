"""Runs the commands of a release, or prints them."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.local.cluster.progress import say
from app.local.release.errors import ReleaseError

_ERROR_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs programs in a folder, each with its arguments as a list."""

    folder: Path
    is_dry: bool = False
    """Print what would be done, as a JSON list a line, and change nothing."""

    def run(self, *command: str) -> str:
        """Run a command that changes something, and return its output. Raises ReleaseError.

        What it says besides goes to the terminal: builds take long.
        """
        if self.is_dry:
            print(json.dumps(command, ensure_ascii=False), flush=True)
            return ""
        say(f"$ {' '.join(command)}")
        done = self._done(command, stderr=None)
        if done.returncode != 0:
            raise ReleaseError(f"{' '.join(command)} failed: it says why above.")
        return done.stdout

    def ask(self, *command: str) -> str:
        """Return the output of a command that only reads, in a dry run too. Raises ReleaseError."""
        done = self._done(command, stderr=subprocess.PIPE)
        if done.returncode != 0:
            said = done.stderr.strip()[-_ERROR_CHARACTERS:]
            raise ReleaseError(f"{' '.join(command)} failed:\n{said}")
        return done.stdout.strip()

    def succeeds(self, *command: str) -> bool:
        """Tell whether a command that only reads ends well."""
        return self._done(command, stderr=subprocess.PIPE).returncode == 0

    def write(self, file: Path, text: str) -> None:
        """Write a file, with the folder that it is in."""
        if self.is_dry:
            say(f"{file} would be written.")
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def _done(self, command: Sequence[str], stderr: int | None) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=stderr, text=True, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise ReleaseError(f"There is no {command[0]}. Install it, then try again.") from error
