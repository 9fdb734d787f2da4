"""Setting the version of everything, and finding what differs."""

import shutil
from pathlib import Path

import pytest

from app.local.release.errors import ReleaseError
from app.local.release.version import COPIES, SOURCE, current, differences, set_version

ROOT = Path(__file__).resolve().parents[2]
FILES = {place.file for place in (SOURCE, *COPIES)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy what has a version, from this very tree."""
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def contents(tree: Path) -> dict[str, str]:
    return {file: (tree / file).read_text() for file in FILES}


def test_all_places_get_the_version(tree: Path) -> None:
    before = contents(tree)
    set_version(tree, "7.8.9")
    assert current(tree) == "7.8.9"
    assert list(differences(tree)) == []
    assert 'version = "7.8.9"' in (tree / "pyproject.toml").read_text()
    assert "tag: 7.8.9" in (tree / "charts/medusa/values.yaml").read_text()
    assert "api:7.8.9 dashboard:7.8.9 medusa:2." in (tree / "docs/kubernetes.md").read_text()
    set_version(tree, current(ROOT))
    assert contents(tree) == before


def test_what_differs_is_named(tree: Path) -> None:
    chart = tree / "charts/store-platform/Chart.yaml"
    chart.write_text(chart.read_text().replace(f"\nversion: {current(ROOT)}", "\nversion: 9.9.9"))
    assert list(differences(tree)) == [
        "charts/store-platform/Chart.yaml has 9.9.9 after '^version: '"
    ]


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3-rc.1", "1.2.3\n", ""])
def test_what_is_no_version(tree: Path, version: str) -> None:
    before = contents(tree)
    with pytest.raises(ReleaseError, match="is no version"):
        set_version(tree, version)
    assert contents(tree) == before


def test_a_place_that_is_gone_is_named_and_nothing_is_written(tree: Path) -> None:
    (tree / "Dockerfile").write_text("FROM scratch\n")
    before = contents(tree)
    with pytest.raises(ReleaseError, match=r"^Dockerfile has no version after "):
        set_version(tree, "7.8.9")
    assert contents(tree) == before
