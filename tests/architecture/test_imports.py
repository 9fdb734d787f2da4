"""The import contracts of pyproject.toml, and the rules about who may import what."""

import ast
import re
from pathlib import Path

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


def test_libraries_stay_behind_their_one_module() -> None:
    found: dict[str, set[str]] = {library: set() for library in ONLY}
    for package in ("app", "schema", "resolvers", "provisioner"):
        for file in (ROOT / package).rglob("*.py"):
            for library in _imported(file) & set(ONLY):
                found[library].add(str(file.relative_to(ROOT)))
    assert found == ONLY


def test_storectl_knows_only_itself() -> None:
    """Also of what comes to ``app`` later, which the contract of pyproject.toml does not name."""
    ours = {
        name
        for file in (ROOT / "app" / "storectl").rglob("*.py")
        for name in re.findall(r"^\s*(?:from|import) (app\S*)", file.read_text(), re.MULTILINE)
    }
    assert {name for name in ours if not name.startswith("app.storectl")} == set()


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
