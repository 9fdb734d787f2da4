"""checkov over everything that the charts render, and over the Dockerfiles with hadolint.

What it finds and we leave is below, each with the reason; a reason that is no longer needed fails.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.local.cluster.tools import ensure_helm
from app.local.images.dockerfile import resolved
from tests.charts.rendering import ENGINES, NAMESPACE, PLATFORM, STORE, Helm
from tests.charts.test_every_engine import HTTPS
from tests.images.dockerfile import DOCKERFILES, ROOT
from tests.policy.scanners import Scanners

pytestmark = pytest.mark.timeout(900)  # the first run installs the scanners
LEFT = {
    "CKV_K8S_15": "Pull policy `Always`: a tag here is one version and never another, and a laptop"
    " has its images loaded. values-prod.yaml pulls always.",
    "CKV_K8S_35": "Secrets as files: the official images of MySQL and WordPress, and the service's"
    " settings, take them from the environment, which nobody but the pod's own user can read.",
    "CKV_K8S_38": "Service account tokens: the API talks to Kubernetes, and before an installation"
    " the doctor's Job does; nothing else has one.",
    "CKV_K8S_40": "A user above 10000: the official images own their files as 33 and 999. The"
    " values `userId` take another where an image has one.",
    "CKV_K8S_43": "Images by digest: the values `digest` take one; which one is known to whoever"
    " publishes or mirrors the images.",
}


@pytest.fixture(scope="module")
def scanners() -> Scanners:
    return Scanners.ensure()


def renderings(home: Path) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Yield what each chart renders, by name, as helm would apply it."""
    platform = Helm(ensure_helm(), home, PLATFORM)
    for engine in ENGINES:
        shop = Helm(ensure_helm(), home, engine, {"store": STORE})
        yield engine.name, shop.objects()
        yield f"{engine.name}-https", shop.objects(HTTPS)
    yield "platform", platform.objects()
    for file in ("values-local.yaml", "values-prod.yaml"):
        yield f"platform-{file}", platform.objects(files=[PLATFORM / file])


def test_every_finding_of_checkov_is_explained(scanners: Scanners, tmp_path: Path) -> None:
    scanned = tmp_path / "scanned"
    for name, objects in renderings(tmp_path / "helm"):
        for item in objects:  # what --namespace does at the installation
            item["metadata"].setdefault("namespace", NAMESPACE)  # type: ignore[attr-defined]
        (scanned / name).mkdir(parents=True)
        (scanned / name / "rendered.yaml").write_text(yaml.safe_dump_all(objects))
    for file in DOCKERFILES:
        target = scanned / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(resolved(file))

    found = scanners.checkov(scanned, ("dockerfile", "kubernetes"))

    unexplained = [finding for finding in found if finding[0] not in LEFT]
    assert unexplained == []
    assert set(LEFT) - {check for check, _ in found} == set()
    tokens = {resource for check, resource in found if check == "CKV_K8S_38"}
    assert {name.rsplit(".", 1)[1] for name in tokens} == {
        "woo-8f0c2f5e-store-platform-api",
        "woo-8f0c2f5e-store-platform-doctor",
    }


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_hadolint_finds_nothing(scanners: Scanners, file: Path) -> None:
    assert scanners.hadolint(file) == []


def test_the_scanners_do_find_something(scanners: Scanners, tmp_path: Path) -> None:
    """Else a scanner that looks at nothing would please everybody."""
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nRUN cd /tmp && sudo true\n")
    (tmp_path / "pod.yaml").write_text(
        "{apiVersion: v1, kind: Pod, metadata: {name: careless, namespace: there},"
        " spec: {hostNetwork: true, containers: [{name: c, image: debian}]}}"
    )
    found = {check for check, _ in scanners.checkov(tmp_path, ("dockerfile", "kubernetes"))}
    assert {"CKV_DOCKER_3", "CKV_K8S_19", "CKV_K8S_23"} <= found
    assert any("DL3004" in line for line in scanners.hadolint(tmp_path / "Dockerfile"))
