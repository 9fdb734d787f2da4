"""The rule for keeping backups is that of restic's own ``forget``."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.local.cluster.tools import RESTIC, ensure
from provisioner.domain.backup_retention import StoredBackups, expendable
from provisioner.domain.backups import Keep
from tests.backups import a_backup

NOW = datetime(2026, 6, 3, 23, 0, tzinfo=UTC)
HOURS_AGO = (0, 2, 25, 30, 49, 100, 170, 175, 200, 340, 500, 700, 760, 1100, 1500, 2200, 2300, 3000)
"""Two on some days, a week without any, and more months than are kept."""


def test_both_keep_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a shop")
    environment = {
        "RESTIC_REPOSITORY": str(tmp_path / "repository"), "RESTIC_PASSWORD": "secret",
        "HOME": str(tmp_path), "PATH": os.environ["PATH"], "TZ": "UTC",
    }  # fmt: skip

    def restic(*arguments: str) -> str:
        return subprocess.run(
            [ensure(RESTIC), "--no-cache", *arguments],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    times = [NOW - timedelta(hours=ago) for ago in reversed(HOURS_AGO)]
    restic("init")
    for moment in times:
        restic("backup", "--host=shop", f"--time={moment:%Y-%m-%d %H:%M:%S}", "file")
    said = restic(
        "forget", "--dry-run", "--json", "--keep-within=2d", "--keep-daily=3", "--keep-weekly=3",
        "--keep-monthly=3",
    )  # fmt: skip

    backups = [a_backup("s", number, made_at) for number, made_at in enumerate(times)]
    gone = expendable(StoredBackups("s", None, backups), Keep(timedelta(days=2), 3, 3, 3), NOW)
    removed = {snapshot["time"][:19] for snapshot in json.loads(said)[0]["remove"]}
    assert {backup.made_at.isoformat()[:19] for backup in gone} == removed
    assert 0 < len(removed) < len(times)
