"""The shop front of a Medusa store: its own tests, which run on Node, and its types."""

import os
import subprocess
from pathlib import Path

import pytest

from app.local import frontend
from tests.storefront.running import STOREFRONT

TESTS = sorted(file.name for file in (STOREFRONT / "test").glob("*.test.js"))


@pytest.mark.parametrize("file", TESTS)
def test_storefront(file: str) -> None:
    done = subprocess.run(
        [frontend.node(), "--test", f"test/{file}"],
        cwd=STOREFRONT, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_types() -> None:
    """The comments of the JavaScript are its types; TypeScript is the dashboard's."""
    compiler = Path("node_modules", "typescript", "bin", "tsc")
    done = frontend.run_script(compiler, "--project", str(STOREFRONT), environment={})
    assert done.returncode == 0, done.stdout + done.stderr
