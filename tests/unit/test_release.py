"""What `make release` asks of git, Docker, cosign and helm, in which order, and when it refuses.

git is the real one, in a repository of the test's; Docker, cosign and the registry are played.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from app.local.release import __main__ as command
from app.local.release.steps import CHARTS
from tests.unit.release_tree import (
    CHANGELOG,
    GIT_ENVIRONMENT,
    REGISTRY,
    VERSION,
    Commands,
    Tree,
    digest_of,
)  # fmt: skip

TAG = f"v{VERSION}"
OPTIONS = (VERSION, "--registry", REGISTRY)
IMAGES = ("medusa", "medusa-storefront", "woocommerce", "api", "dashboard")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    for name, value in GIT_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WOOCOMMERCE_SHA256", "0" * 64)
    made = Tree(tmp_path)
    monkeypatch.setattr(command, "_ROOT", tmp_path)
    monkeypatch.setattr(command, "ensure_helm", lambda: Path("helm"))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return made


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    played = Commands()
    monkeypatch.setattr(subprocess, "run", played.run)
    return played


def repository(image: str) -> str:
    return f"{REGISTRY}/store-platform-{image}"


def build(tree: Tree, image: str, *rest: str) -> list[str]:
    return [
        "docker", "buildx", "build", "--platform", "linux/amd64,linux/arm64", "--sbom=true",
        "--provenance=mode=max",
        "--output", f"type=image,name={repository(image)},push-by-digest=true,push=true",
        "--metadata-file", f"{tree.folder}/build/release/{VERSION}/images/{image}.json", *rest,
    ]  # fmt: skip


def expected(tree: Tree, digest: Callable[[str], str]) -> list[list[str]]:
    """Return every command of the publishing that is not git's or tar's."""
    folder = f"{tree.folder}/build/release/{VERSION}"
    python = f"{folder}/tools/bin/python"
    medusa = ("--file", "charts/medusa/image/Dockerfile", "--target")
    builds = {
        "medusa": (*medusa, "server", "charts/medusa"),
        "medusa-storefront": (*medusa, "storefront", "charts/medusa"),
        "woocommerce": ("--build-arg", "WOOCOMMERCE_SHA256", "charts/woocommerce/image"),
        "api": ("--target", "api", "."),
        "dashboard": ("--target", "dashboard", "."),
    }
    tags = ("2.21.2", VERSION, "7.1-woocommerce10.7.0", VERSION, VERSION)
    packages = f"{folder}/packages/store_platform-{VERSION}"
    charts = {chart: f"{chart}-{VERSION}.tgz" for chart in CHARTS}
    return [
        *(
            step
            for image, rest in builds.items()
            for step in (
                build(tree, image, *rest),
                ["cosign", "sign", "--yes", f"{repository(image)}@{digest(image)}"],
            )
        ),
        *(
            ["helm", "package", f"{folder}/source/charts/{chart}",
             "--destination", f"{folder}/charts"]
            for chart in charts
        ),
        [sys.executable, "-m", "venv", "--clear", f"{folder}/tools"],
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
         "--requirement", "app/local/release/requirements.lock"],
        [python, "-m", "build", "--no-isolation", "--outdir", f"{folder}/packages",
         f"{folder}/source"],
        [python, "-m", "cyclonedx_py", "requirements", "--output-reproducible",
         "--pyproject", f"{folder}/source/pyproject.toml", "--output-file", f"{packages}.cdx.json",
         f"{folder}/source/requirements.lock"],
        *(
            ["cosign", "sign-blob", "--yes", "--bundle", f"{file}.sigstore.json", file]
            for file in (f"{packages}-py3-none-any.whl", f"{packages}.tar.gz",
                         f"{packages}.cdx.json")
        ),
        *(
            ["docker", "buildx", "imagetools", "create", "--tag", f"{repository(image)}:{tag}",
             f"{repository(image)}@{digest(image)}"]
            for image, tag in zip(IMAGES, tags, strict=True)
        ),
        *(
            step
            for chart, archive in charts.items()
            for step in (
                ["helm", "push", f"{folder}/charts/{archive}", f"oci://{REGISTRY}/charts"],
                ["cosign", "sign", "--yes", f"{REGISTRY}/charts/{chart}@{digest(archive)}"],
            )
        ),
    ]  # fmt: skip


def test_a_release_from_this_machine(tree: Tree, commands: Commands) -> None:
    assert command.main(["all", *OPTIONS]) == 0

    chart = f"oci://{REGISTRY}/charts/store-platform"
    asked = ["helm", "show", "chart", chart, "--version", VERSION]
    assert commands.asked == [asked, *expected(tree, digest_of)]
    log, tags, changelog, _ = tree.state()
    assert [line.split(maxsplit=1)[1] for line in log.splitlines()] == [
        f"Release {VERSION}", "Begin"
    ]  # fmt: skip
    assert tags == TAG
    assert tree.git("tag", "--points-at", "HEAD") == TAG
    today = datetime.now(UTC).date().isoformat()
    heading = f"## [Unreleased]\n\n## [{VERSION}] - {today}\n"
    assert changelog == CHANGELOG.replace("## [Unreleased]\n", heading)
    notes = tree.folder / "build" / "release" / VERSION / "notes.md"
    assert notes.read_text() == "### Added\n\n- Shops.\n"


@pytest.mark.usefixtures("commands")
def test_the_charts_of_a_release_name_its_images_by_digest(tree: Tree) -> None:
    command.main(["all", *OPTIONS])

    charts = tree.folder / "build" / "release" / VERSION / "source" / "charts"
    values = {name: yaml.safe_load((charts / name / "values.yaml").read_text()) for name in CHARTS}
    found = {
        name: values[chart][component]["image"]
        for name, chart, component in (
            ("medusa", "medusa", "medusa"),
            ("medusa-storefront", "medusa", "storefront"),
            ("woocommerce", "woocommerce", "wordpress"),
            ("api", "store-platform", "api"),
            ("dashboard", "store-platform", "dashboard"),
        )
    }
    assert {name: image["repository"] for name, image in found.items()} == {
        name: repository(name) for name in IMAGES
    }
    assert found["medusa"]["tag"] == f"2.21.2@{digest_of('medusa')}"
    assert found["medusa-storefront"]["tag"] == f"{VERSION}@{digest_of('medusa-storefront')}"
    assert found["woocommerce"]["tag"] == f"7.1-woocommerce10.7.0@{digest_of('woocommerce')}"
    for name in ("api", "dashboard"):
        assert (found[name]["tag"], found[name]["digest"]) == ("", digest_of(name))
    engine = yaml.safe_load((charts / "medusa" / "engine.yaml").read_text())
    assert engine["versions"][0]["values"] == {
        "medusa": {"image": {"tag": f"2.21.2@{digest_of('medusa')}"}}
    }
    production = (charts / "store-platform" / "values-prod.yaml").read_text()
    assert "ghcr.io/example" not in production
    assert f"repository: {REGISTRY}/store-platform-api," in production
    assert tree.git("status", "--porcelain") == ""  # the tree itself is as it was


def test_a_dry_run_prints_the_commands_and_changes_nothing(
    tree: Tree, commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree.state()
    assert command.main(["all", *OPTIONS, "--dry-run"]) == 0

    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    folder = f"{tree.folder}/build/release/{VERSION}"
    message = f"Release {VERSION}"
    assert printed == [
        ["git", "commit", "--message", message, "--", "CHANGELOG.md"],
        ["git", "tag", "--annotate", "--message", message, TAG],
        ["git", "archive", "--output", f"{folder}/source.tar", TAG],
        ["tar", "--extract", "--file", f"{folder}/source.tar", "--directory", f"{folder}/source"],
        *expected(tree, lambda _: f"sha256:{'0' * 64}"),
    ]
    assert commands.asked == []
    assert tree.state() == before


def write(file: str, text: str) -> Callable[[Tree], object]:
    return lambda tree: (tree.folder / file).write_text(text)


def committed(change: Callable[[Tree], object]) -> Callable[[Tree], object]:
    def change_and_commit(tree: Tree) -> None:
        change(tree)
        tree.commit("Change")

    return change_and_commit


REFUSED: dict[str, tuple[Callable[[Tree], object], str]] = {
    "a dirty tree": (write("new.txt", "x"), r"not committed.*\n\?\? new.txt"),
    "a version that has a tag": (lambda tree: tree.git("tag", TAG), f"{TAG} is there already"),
    "nothing unreleased": (
        committed(write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n### Added\n")),
        r"says nothing below `## \[Unreleased\]`",
    ),
    "another version": (
        committed(write("pyproject.toml", '[project]\nversion = "9.9.9"\n')),
        f"pyproject.toml has 9.9.9, not {VERSION}",
    ),
    "versions that differ": (
        committed(write("app/__init__.py", '__version__ = "9.9.9"\n')),
        r"make version VERSION=.*\n  app/__init__.py has 9.9.9 after",
    ),
}


@pytest.mark.parametrize("step", ["all", "prepare"])
@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(
    tree: Tree, commands: Commands, capsys: pytest.CaptureFixture[str],
    step: str, change: Callable[[Tree], object], said: str,
) -> None:  # fmt: skip
    change(tree)
    before = tree.state()
    assert command.main([step, *OPTIONS]) == 1
    assert re.search(said, capsys.readouterr().err, re.DOTALL)
    assert tree.state() == before
    assert commands.asked == []


@pytest.mark.usefixtures("commands")
def test_a_preparation_that_fails_leaves_nothing(tree: Tree) -> None:
    hook = tree.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = tree.state()
    assert command.main(["prepare", *OPTIONS]) == 1
    assert tree.state() == before


def test_preparing_publishes_nothing(tree: Tree, commands: Commands) -> None:
    assert command.main(["prepare", VERSION]) == 0
    assert tree.git("tag", "--points-at", "HEAD") == TAG
    assert commands.asked == []


@pytest.mark.parametrize("failing", ["--target dashboard", "cosign sign --yes", "-m build"])
@pytest.mark.usefixtures("tree")
def test_nothing_gets_a_name_if_a_step_fails(commands: Commands, failing: str) -> None:
    commands.failing = ("helm show", failing)
    assert command.main(["all", *OPTIONS]) == 1
    assert failing in " ".join(commands.asked[-1])
    assert not [line for line in commands.asked if "imagetools" in line or "push" in line]


def test_a_tag_that_is_checked_out_is_published(tree: Tree, commands: Commands) -> None:
    command.main(["prepare", VERSION])
    assert command.main(["from-tag", *OPTIONS]) == 0
    assert commands.asked[1:] == expected(tree, digest_of)


def test_the_steps_alone_do_the_same(tree: Tree, commands: Commands) -> None:
    command.main(["prepare", VERSION])
    for step in ("images", "charts", "packages", "notes", "publish"):
        assert command.main([step, *OPTIONS]) == 0
    asked = [line for line in commands.asked if line[:2] != ["helm", "show"]]
    assert asked == expected(tree, digest_of)


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("step", ["charts", "publish"])
def test_a_step_without_the_images_says_so(
    commands: Commands, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    command.main(["prepare", VERSION])
    assert command.main([step, *OPTIONS]) == 1
    assert "Run the step `images` first." in capsys.readouterr().err
    assert [line[:2] for line in commands.asked] == [["helm", "show"]]


def test_what_is_not_tagged_is_not_published(
    tree: Tree, commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["prepare", VERSION])
    (tree.folder / "later.txt").write_text("x")
    tree.commit("Go on")
    assert command.main(["from-tag", *OPTIONS]) == 1
    assert f"{TAG} is not what is checked out." in capsys.readouterr().err
    assert commands.asked == []


def test_what_is_published_is_not_published_again(
    tree: Tree, commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.failing = ()
    before = tree.state()
    assert command.main(["all", *OPTIONS]) == 1
    assert f"has {VERSION} already: it is published." in capsys.readouterr().err
    assert tree.state() == before
    assert len(commands.asked) == 1


def test_what_is_missing_here_is_named(
    tree: Tree,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = tree.state()
    assert command.main(["all", VERSION]) == 1
    monkeypatch.delenv("WOOCOMMERCE_SHA256")
    assert command.main(["all", *OPTIONS]) == 1
    monkeypatch.setattr(shutil, "which", {}.get)
    assert command.main(["all", *OPTIONS]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in said] == [
        "Name the registry, such as", "WOOCOMMERCE_SHA256 is not set",
        "There is no docker. Install it, then try again.",
    ]  # fmt: skip
    assert tree.state() == before
    assert commands.asked == []
