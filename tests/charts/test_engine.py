"""engine.yaml says of each engine's chart what the chart does."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from provisioner.domain.engines import Engine, load_engine
from tests.charts.rendering import (
    COMPONENT_LABEL,
    MEDUSA,
    RELEASE,
    STORE,
    WOOCOMMERCE,
    Helm,
    Objects,
    quantity,
    secret_keys,
    total,
)
from tests.stores import a_store

SHOPS_OWN = {"woocommerce": "wordpress", "medusa": "medusa"}
"""The component whose image has the engine's version."""


@pytest.fixture(scope="module")
def engine(any_engine: Helm) -> Engine:
    return load_engine(any_engine.chart)


def test_workloads(engine: Engine, any_shop: Objects) -> None:
    rendered = {
        (item["metadata"]["labels"][COMPONENT_LABEL], item["kind"], item["spec"]["replicas"])
        for kind in ("Deployment", "StatefulSet", "DaemonSet")
        for item in any_shop.of(kind)
    }
    assert {(w.component, w.kind, w.replicas) for w in engine.workloads} == rendered


def test_shoppers_are_served_by_its_service(engine: Engine, any_shop: Objects) -> None:
    """The Ingress and the HTTPRoute lead everything there that the platform asks for by itself."""
    assert engine.shop_service is not None
    store = replace(a_store(), release=RELEASE)
    name, port = engine.shop_service.name_of(store), engine.shop_service.port
    service = any_shop.one("Service", name.removeprefix(RELEASE))
    assert (service["metadata"]["name"], service["spec"].get("clusterIP")) == (name, None)
    assert port in [item["port"] for item in service["spec"]["ports"]]
    (rule,) = any_shop.one("Ingress")["spec"]["rules"]
    leads = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert leads["/"] == name
    elsewhere = tuple(path for path, leads_to in leads.items() if leads_to != name)
    asked = (engine.ready_path, *(visit.path for visit in engine.walk))
    assert [path for path in asked if path.startswith(elsewhere)] == []


def test_setup_job(engine: Engine, any_shop: Objects) -> None:
    assert engine.setup_job == any_shop.one("Job")["metadata"]["labels"][COMPONENT_LABEL]
    assert engine.setup_job in any_shop.templates


def test_credentials(engine: Engine, any_shop: Objects) -> None:
    assert secret_keys(list(any_shop)) == {("store-credentials", c.key) for c in engine.credentials}
    assert all(credential.length >= 24 for credential in engine.credentials)


def test_the_administrator_of_woocommerce() -> None:
    script = (WOOCOMMERCE / "image" / "setup-shop").read_text()
    assert f"--admin_user={load_engine(WOOCOMMERCE).admin_user} " in script


def test_the_administrator_of_medusa(medusa_shop: Objects) -> None:
    """The chart makes up the address that the platform tells the owner of."""
    store = replace(a_store(), host=STORE["host"])
    name = load_engine(MEDUSA).admin_user_of(store)
    assert {"name": "ADMIN_EMAIL", "value": name} in medusa_shop.containers["setup"]["env"]


@pytest.mark.parametrize("plan", [None, "small", "medium", "large"])
def test_resources_are_what_the_pods_request(
    any_engine: Helm, tmp_path: Path, plan: str | None
) -> None:
    """Those of the operator's plan, or of the chart's own."""
    values = {"plan": plan} if plan else {}
    (tmp_path / "values.yaml").write_text(json.dumps(values))
    engine = load_engine(any_engine.chart, {any_engine.chart.name: [tmp_path / "values.yaml"]})
    shop = any_engine.objects(values)
    containers = list(shop.containers.values())
    claims = (quantity(c["spec"]["resources"]["requests"]["storage"]) for c in shop.claims)
    assert {key: quantity(value) for key, value in engine.resources.items()} == {
        "cpu": total(containers, "requests", "cpu"),
        "memory": total(containers, "requests", "memory"),
        "storage": sum(claims, Decimal()),
    }


def test_plans_tell_merchants_the_sizes_that_the_chart_has(
    engine: Engine, any_engine: Helm
) -> None:
    for plan in engine.plans:
        shop = any_engine.objects({"plan": plan.name})
        for claim in shop.claims:
            size = claim["spec"]["resources"]["requests"]["storage"].replace("Gi", " GB")
            assert f"{size} for " in plan.description
        server = shop.containers[SHOPS_OWN[engine.name]]
        workers = [item["value"] for item in server["env"] if item["name"] == "APACHE_WORKERS"]
        cores = server["resources"]["limits"]["cpu"]
        words = f"Serves {workers[0]} pages" if workers else f"Up to {cores} CPU core"
        assert plan.description.startswith(words)


def test_volumes_may_be_as_large_as_those_of_another_plan(any_engine: Helm) -> None:
    def sizes(values: dict[str, str]) -> list[str]:
        shop = any_engine.objects(values)
        return [claim["spec"]["resources"]["requests"]["storage"] for claim in shop.claims]

    def quota(values: dict[str, str]) -> dict[str, str]:
        hard: dict[str, str] = any_engine.objects(values).one("ResourceQuota")["spec"]["hard"]
        return hard

    kept = {"plan": "small", "storagePlan": "large"}
    assert sizes(kept) == sizes({"plan": "large"}) != sizes({"plan": "small"})
    room = quota({"plan": "large"})["requests.storage"]
    assert quota(kept) == {**quota({"plan": "small"}), "requests.storage": room}
    growing = {"plan": "large", "storagePlan": "small"}
    assert (sizes(growing), quota(growing)) == (sizes({}), quota({"plan": "large"}))
    said = any_engine.refusal({"storagePlan": "huge"})
    assert 'storagePlan: there is no plan "huge"; choose one of: large, medium, small.' in said


def test_every_version_renders(engine: Engine, any_engine: Helm) -> None:
    for version in engine.versions:
        objects = any_engine.objects(version.values)
        assert version.name in objects.containers[SHOPS_OWN[engine.name]]["image"]


def test_the_default_version_is_the_charts_own(engine: Engine, any_engine: Helm) -> None:
    (default,) = [version for version in engine.versions if version.is_default]
    assert any_engine.text(default.values) == any_engine.text()


def test_helm_ignores_what_is_not_the_chart(any_engine: Helm) -> None:
    ignored = (any_engine.chart / ".helmignore").read_text().splitlines()
    assert {"engine.yaml", "image/"} <= set(ignored)
