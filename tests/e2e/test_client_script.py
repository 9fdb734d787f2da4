"""The client script of the README, run as a user runs it."""

import subprocess
import sys

from tests.e2e.service import ROOT, Service


def test_script_creates_follows_and_deletes(service: Service) -> None:
    token = service.token("script")
    environment = {
        **service.environment,
        "STORE_PLATFORM_TOKEN": token,
        "STORE_PLATFORM_URL": f"{service.url.replace('http', 'ws')}/graphql",
    }
    command = [sys.executable, "tests/e2e/create_and_follow.py", "from-a-script"]

    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "READY: http://from-a-script.store.localhost" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("DELETED: ")


def test_readme_names_the_script() -> None:
    assert "tests/e2e/create_and_follow.py" in (ROOT / "README.md").read_text()
