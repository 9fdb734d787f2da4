"""The charts of a release with the real helm: pinned, packaged, pushed, and had from the registry.

Docker and cosign are not asked: what they would tell of the images is laid where they would.
"""

import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.local.cluster.tools import ensure_helm
from app.local.release.checks import check_surroundings
from app.local.release.errors import ReleaseError
from app.local.release.images import IMAGES
from app.local.release.images import Registry as Address
from app.local.release.pins import name_registry, pin
from app.local.release.plan import Plan
from app.local.release.runner import Runner
from app.local.release.steps import CHARTS, package_charts, publish_all
from app.local.release.version import current
from provisioner.domain.engines import load_engine
from tests.charts.rendering import STORE, Helm
from tests.integration.oci_registry import Registry, digest_of, running
from tests.unit.release_tree import ROOT

VERSION = current(ROOT)
DIGESTS = {image.name: digest_of(image.name.encode()) for image in IMAGES}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    authority = tmp_path / "authority.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"HELM_{name}_HOME", str(tmp_path / name.lower()))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("docker", "cosign"):
        (programs / name).symlink_to(shutil.which("true") or "")
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("WOOCOMMERCE_SHA256", "0" * 64)
    with running(authority) as made:
        yield made


@pytest.fixture
def plan(tmp_path: Path, registry: Registry) -> Plan:
    """Return a release whose images are built: the charts are pinned."""
    root = tmp_path / "root"
    ignored = shutil.ignore_patterns("image", "storefront")
    shutil.copytree(ROOT / "charts", root / "charts", ignore=ignored)
    address = Address(f"{registry.address}/shop")
    made = Plan(VERSION, address, Runner(root), str(ensure_helm()))
    shutil.copytree(root / "charts", made.source / "charts")
    made.builder.results.mkdir()
    for image in IMAGES:
        told = json.dumps({"containerimage.digest": DIGESTS[image.name]})
        (made.builder.results / f"{image.name}.json").write_text(told)
        pin(made.source, image, address, DIGESTS[image.name])
    name_registry(made.source, address)
    return made


def test_charts_reach_the_registry_and_then_count_as_published(
    plan: Plan, registry: Registry
) -> None:
    check_surroundings(plan)
    package_charts(plan)
    publish_all(plan)

    paths = {f"/v2/shop/charts/{chart}/manifests/{VERSION}" for chart in CHARTS}
    assert {path for path in registry.manifests if "sha256:" not in path} == paths
    pulled = plan.folder / "pulled"
    for chart in CHARTS:
        plan.runner.run(
            plan.helm, "pull", f"oci://{registry.address}/shop/charts/{chart}",
            "--version", VERSION, "--untar", "--untardir", str(pulled),
        )  # fmt: skip
        with tarfile.open(plan.charts / f"{chart}-{VERSION}.tgz") as archive:
            names = set(archive.getnames())
        assert f"{chart}/values.yaml" in names
    values = yaml.safe_load((pulled / "store-platform" / "values.yaml").read_text())
    assert values["api"]["image"]["digest"] == DIGESTS["api"]
    with pytest.raises(ReleaseError, match=f"has {VERSION} already: it is published"):
        check_surroundings(plan)


@pytest.mark.parametrize(
    ("chart", "given", "names"),
    [
        ("medusa", {"store": STORE}, ("medusa", "medusa-storefront")),
        ("woocommerce", {"store": STORE}, ("woocommerce",)),
        ("store-platform", {}, ("api", "dashboard")),
    ],
)
def test_pods_of_a_release_run_its_images(
    plan: Plan, tmp_path: Path, chart: str, given: dict[str, object], names: tuple[str, ...]
) -> None:
    folder = plan.source / "charts" / chart
    helm = Helm(ensure_helm(), tmp_path / "home", folder, given)
    lint = helm.lint()
    assert lint.returncode == 0, lint.stderr

    found = {container["image"] for container in helm.objects().containers.values()}
    ours = {image for image in found if plan.registry.address in image}
    assert {(image.partition(":")[0], image.rpartition("@")[2]) for image in ours} == {
        (plan.registry.address.partition(":")[0], DIGESTS[name]) for name in names
    }
    assert not [image for image in found if image.startswith("store-platform/")]


@pytest.mark.parametrize("chart", ["medusa", "woocommerce"])
def test_engines_offer_the_images_of_the_release(plan: Plan, chart: str) -> None:
    default = load_engine(plan.source / "charts" / chart).default_version
    assert f"@{DIGESTS[chart]}" in json.dumps(default.values)
