"""promtool, which checks rules for Prometheus and tests them over made-up series."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.local.cluster.tools import PROMTOOL, ensure


@dataclass(frozen=True, slots=True)
class Promtool:
    """promtool in a folder, where its files are."""

    program: Path
    folder: Path

    @classmethod
    def ensure(cls, folder: Path) -> "Promtool":
        """Return promtool, building it first if this version never was here."""
        return cls(ensure(PROMTOOL), folder)

    def check(self, groups: Any) -> subprocess.CompletedProcess[str]:
        """Run ``check rules`` over groups of rules. Whatever its linter finds is a failure."""
        (self.folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
        return self._run("check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")

    def test(self, rules: str, tests: str) -> subprocess.CompletedProcess[str]:
        """Run ``test rules``: tests that name their rules as ``alerts.yaml``."""
        (self.folder / "alerts.yaml").write_text(rules)
        (self.folder / "tests.yaml").write_text(tests)
        return self._run("test", "rules", "tests.yaml")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments], cwd=self.folder, env={}, check=False, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
