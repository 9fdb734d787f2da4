"""The Medusas that the tests on real nodes upgrade from and to, beside the product's own."""

import json
from pathlib import Path

from app.local.images.recipes import recipes
from provisioner.domain.engines import load_engine
from tests.charts.rendering import MEDUSA as CHART
from tests.real.versions import charts
from tests.real.versions.images import OLDER, PACKAGES, older_recipe


def test_the_older_one_has_the_packages_of_the_present_one_but_for_medusas_own() -> None:
    older, present = (
        json.loads((folder / "package.json").read_text()) for folder in (PACKAGES, CHART / "image")
    )
    version = present["dependencies"]["@medusajs/medusa"]
    assert older == json.loads(json.dumps(present).replace(f'"{version}"', f'"{OLDER}"'))
    assert version != OLDER


def test_its_lock_names_digests_and_no_registry() -> None:
    packages = json.loads((PACKAGES / "package-lock.json").read_text())["packages"]
    assert packages.pop("")["dependencies"]["@medusajs/medusa"] == OLDER
    for name, package in packages.items():
        assert package.get("inBundle", False) or package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def test_it_is_made_as_the_present_one_is() -> None:
    present = recipes("medusa")[0]
    with older_recipe() as older:
        assert (older.dockerfile, older.target) == (present.dockerfile, present.target)
        assert older.reference == f"docker.io/store-platform/medusa:{OLDER}"
        theirs, ours = _contents(older.context), _contents(present.context)
    assert {name for name in ours if theirs[name] != ours[name]} == {
        "image/package.json", "image/package-lock.json",
    }  # fmt: skip
    assert theirs.keys() == ours.keys()


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_each_version_follows_the_one_before(tmp_path: Path) -> None:
    charts.write_charts(tmp_path / "charts")
    engine = load_engine(tmp_path / "charts" / "medusa")
    after = {
        version.name: {following.name for following in engine.versions_after(version.name)}
        for version in engine.versions
    }
    assert engine.default_version.name == charts.PRESENT
    assert after == {
        charts.OLD: {charts.PRESENT},
        charts.PRESENT: {charts.MIGRATION_FAILS, charts.IMAGE_IS_MISSING},
        charts.MIGRATION_FAILS: set(),
        charts.IMAGE_IS_MISSING: set(),
    }
    assert OLDER.startswith(f"{charts.OLD}.")
