"""What the charts of engines have for a new password of the administrator: a template of a Job."""

from typing import Any

import pytest

from tests.charts.rendering import COMPONENT_LABEL, STORE_LABEL, Helm, Object, Objects, secret_keys
from tests.charts.test_network import DNS, PRIVATE, PUBLIC, allows, is_connected

ENABLED = {"password": {"enabled": True}}
DATABASES = {"medusa": ("postgres", 5432), "woocommerce": ("mysql", 3306)}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(any_engine: Helm) -> Objects:
    """The objects of each engine's chart with the template. Not to be changed."""
    return any_engine.objects(ENABLED)


def spec(shop: Objects) -> Object:
    """Return the spec of the Job's pod."""
    job = shop.one("CronJob", "-password")["spec"]["jobTemplate"]
    found: Object = job["spec"]["template"]["spec"]
    return found


def test_nothing_is_there_unless_it_is_wanted(any_engine: Helm, shop: Objects) -> None:
    without = any_engine.objects()
    assert "password" not in without.templates
    names = {item["metadata"]["name"] for item in shop} - {o["metadata"]["name"] for o in without}
    assert names <= {"woo-8f0c2f5e-password"}


def test_it_is_a_template_that_never_runs_by_itself(shop: Objects) -> None:
    cron = shop.one("CronJob", "-password")
    assert cron["spec"]["suspend"] is True
    template = cron["spec"]["jobTemplate"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    # The platform adds the store's: without it no watch would show what becomes of the Job.
    assert (labels[COMPONENT_LABEL], STORE_LABEL in labels) == ("password", False)


def test_the_new_password_comes_from_the_secret_alone(shop: Objects) -> None:
    (container,) = spec(shop)["containers"]
    variables: dict[str, Any] = {item["name"]: item for item in container["env"]}
    assert variables["NEXT_PASSWORD"]["valueFrom"]["secretKeyRef"]["key"] == "next-admin-password"
    assert "ADMIN_PASSWORD" not in variables
    assert "next-admin-password" not in str([container["command"], container.get("args")])
    # And nothing else of the shop needs it, or it would not start without one.
    for item in shop:
        if item["metadata"]["name"] != "woo-8f0c2f5e-password":
            assert "next-admin-password" not in str(item)
    assert "next-admin-password" in {key for _, key in secret_keys(spec(shop))}


def test_it_says_at_its_end_why_it_failed(shop: Objects) -> None:
    (container,) = spec(shop)["containers"]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert spec(shop)["restartPolicy"] == "Never"


def test_it_is_of_the_image_that_sets_the_shop_up(shop: Objects) -> None:
    (setup,) = [item for item in shop.of("Job") if "-setup-" in item["metadata"]["name"]]
    (theirs,) = setup["spec"]["template"]["spec"]["containers"]
    (ours,) = spec(shop)["containers"]
    for field in ("image", "imagePullPolicy", "securityContext", "resources", "volumeMounts"):
        assert ours[field] == theirs[field]
    for field in ("securityContext", "automountServiceAccountToken", "affinity", "volumes"):
        assert spec(shop).get(field) == setup["spec"]["template"]["spec"].get(field)


def test_it_reaches_the_database_alone(any_engine: Helm, shop: Objects) -> None:
    database, port = DATABASES[any_engine.chart.name]
    for target in shop.templates:
        for number in (port, 80, 8080):
            expected = (target, number) == (database, port)
            assert is_connected(shop, "password", target, number) is expected
    assert allows(shop, "password", "Egress", DNS, 53)
    for other in (*PUBLIC, *PRIVATE):
        assert not any(allows(shop, "password", "Egress", other, number) for number in (80, 443))
