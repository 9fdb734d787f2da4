"""The values of the WooCommerce chart: every switch does what it says."""

import kubernetes_validate
import pytest

from tests.charts.rendering import KUBERNETES, STORE, Helm, Values

pytestmark = pytest.mark.slow

VARIANTS: dict[str, Values] = {
    "default": {},
    "no ingress": {"ingress": {"enabled": False}},
    "no network policies": {"networkPolicies": {"enabled": False}},
    "no internet": {"networkPolicies": {"allowInternet": False}},
    "no quota": {"quota": {"enabled": False}},
    "annotated": {"podAnnotations": {"everybody": "yes"}, "imagePullSecrets": ["registry"]},
    "storage class": {key: {"storage": {"className": "fast"}} for key in ("mysql", "wordpress")},
    "https": {
        "store": {**STORE, "url": "https://my-shop.store.localhost"},
        "ingress": {"tls": {"enabled": True}},
    },
    "no cron": {"cron": {"enabled": False}},
    "medium": {"plan": "medium"},
    "large": {"plan": "large"},
}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"colour": "red"}, "additional properties 'colour' not allowed"),
        ({"wordpress": {"colour": "red"}}, "at '/wordpress': additional properties 'colour'"),
        ({"store": {**STORE, "password": "x"}}, "at '/store': additional properties 'password'"),
        ({"store": {"id": "8f0c", "name": "my-shop"}}, "at '/store/host'"),
        ({"store": {**STORE, "id": ""}}, "at '/store/id'"),
        ({"store": {**STORE, "host": "a b"}}, "at '/store/host'"),
        ({"store": {**STORE, "host": "shop.test:8080"}}, "at '/store/host'"),
        ({"store": {**STORE, "url": "my-shop.test"}}, "at '/store/url'"),
        ({"store": {**STORE, "url": "https://my-shop.test/path"}}, "at '/store/url'"),
        ({"store": {**STORE, "adminEmail": "nobody"}}, "at '/store/adminEmail'"),
        ({"plan": "huge"}, 'there is no plan "huge"; choose one of: large, medium, small.'),
        ({"plans": {"huge": {}}}, "at '/plans/huge'"),
        ({"wordpress": {"port": 80}}, "at '/wordpress/port'"),
        ({"wordpress": {"userId": 0}}, "at '/wordpress/userId'"),
        ({"mysql": {"image": {"tag": ""}}}, "at '/mysql/image/tag'"),
        ({"mysql": {"resources": {"limits": {"cpu": "much"}}}}, "at '/mysql/resources/limits/cpu'"),
    ],
)
def test_refused_values(helm: Helm, values: Values, told: str) -> None:
    assert told in helm.refusal(values)


def test_global_values_are_allowed(helm: Helm) -> None:
    assert helm.text({"global": {"anything": 1}}) == helm.text()


def test_lint(helm: Helm) -> None:
    done = helm.lint()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_are_valid_objects(helm: Helm, variant: str) -> None:
    objects = helm.objects(VARIANTS[variant])
    for item in objects:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("variant", "kinds"),
    [
        ("no ingress", {"Ingress"}),
        ("no network policies", {"NetworkPolicy"}),
        ("no quota", {"ResourceQuota", "LimitRange"}),
        ("no cron", {"CronJob"}),
    ],
)
def test_switched_off(helm: Helm, variant: str, kinds: set[str]) -> None:
    default, without = helm.objects(), helm.objects(VARIANTS[variant])
    assert without == [item for item in default if item["kind"] not in kinds]
    assert kinds <= {item["kind"] for item in default}


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
    assert pulled == dict.fromkeys(named, "Always")
    for template in objects.templates.values():
        assert template["spec"]["imagePullSecrets"] == [{"name": "one"}]


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
