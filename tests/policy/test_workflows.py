"""The workflows of GitHub Actions: well-formed, with pinned actions and no right too many."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import ROOT
from tests.policy.actionlint import Actionlint

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
RIGHTS = {
    ("test", "test"): {"contents": "read"},
    ("release", "test"): {"contents": "read"},
    ("release", "publish"): {"contents": "read", "packages": "write", "id-token": "write"},
    ("release", "page"): {"contents": "write"},
}
"""By workflow and job; a job has no others, since the workflow itself gives none."""
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.fixture(scope="module")
def actionlint() -> Actionlint:
    return Actionlint.ensure()


def read(workflow: Path) -> dict[str, Any]:
    """Return a workflow as it is written: `on` is no boolean there."""
    found: dict[str, Any] = yaml.load(workflow.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - strings only
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_actionlint_finds_nothing(actionlint: Actionlint, workflow: Path) -> None:
    assert actionlint.findings(workflow) == []


def test_actionlint_does_find_something(actionlint: Actionlint, tmp_path: Path) -> None:
    careless = tmp_path / "careless.yaml"
    careless.write_text(
        "on: push\njobs: {a: {runs-on: ubuntu-1, steps: [{run: 'echo ${{ github.nothing }}'}]}}\n"
    )
    rules = {line.rpartition("[")[2] for line in actionlint.findings(careless)}
    assert rules == {"runner-label]", "expression]"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_to_commits(workflow: Path) -> None:
    used = re.findall(r"uses: (.+)", workflow.read_text())
    others = [action for action in used if not action.startswith("./")]
    assert others
    assert [action for action in others if _PINNED.fullmatch(action) is None] == []


def test_jobs_have_the_rights_that_they_need() -> None:
    found = {}
    for workflow in WORKFLOWS:
        written = read(workflow)
        assert written["permissions"] == {}
        for name, job in written["jobs"].items():
            found[workflow.stem, name] = job["permissions"]
    assert found == RIGHTS


def test_when_they_run() -> None:
    test, release = (
        read(ROOT / ".github/workflows" / f"{name}.yaml") for name in ("test", "release")
    )
    assert test["on"].keys() == {"push", "pull_request", "workflow_call"}
    assert release["on"] == {"push": {"tags": ["v*"]}}
    assert release["jobs"]["publish"]["needs"] == "test"
    assert release["jobs"]["page"]["needs"] == "publish"


def test_what_they_run() -> None:
    commands = {
        (workflow.stem, step["name"]): step["run"]
        for workflow in WORKFLOWS
        for job in read(workflow)["jobs"].values()
        for step in job.get("steps", [])
        if "run" in step
    }
    assert commands["test", "Run .ci/run"].endswith(" .ci/run")
    assert commands["release", "Publish"].startswith("make release-publish ")
