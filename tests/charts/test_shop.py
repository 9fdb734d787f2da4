"""What makes the chart a shop that lasts: its address, its cron, its plan, another image."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.charts.rendering import (
    STORE,
    WOOCOMMERCE,
    Helm,
    Object,
    Objects,
    quantity,
)
from tests.charts.test_every_engine import PLANS

pytestmark = pytest.mark.slow

SHOP = ("wordpress", "setup", "cron")
PHP_MEMORY = quantity("256Mi")
"""What PHP may take for one request or one run of cron: WP_MEMORY_LIMIT."""


def environment(container: Object) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://my-shop.store.localhost"),
        ({"url": "https://my-shop.store.localhost"}, "https://my-shop.store.localhost"),
        ({"url": "https://my-shop.store.localhost/"}, "https://my-shop.store.localhost"),
    ],
)
def test_every_link_has_the_scheme_of_the_address(
    helm: Helm, given: Mapping[str, str], url: str
) -> None:
    shop = helm.objects({"store": {**STORE, **given}})
    assert {environment(shop.containers[name])["SHOP_URL"] for name in SHOP} == {url}


def test_cron_begins_at_another_minute_for_each_store(helm: Helm) -> None:
    ids = [f"store{number}" for number in range(12)]
    shops = [helm.objects({"store": {**STORE, "id": store_id}}) for store_id in ids]
    schedules = {shop.one("CronJob")["spec"]["schedule"] for shop in shops}
    assert len(schedules) > 1
    assert schedules <= {f"{minute}-59/5 * * * *" for minute in range(5)}


def test_cron_never_piles_up(helm: Helm) -> None:
    spec = helm.objects({"cron": {"schedule": "*/15 * * * *"}}).one("CronJob")["spec"]
    assert spec["schedule"] == "*/15 * * * *"
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] <= 900
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (1, 1)


def test_what_is_said_of_a_component_goes_over_its_plan(helm: Helm) -> None:
    shop = helm.objects(
        {
            "plan": "medium",
            "mysql": {
                "resources": {"limits": {"memory": "3Gi", "ephemeral-storage": "5Gi"}},
                "storage": {"size": "7Gi"},
            },
            "quota": {"hard": {"requests.cpu": "9"}},
        }
    )
    assert shop.containers["mysql"]["resources"] == {
        "requests": {"cpu": "250m", "memory": "1Gi", "ephemeral-storage": "512Mi"},
        "limits": {"cpu": "2", "memory": "3Gi", "ephemeral-storage": "5Gi"},
    }
    scratch = shop.templates["mysql"]["spec"]["volumes"]
    assert [volume["emptyDir"]["sizeLimit"] for volume in scratch] == ["5Gi", "5Gi"]
    sizes = {
        claim["metadata"]["name"]: claim["spec"]["resources"]["requests"]["storage"]
        for claim in shop.claims
    }
    assert sizes == {"woo-8f0c2f5e-wordpress": "40Gi", "data": "7Gi"}
    hard = shop.one("ResourceQuota")["spec"]["hard"]
    assert (hard["requests.cpu"], hard["requests.memory"], hard["pods"]) == ("9", "6Gi", "15")


def test_a_plan_of_ones_own(helm: Helm) -> None:
    volume = {"storage": {"size": "1Gi"}, "resources": {"requests": {}, "limits": {"cpu": "9"}}}
    job = {"resources": volume["resources"]}
    plan = {"mysql": volume, "wordpress": volume, "setup": job, "cron": job, "quota": {}}
    shop = helm.objects({"plan": "tiny", "plans": {"tiny": plan}})
    assert {c["resources"]["limits"]["cpu"] for c in shop.all_containers} == {"9"}
    # It says nothing of a node's disk: the namespace's defaults do
    assert "sizeLimit" not in json.dumps(shop)


def setup_name(helm: Helm, values: Mapping[str, Any]) -> str:
    name: str = helm.objects(values).one("Job")["metadata"]["name"]
    return name


def test_the_setup_runs_again_exactly_when_its_pod_is_another(helm: Helm) -> None:
    """A Job cannot be changed; one of the same name is there already, and done."""
    default = setup_name(helm, {})
    assert setup_name(helm, {"cron": {"enabled": False}, "mysql": {"userId": 998}}) == default
    others: list[Mapping[str, Any]] = [
        {"wordpress": {"image": {"tag": "7.2"}}},
        {"setup": {"command": ["other"]}},
        {"setup": {"backoffLimit": 1}},
        {"store": {**STORE, "url": "https://my-shop.store.localhost"}},
        {"podAnnotations": {"everybody": "yes"}},
        {"plan": "large"},
    ]
    names = {setup_name(helm, values) for values in others}
    assert len(names | {default}) == len(others) + 1


def test_a_setup_that_finds_a_stranger_is_not_tried_again(shop: Objects) -> None:
    (rule,) = shop.one("Job")["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"] == {"containerName": "setup", "operator": "In", "values": [77]}
    assert shop.templates["setup"]["spec"]["restartPolicy"] == "Never"  # or there may be none
    assert shop.containers["setup"]["name"] == "setup"
    assert "exit 77" in (WOOCOMMERCE / "image" / "setup-shop").read_text()


def test_another_image_of_wordpress(helm: Helm) -> None:
    shop = helm.objects(
        {
            "wordpress": {
                "command": ["apachectl", "-DFOREGROUND"],
                "port": 8888,
                "userId": 1000,
                "documentRoot": "/srv/blog",
                "contentPath": "/srv/blog/wp-content",
                "scratchPaths": ["/tmp", "/run/lock"],  # noqa: S108 - in the container
                "probePath": "/alive.txt",
                "syncCommand": ["/bin/fill"],
            },
            "setup": {"command": ["/bin/setup", "--now"]},
            "cron": {"command": ["/bin/due"]},
        }
    )
    web = shop.containers["wordpress"]
    assert web["command"] == ["apachectl", "-DFOREGROUND"]
    assert web["ports"] == [{"name": "http", "containerPort": 8888}]
    for probe in ("startupProbe", "livenessProbe"):
        assert web[probe]["httpGet"] == {"path": "/alive.txt", "port": "http"}
    assert environment(web)["SHOP_SERVER"] == "127.0.0.1:8888"
    (sync,) = shop.templates["wordpress"]["spec"]["initContainers"]
    assert sync["command"] == ["/bin/fill"]
    assert shop.containers["setup"]["command"] == ["/bin/setup", "--now"]
    assert shop.containers["cron"]["command"] == ["/bin/due"]
    for container in [sync, *(shop.containers[name] for name in SHOP)]:
        assert container["workingDir"] == "/srv/blog"
        paths = [mount["mountPath"] for mount in container["volumeMounts"]]
        assert paths == ["/srv/blog/wp-content", "/tmp", "/run/lock"]  # noqa: S108
        assert {"name": "CONTENT_PATH", "value": "/srv/blog/wp-content"} in container["env"]
    for name in SHOP:
        context = shop.templates[name]["spec"]["securityContext"]
        assert (context["runAsUser"], context["fsGroup"]) == (1000, 1000)


def test_mariadb_in_place_of_mysql(helm: Helm) -> None:
    ping = ["mariadb-admin", "ping", "--host=127.0.0.1"]
    image = {"repository": "docker.io/library/mariadb", "tag": "11.8", "pullPolicy": "Always"}
    given = {"image": image, "pingCommand": ping, "userId": 1001, "dataPath": "/data"}
    shop = helm.objects({"mysql": {**given, "command": ["run-database"]}})
    database = shop.containers["mysql"]
    assert database["image"] == "docker.io/library/mariadb:11.8"
    assert database["command"] == ["run-database"]
    assert database["livenessProbe"]["exec"]["command"] == ping
    assert database["volumeMounts"][0]["mountPath"] == "/data"
    assert shop.templates["mysql"]["spec"]["securityContext"]["runAsUser"] == 1001


def test_the_images_own_commands_by_default(shop: Objects) -> None:
    assert "command" not in shop.containers["wordpress"]
    assert "command" not in shop.containers["mysql"]
    assert json.dumps(shop).count('"http://my-shop.store.localhost"') == len(SHOP)


@pytest.mark.parametrize("plan", PLANS)
def test_each_worker_of_the_web_server_has_memory(helm: Helm, plan: str) -> None:
    web = helm.objects({"plan": plan}).containers["wordpress"]
    workers = int(environment(web)["APACHE_WORKERS"])
    assert workers * quantity("64Mi") == quantity(web["resources"]["limits"]["memory"])


def test_workers_of_ones_own(helm: Helm) -> None:
    shop = helm.objects({"plan": "medium", "wordpress": {"workers": 3}})
    assert environment(shop.containers["wordpress"])["APACHE_WORKERS"] == "3"


def test_probes_of_a_busy_shop(shop: Objects) -> None:
    """They stand in a queue with the shoppers, but for the one that the kernel answers."""
    web = shop.containers["wordpress"]
    assert web["readinessProbe"]["tcpSocket"] == {"port": "http"}
    alive = web["livenessProbe"]
    assert alive["timeoutSeconds"] >= 30
    assert alive["failureThreshold"] * alive["periodSeconds"] >= 180
    assert web["startupProbe"]["periodSeconds"] <= 2


@pytest.mark.parametrize("plan", PLANS)
def test_cron_has_room_beside_what_php_takes(helm: Helm, plan: str) -> None:
    limits = helm.objects({"plan": plan}).containers["cron"]["resources"]["limits"]
    assert quantity(limits["memory"]) >= PHP_MEMORY + quantity("128Mi")
    php = (WOOCOMMERCE / "image" / "wp-config.php").read_text()
    assert "define('WP_MEMORY_LIMIT', '256M');" in php


def test_where_the_shops_own_address_is(shop: Objects) -> None:
    servers = {name: environment(shop.containers[name])["SHOP_SERVER"] for name in SHOP}
    service = shop.one("Service", "-wordpress")
    assert service["spec"]["ports"][0]["port"] == 80
    jobs = dict.fromkeys(("setup", "cron"), service["metadata"]["name"])
    assert servers == {"wordpress": "127.0.0.1:8080", **jobs}


@pytest.mark.parametrize("address", ["", "owner@example.com"])
def test_the_administrators_address(helm: Helm, address: str) -> None:
    shop = helm.objects({"store": {**STORE, "adminEmail": address}})
    expected = address or "admin@my-shop.store.localhost"
    assert environment(shop.containers["setup"])["ADMIN_EMAIL"] == expected
    assert "example.com" not in (WOOCOMMERCE / "values.yaml").read_text()
