"""engine.yaml says of the chart what the chart does."""

from decimal import Decimal

import pytest

from provisioner.domain.engines import Engine, load_engine
from tests.charts.rendering import WOOCOMMERCE, Helm, Objects, quantity, secret_keys, total


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine(WOOCOMMERCE)


def test_workloads(engine: Engine, shop: Objects) -> None:
    labels = "app.kubernetes.io/component"
    rendered = {
        (item["metadata"]["labels"][labels], item["kind"], item["spec"]["replicas"])
        for kind in ("Deployment", "StatefulSet", "DaemonSet")
        for item in shop.of(kind)
    }
    assert {(w.component, w.kind, w.replicas) for w in engine.workloads} == rendered


def test_setup_job(engine: Engine, shop: Objects) -> None:
    assert engine.setup_job == shop.one("Job")["metadata"]["labels"]["app.kubernetes.io/component"]
    assert engine.setup_job in shop.templates


def test_credentials(engine: Engine, shop: Objects) -> None:
    assert secret_keys(list(shop)) == {("store-credentials", c.key) for c in engine.credentials}
    assert all(credential.length >= 24 for credential in engine.credentials)


def test_admin(engine: Engine) -> None:
    script = (WOOCOMMERCE / "image" / "setup-shop").read_text()
    assert f"--admin_user={engine.admin_user} " in script


def test_resources_are_what_the_pods_request(engine: Engine, shop: Objects) -> None:
    containers = list(shop.containers.values())
    claims = (quantity(c["spec"]["resources"]["requests"]["storage"]) for c in shop.claims)
    assert {key: quantity(value) for key, value in engine.resources.items()} == {
        "cpu": total(containers, "requests", "cpu"),
        "memory": total(containers, "requests", "memory"),
        "storage": sum(claims, Decimal()),
    }


def test_every_version_renders(engine: Engine, helm: Helm) -> None:
    for version in engine.versions:
        objects = helm.objects(version.values)
        assert version.name in objects.containers["wordpress"]["image"]


def test_the_default_version_is_the_charts_own(engine: Engine, helm: Helm) -> None:
    (default,) = [version for version in engine.versions if version.is_default]
    assert helm.text(default.values) == helm.text()


def test_helm_ignores_what_is_not_the_chart() -> None:
    ignored = (WOOCOMMERCE / ".helmignore").read_text().splitlines()
    assert {"engine.yaml", "image/"} <= set(ignored)
