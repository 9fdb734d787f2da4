"""The import contracts of pyproject.toml, and the rules about who may import what."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]
ONLY = {
    "kubernetes_asyncio": {"provisioner/kubernetes/client.py"},
    "databases": {
        "provisioner/storage/database.py",
        "provisioner/storage/postgres.py",
        "provisioner/storage/sqlite.py",
    },
}


def test_import_contracts_hold() -> None:
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("schema/enums.py", "provisioner.domain.stores"),
        ("provisioner/domain/names.py", "provisioner.storage.rows"),
        ("provisioner/storage/rows.py", "provisioner.reconcile.context"),
        ("provisioner/reconcile/context.py", "provisioner.services.store_queries"),
        ("app/http/headers.py", "app.graphql.app"),
        ("app/main.py", "app.local.up"),
        ("app/storectl/wording.py", "provisioner.domain.stores"),
    ],
)
def test_a_layer_that_is_crossed_fails(tmp_path: Path, module: str, imported: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("app", "schema", "resolvers", "provisioner"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    with (tmp_path / module).open("a") as file:
        file.write(f"\nimport {imported}\n")
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert linted.returncode == 1, linted.stderr
    crossing = f"{module.removesuffix('.py').replace('/', '.')} -> {imported}"
    assert crossing in linted.stdout


def test_libraries_stay_behind_their_one_module() -> None:
    found: dict[str, set[str]] = {library: set() for library in ONLY}
    for package in ("app", "schema", "resolvers", "provisioner"):
        for file in (ROOT / package).rglob("*.py"):
            for library in _imported(file) & set(ONLY):
                found[library].add(str(file.relative_to(ROOT)))
    assert found == ONLY


def test_storectl_knows_only_itself() -> None:
    """Also of what comes to ``app`` later, which the contract of pyproject.toml does not name."""
    files = (ROOT / "app" / "storectl").rglob("*.py")
    lines = [
        line.strip()
        for file in files
        for line in re.findall(r"^\s*(?:from|import) app[^#\n]*", file.read_text(), re.MULTILINE)
    ]
    # The version is the package's, which both are part of.
    ours = {line.split()[1] for line in lines if line != "from app import __version__"}
    assert {name for name in ours if not name.startswith("app.storectl")} == set()


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
