"""The wheel that `pip install .` and `pipx install .` make, and storectl run from it."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from email import message_from_string
from pathlib import Path

import pytest

from app.storectl import __file__ as storectl

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "provisioner", "resolvers", "schema")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made of a copy: making one leaves files in the folder of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    for package in (*PACKAGES, "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, sources / package, ignore=ignored)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, sources)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder,
         sources],
        check=True, timeout=240,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


def test_what_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        facts = message_from_string(opened.read(metadata).decode())
        points = opened.read(metadata.replace("METADATA", "entry_points.txt")).decode()

    folders = {name.partition("/")[0] for name in names}
    assert folders == {*PACKAGES, metadata.partition("/")[0]}
    assert [name for name in names if name.startswith("app/local")] == []
    ours = Path(storectl).parent
    modules = {f"app/storectl/{path.relative_to(ours)}" for path in ours.rglob("*.py")}
    assert {name for name in names if name.startswith("app/storectl/")} == modules
    assert points.split() == [
        "[console_scripts]", "storectl", "=", "app.storectl.__main__:main",
    ]  # fmt: skip
    assert "mcp" in facts.get_all("Provides-Extra", [])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--version"], "storectl 0.1.0\n"),
        (["--help"], "Usage: storectl [OPTIONS] COMMAND [ARGS]...\n"),
        (["profiles", "list"], "There are no profiles.\n"),
    ],
)
def test_storectl_runs_from_it(
    wheel: Path, tmp_path: Path, arguments: Sequence[str], says: str
) -> None:
    kept = {key: v for key, v in os.environ.items() if not key.startswith("STORE_PLATFORM_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.storectl", *arguments],
        cwd=tmp_path, env=kept | {"PYTHONPATH": str(wheel), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(says)


def test_what_takes_long_is_imported_only_where_it_is_needed() -> None:
    """``--version``, ``--help`` and the completion of commands answer at once."""
    late = ("asyncio", "gql", "httpx", "mcp", "pydantic", "rich.console", "websockets")
    code = f"import app.storectl.cli, sys; print([name for name in {late} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        timeout=60,
    )  # fmt: skip
    assert done.stdout == "[]\n"
