"""On SQLite one service works alone: a second refuses to start, and changes nothing."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.api.conftest import running_service
from tests.e2e.service import ROOT, Service

SECONDS = 120


def command(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=ROOT, env=service.environment,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def test_a_second_service_on_the_same_file(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        assert service.process is not None
        environment = {"STORE_PLATFORM_PORT": "0"}
        service.settings |= environment
        refused = command(service, "serve")
        assert refused.returncode != 0
        assert (
            f"Another service (process {service.process.pid}) works on the database"
            f" {tmp_path}/platform.db, and a SQLite file is for one service"
            in refused.stdout
            + refused.stderr
        )
        del service.settings["STORE_PLATFORM_PORT"]
        assert service.status("/livez")[0] == 200

        # The other commands need the file for a moment, and do not work on stores
        made = command(service, "token", "create", "somebody")
        assert (made.returncode, made.stderr) == (0, "")
        # But what is written after a copy would be lost
        copying = ("database", "copy", "--to", f"sqlite:///{tmp_path}/copy.db")
        copied = command(service, *copying)
        assert (copied.returncode, copied.stdout) == (2, "")
        assert "Another service" in copied.stderr
        assert not (tmp_path / "copy.db").exists()

        # However the first ends, the next may start
        service.stop(signal.SIGKILL)
        copied = command(service, *copying)
        assert copied.returncode == 0, copied.stderr
        service.start(wait_until_ready=False)
        assert service.status("/livez")[0] == 200
