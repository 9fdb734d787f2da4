"""`storectl upgrade` and `rollback`, followed to their ends on a real API server."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.local.cluster import LocalCluster, stages
from tests.e2e import simulated_backups
from tests.e2e.conftest import NewService
from tests.e2e.service import ROOT
from tests.e2e.storectl import Storectl

BROKEN = {"podAnnotations": {stages.BEHAVIOUR: stages.CRASH_LOOP}}
SAVING = ["Check version", "Close shop", "Prepare backup", "Save backup", "Check backup"]
UPDATING = ["Namespace", "Credentials", "Helm install", "Workloads ready", "Setup job",
            "Check shop", "Open shop", "Reachable"]  # fmt: skip
NOT_CHECKED = (
    "Whether it opens at http://new-shop.store.localhost was not checked: on simulated nodes no"
    " shop does."
)


@pytest.fixture
def storectl(
    new_service: NewService, local_cluster: LocalCluster, tmp_path: Path
) -> Iterator[Storectl]:
    """Anna's, on a platform with two versions that follow the present one: the last is broken."""
    charts = tmp_path / "charts"
    ignored = shutil.ignore_patterns("image")
    shutil.copytree(ROOT / "charts" / "woocommerce", charts / "woocommerce", ignore=ignored)
    file = charts / "woocommerce" / "engine.yaml"
    described = yaml.safe_load(file.read_text())
    (present,) = described["versions"]
    following = {**present, "default": False, "follows": [present["name"]]}
    described["versions"] += [
        {**following, "name": "8.0", "whatIsNew": "A faster check-out."},
        {**following, "name": "8.1", "values": {**present["values"], **BROKEN}},
    ]
    file.write_text(yaml.safe_dump(described))
    simulated_backups.make_place(local_cluster)
    service = new_service(STORE_PLATFORM_CHARTS=str(charts), **simulated_backups.SETTINGS)
    service.start()
    made = Storectl(tmp_path / "home", service, service.token("anna"))
    made.ok("create", "new-shop", "--watch")
    yield made
    made.ok("delete", "new-shop", "--yes", "--watch")
    simulated_backups.remove_place(local_cluster)


def statuses(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("new-shop is ")]


def ended(lines: list[str]) -> list[str]:
    return [re.split(r"\s{2,}", line[2:])[0] for line in lines if line.startswith(("✓", "✗", "-"))]


def history(storectl: Storectl) -> list[tuple[str, str]]:
    return [(item["kind"], item["status"]) for item in storectl.json("history", "new-shop")]


def test_an_upgrade_is_watched_and_undone(storectl: Storectl) -> None:
    before = storectl.json("status", "new-shop")["engineVersion"]

    # When the shop is upgraded and watched
    lines = storectl.ok("upgrade", "new-shop", "--version", "8.0", "--yes", "--watch").splitlines()

    # Then each step is a line as it ends, and the watch ends once the shop is open again
    assert ended(lines) == SAVING + UPDATING
    assert statuses(lines)[0] == "new-shop is READY, and is being upgraded to 8.0."
    assert "new-shop is UPDATING, and is being upgraded to 8.0." in lines
    assert statuses(lines)[-1] == "new-shop is READY."
    assert lines[-1] == (
        "new-shop has version 8.0 now. As it was before, it is backup 2. To go back to it: storectl"
        f" rollback new-shop. {NOT_CHECKED}"
    )
    shown = storectl.json("status", "new-shop")
    assert (shown["status"], shown["engineVersion"], shown["nextVersion"]) == ("READY", "8.0", None)
    assert (shown["wayBack"]["number"], shown["wayBack"]["engineVersion"]) == (2, before)

    # When it is undone and watched
    lines = storectl.ok("rollback", "new-shop", "--yes", "--watch").splitlines()

    # Then the shop has the version of before
    assert statuses(lines)[0] == "new-shop is READY, and a backup is being restored in its place."
    assert "new-shop is READY." in statuses(lines)
    assert lines[-1] == (
        f"new-shop is back at version {before}. As it was before, it is backup 3. {NOT_CHECKED}"
    )
    shown = storectl.json("status", "new-shop")
    assert (shown["status"], shown["engineVersion"], shown["wayBack"]) == ("READY", before, None)
    assert history(storectl) == [
        ("RESTORE", "SUCCEEDED"), ("UPGRADE", "SUCCEEDED"), ("CREATE", "SUCCEEDED"),
    ]  # fmt: skip


def test_a_failed_upgrade_is_watched_until_the_shop_is_back(storectl: Storectl) -> None:
    before = storectl.json("status", "new-shop")["engineVersion"]

    # When the shop gets a version whose containers crash
    done = storectl.run("upgrade", "new-shop", "--version", "8.1", "--yes", "--watch")

    # Then that is told at once, and the watch goes on until the shop is as it was
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    (failed,) = [at for at, line in enumerate(lines) if line.startswith("The upgrade failed: ")]
    assert lines[failed + 1] == "The shop is being brought back as it was."
    assert statuses(lines[:failed])[-1] == "new-shop is UPDATING, and is being upgraded to 8.1."
    assert "new-shop is QUEUED, and is being brought back as it was." in lines[failed:]
    assert statuses(lines)[-1] == "new-shop is READY."
    told = done.stderr.splitlines()
    assert told[0].startswith("new-shop was not upgraded to version 8.1. ")
    assert told[-1] == "new-shop is back as it was."
    shown = storectl.json("status", "new-shop")
    assert (shown["status"], shown["engineVersion"], shown["nextVersion"]) == (
        "READY",
        before,
        None,
    )
    assert history(storectl) == [
        ("RESTORE", "SUCCEEDED"), ("UPGRADE", "FAILED"), ("CREATE", "SUCCEEDED"),
    ]  # fmt: skip
