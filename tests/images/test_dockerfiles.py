"""What holds for every Dockerfile, beyond what the linters look for."""

import json
import re
from pathlib import Path

import pytest
import yaml

from app.local.cluster import toolchain
from app.local.images.bases import NODE_PACKAGES
from app.local.images.dockerfile import bases, stages
from app.local.kind.images import builds
from tests.charts.rendering import PLATFORM as PLATFORM_CHART
from tests.charts.rendering import WOOCOMMERCE
from tests.images.dockerfile import CONTEXT, DOCKERFILES, MAIL, MEDUSA, PLATFORM, ROOT, SHOP

PINNED = re.compile(r"^docker\.io/[\w.-]+/[\w.-]+:[\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$")


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_base_is_named_with_registry_and_version(file: Path) -> None:
    found = stages(file)
    for stage in found.values():
        assert stage.base in found or PINNED.match(stage.base), stage.base


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_base_may_be_given_by_digest(file: Path) -> None:
    """Which digest is right is known to whoever builds, with a registry at hand."""
    named = re.findall(r"^FROM (\S+)", file.read_text(), re.MULTILINE)
    given = {f"${{{name}}}" for name in bases(file)}
    assert given <= set(named)
    assert set(named) - given <= set(stages(file))
    digest = f"sha256:{'0' * 64}"
    assert all(PINNED.match(f"{base}@{digest}") for base in bases(file).values())
    assert "$(IMAGE_BASES)" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    ("file", "name"),
    [(PLATFORM, "api"), (PLATFORM, "dashboard"), (SHOP, ""), (MEDUSA, "server"),
     (MEDUSA, "storefront"), (MAIL, "")],
)  # fmt: skip
def test_every_image_is_nobodys_and_tells_its_health(file: Path, name: str) -> None:
    stage = stages(file)[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", stage.last("USER"))
    assert stage.last("EXPOSE") == "8080"
    assert stage.words("HEALTHCHECK")


def test_nothing_that_is_copied_is_kept_from_the_build() -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    sources = [
        source
        for stage in stages(PLATFORM).values()
        for copied in stage.copies
        if copied.stage is None
        for source in copied.sources
    ]
    for source in sources:
        assert (ROOT / source).exists()
        assert not CONTEXT.is_ignored(ROOT / source)
        assert any(source == root or source.startswith(f"{root}/") for root in allowed), source


def test_what_the_build_is_not_given() -> None:
    for name in ("charts/store-platform", "charts/woocommerce/image", "dashboard/node_modules"):
        assert CONTEXT.is_ignored(ROOT / name / "anything")


def test_kind_is_given_what_the_makefile_builds() -> None:
    makefile = (ROOT / "Makefile").read_text()
    shops = [line for line in makefile.splitlines() if "docker build" in line and "charts/" in line]
    built = {**builds("woocommerce"), **builds("medusa")}
    assert len(shops) == len(built)
    for image, options in built.items():
        (line,) = (line for line in shops if f"--tag {image} " in line)
        relative = [option.removeprefix(f"{ROOT}/") for option in options]
        assert all(option in line for option in relative), line


def test_the_images_are_what_the_charts_ask_for() -> None:
    shop = yaml.safe_load((WOOCOMMERCE / "values.yaml").read_text())["wordpress"]
    image = f"{shop['image']['repository']}:{shop['image']['tag']}"
    for text in (SHOP.read_text(), (ROOT / "Makefile").read_text()):
        assert f"--tag {image} " in text
    assert image in builds("woocommerce")
    stage = stages(SHOP)[""]
    assert stage.last("WORKDIR") == shop["documentRoot"]
    assert stage.last("USER") == f"{shop['userId']}:{shop['userId']}"
    assert stage.last("EXPOSE") == str(shop["port"])
    assert f"WOOCOMMERCE_VERSION={image.rsplit('woocommerce', maxsplit=1)[-1]}" in SHOP.read_text()
    platform = yaml.safe_load((PLATFORM_CHART / "values.yaml").read_text())
    version = yaml.safe_load((PLATFORM_CHART / "Chart.yaml").read_text())["appVersion"]
    for name in ("api", "dashboard"):
        tag = f"{platform[name]['image']['repository']}:{version}"
        for text in (PLATFORM.read_text(), (ROOT / "Makefile").read_text()):
            assert f"--target {name} --tag {tag} ." in text


def test_what_the_shops_image_runs_is_in_it() -> None:
    values = yaml.safe_load((WOOCOMMERCE / "values.yaml").read_text())
    commands = [values["wordpress"]["syncCommand"], values["setup"]["command"]]
    commands.append(values["password"]["command"])
    (scripts,) = [c for c in stages(SHOP)[""].copies if c.target == "/usr/local/bin/"]
    assert {words[0] for words in [*commands, values["cron"]["command"]]} == set(scripts.sources)
    for source in scripts.sources:
        assert (SHOP.parent / source).stat().st_mode & 0o111


def test_what_builds_the_images_is_what_the_tests_run_on() -> None:
    found = stages(PLATFORM)
    versions = {name: found[name].base.rpartition(":")[2].partition("-")[0] for name in found}
    assert versions["helm"] == toolchain._PACKAGE.partition("==")[2]
    packages = json.loads((NODE_PACKAGES / "package.json").read_text())["optionalDependencies"]
    assert {versions["pages"]} == set(packages.values())
    assert versions["packages"] == versions["api"]
    assert versions["api"].startswith("3.11.")
