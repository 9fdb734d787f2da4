"""The values of the WooCommerce chart, beyond what holds for every engine's."""

import pytest

from tests.charts.rendering import Helm, Values
from tests.charts.test_every_engine import are_valid_objects

pytestmark = pytest.mark.slow

VARIANTS: dict[str, Values] = {
    "storage class": {key: {"storage": {"className": "fast"}} for key in ("mysql", "wordpress")},
    "no cron": {"cron": {"enabled": False}},
}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"wordpress": {"colour": "red"}}, "at '/wordpress': additional properties 'colour'"),
        ({"wordpress": {"port": 80}}, "at '/wordpress/port'"),
        ({"wordpress": {"userId": 0}}, "at '/wordpress/userId'"),
        ({"mysql": {"image": {"tag": ""}}}, "at '/mysql/image/tag'"),
        ({"mysql": {"resources": {"limits": {"cpu": "much"}}}}, "at '/mysql/resources/limits/cpu'"),
    ],
)
def test_refused_values(helm: Helm, values: Values, told: str) -> None:
    assert told in helm.refusal(values)


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_are_valid_objects(helm: Helm, variant: str) -> None:
    are_valid_objects(helm.objects(VARIANTS[variant]))


def test_no_cron(helm: Helm) -> None:
    default, without = helm.objects(), helm.objects(VARIANTS["no cron"])
    assert without == [item for item in default if item["kind"] != "CronJob"]
    assert default.of("CronJob")


@pytest.mark.parametrize(
    ("component", "named"),
    [("mysql", {"mysql"}), ("wordpress", {"sync", "wordpress", "setup", "cron"})],
)
def test_image(helm: Helm, component: str, named: set[str]) -> None:
    image = {"repository": "mirror.test/shops/it", "tag": "1", "pullPolicy": "Always"}
    objects = helm.objects({component: {"image": image}, "imagePullSecrets": ["one"]})
    pulled = {
        container["name"]: container["imagePullPolicy"]
        for container in objects.all_containers
        if container["image"] == "mirror.test/shops/it:1"
    }
    # Every few minutes, beside a pod that has the image: the registry is not asked each time
    assert pulled == dict.fromkeys(named, "Always") | dict.fromkeys(
        named & {"cron"}, "IfNotPresent"
    )
    for template in objects.templates.values():
        assert template["spec"]["imagePullSecrets"] == [{"name": "one"}]


def test_cron_pulls_nothing_where_nothing_is_pulled(helm: Helm) -> None:
    shop = helm.objects({"wordpress": {"image": {"pullPolicy": "Never"}}})
    assert shop.containers["cron"]["imagePullPolicy"] == "Never"


DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("engine", "component", "container"),
    [
        ("helm", "wordpress", "wordpress"), ("helm", "mysql", "mysql"),
        ("medusa", "medusa", "medusa"), ("medusa", "storefront", "storefront"),
        ("medusa", "postgres", "postgres"),
    ],
)  # fmt: skip
def test_images_by_digest(
    request: pytest.FixtureRequest, engine: str, component: str, container: str
) -> None:
    """A rebuild under the same tag rolls out with its digest, and its set-up runs again."""
    chart: Helm = request.getfixturevalue(engine)
    plain = chart.objects()
    shop = chart.objects({component: {"image": {"digest": DIGEST}}})
    before = plain.containers[container]["image"]
    assert shop.containers[container]["image"] == f"{before}@{DIGEST}"
    has_another_setup = shop.one("Job")["metadata"]["name"] != plain.one("Job")["metadata"]["name"]
    assert has_another_setup == (component in ("wordpress", "medusa"))
    assert "digest" in chart.refusal({component: {"image": {"digest": "latest"}}})


def test_default_images_name_their_version(helm: Helm) -> None:
    images = {item["name"]: item["image"] for item in helm.objects().all_containers}
    ours = "store-platform/woocommerce:7.1-woocommerce10.7.0"
    assert images == {
        "mysql": "docker.io/library/mysql:8.4",
        "sync": ours,
        "wordpress": ours,
        "setup": ours,
        "cron": ours,
    }
