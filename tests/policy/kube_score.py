"""kube-score, which looks at objects together: a pod with its policies, budgets and probes."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.local.cluster.tools import KUBE_SCORE, ensure
from tests.charts.rendering import KUBERNETES, Object

_WORST_THAT_IS_WELL = 10
"""The grade of a check that has nothing to say; lower ones are suggestions, warnings and errors."""


@dataclass(frozen=True, slots=True)
class KubeScore:
    """kube-score for the Kubernetes that the charts are rendered for."""

    program: Path

    @classmethod
    def ensure(cls) -> "KubeScore":
        return cls(ensure(KUBE_SCORE))

    def findings(
        self, objects: Sequence[Object], optional: Sequence[str] = ()
    ) -> set[tuple[str, str]]:
        """Return (check, object) of all that it finds, by its own checks and by optional ones."""
        chosen = [word for check in optional for word in ("--enable-optional-test", check)]
        done = subprocess.run(
            [str(self.program), "score", "--output-format", "json",
             "--kubernetes-version", f"v{KUBERNETES}", *chosen, "-"],
            input=yaml.safe_dump_all(objects), capture_output=True, text=True, check=False,
            timeout=120,
        )  # fmt: skip
        assert done.returncode in {0, 1}, done.stderr
        return {
            (check["check"]["id"], f"{scored['type_meta']['kind']}/{scored['object_meta']['name']}")
            for scored in json.loads(done.stdout)
            for check in scored["checks"]
            if not check["skipped"] and check["grade"] < _WORST_THAT_IS_WELL
        }
