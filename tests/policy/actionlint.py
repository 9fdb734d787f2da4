"""actionlint, which knows the syntax of GitHub's workflows, their expressions and contexts."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.local.cluster.tools import ACTIONLINT, ensure


@dataclass(frozen=True, slots=True)
class Actionlint:
    """actionlint alone, without the linters of scripts that a machine may have or not."""

    program: Path

    @classmethod
    def ensure(cls) -> "Actionlint":
        return cls(ensure(ACTIONLINT))

    def findings(self, workflow: Path) -> list[str]:
        """Return what it finds, as lines: place, message and rule."""
        done = subprocess.run(
            [str(self.program), "-oneline", "-no-color", "-shellcheck=", "-pyflakes=",
             str(workflow)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout.splitlines()
