"""What the charts of engines have to load a backup: a Job's template, a set-up that waits."""

from typing import Any

import kubernetes_validate
import pytest

from tests.charts import test_every_engine as rules
from tests.charts.rendering import (
    COMPONENT_LABEL,
    KUBERNETES,
    STORE,
    STORE_LABEL,
    Helm,
    Object,
    Objects,
    quantity,
    secret_keys,
    total,
)
from tests.charts.test_network import DNS, PRIVATE, PUBLIC, Peer, allows, is_connected
from tests.charts.test_shop_backups import DATABASES, OWNERS, SERVER, check_affinity

ENABLED = {"backup": {"enabled": True}, "restore": {"enabled": True}}
WAIT = {"name": "FROM_BACKUP", "value": "true"}
WAITING = {"medusa": {"setup"}, "woocommerce": {"setup", "sync", "wordpress", "cron"}}
"""The containers that are told that the shop is made from a backup."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(any_engine: Helm) -> Objects:
    """The objects of each engine's chart for a shop from a backup. Not to be changed."""
    return any_engine.objects(ENABLED)


def job(shop: Objects, name: str = "-restore") -> Object:
    """Return the template of the Job."""
    found: Object = shop.one("CronJob", name)["spec"]["jobTemplate"]
    return found


def containers(shop: Objects, name: str = "-restore") -> dict[str, Object]:
    spec = job(shop, name)["spec"]["template"]["spec"]
    return {item["name"]: item for item in [*spec["initContainers"], *spec["containers"]]}


def test_nothing_is_there_unless_it_is_wanted(any_engine: Helm, shop: Objects) -> None:
    without = any_engine.objects({"backup": {"enabled": True}})
    assert "restore" not in without.templates
    names = {item["metadata"]["name"] for item in shop if "-setup-" not in item["metadata"]["name"]}
    names -= {item["metadata"]["name"] for item in without}
    assert names == {"woo-8f0c2f5e-restore"}
    assert not any(WAIT in item.get("env", []) for item in without.all_containers)


def test_without_backups_of_its_own_a_shop_can_be_made_from_one(any_engine: Helm) -> None:
    shop = any_engine.objects({"restore": {"enabled": True}})
    assert "backup" not in shop.templates
    assert list(containers(shop)) == ["fetch", "load"]
    assert allows(shop, "restore", "Egress", SERVER, 8000)


def test_it_is_as_the_template_of_backups(any_engine: Helm) -> None:
    shop = any_engine.objects(ENABLED)
    restore, backup = shop.one("CronJob", "-restore"), shop.one("CronJob", "-backup")
    assert restore["metadata"]["name"] == "woo-8f0c2f5e-restore"
    assert restore["metadata"]["labels"][STORE_LABEL] == STORE["id"]
    for item in (restore, backup):
        del item["spec"]["jobTemplate"]["spec"]["template"]
        del item["spec"]["jobTemplate"]["metadata"]
    assert restore["spec"]["jobTemplate"]["spec"].pop("podReplacementPolicy") == "Failed"
    assert restore["spec"] == backup["spec"]
    assert restore["spec"]["suspend"] is True


def test_a_job_made_of_it_is_one(any_engine: Helm) -> None:
    template = job(any_engine.objects(ENABLED))
    for item in (template, template["spec"]["template"]):
        assert item["metadata"]["labels"] == {
            **rules.selectors_of(any_engine), COMPONENT_LABEL: "restore",
        }  # fmt: skip
    made = {
        "apiVersion": "batch/v1", "kind": "Job", "spec": template["spec"],
        "metadata": {**template["metadata"], "name": "woo-8f0c2f5e-restore"},
    }  # fmt: skip
    kubernetes_validate.validate(made, KUBERNETES, strict=True)


def test_the_pod_is_as_every_other(any_engine: Helm) -> None:
    shop = any_engine.objects(ENABLED)
    rules.test_restricted_containers(shop)
    rules.test_no_command_line_has_a_password(shop)
    specs = {name: item["spec"] for name, item in shop.templates.items()}
    for key in ("securityContext", "automountServiceAccountToken", "enableServiceLinks"):
        assert specs["restore"][key] == specs["backup"][key]
    assert specs["restore"]["affinity"] == specs["backup"]["affinity"]
    mounted = {m["name"] for item in containers(shop).values() for m in item["volumeMounts"]}
    assert mounted == {volume["name"] for volume in specs["restore"]["volumes"]}


def test_restic_fetches_and_the_database_loads(any_engine: Helm) -> None:
    shop = any_engine.objects(ENABLED)
    database, _ = DATABASES[any_engine.chart.name]
    found = containers(shop)
    assert list(found) == ["fetch", "load"]
    assert found["fetch"]["image"] == containers(shop, "-backup")["save"]["image"]
    assert found["load"]["image"] == shop.containers[database]["image"]
    scripts = shop.one("ConfigMap", "-restore")["data"]
    assert set(scripts) == {"fetch", "load", "words"}
    for name, text in scripts.items():
        assert text == (any_engine.chart / "files" / "backup" / name).read_text()
    volumes = {item["name"]: item for item in job(shop)["spec"]["template"]["spec"]["volumes"]}
    assert volumes["scripts"] == {"name": "scripts", "configMap": {"name": "woo-8f0c2f5e-restore"}}
    for name, container in found.items():
        assert container["command"] == ["/bin/sh", f"/scripts/{name}"]
        assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
        assert {"name": "HOME", "value": "/tmp"} in container["env"]  # noqa: S108


def test_who_is_told_what(any_engine: Helm) -> None:
    shop = any_engine.objects({"restore": {"enabled": True, "secret": "elsewhere"}})
    database, _ = DATABASES[any_engine.chart.name]
    found = containers(shop)
    assert found["fetch"]["envFrom"] == [{"secretRef": {"name": "elsewhere"}}]
    assert "envFrom" not in found["load"]
    of_links = {("elsewhere", "OLD_URL"), ("elsewhere", "SNAPSHOT")}
    is_medusa = any_engine.chart.name == "medusa"  # another's set-up changes the links
    assert secret_keys(job(shop)) == {
        ("store-credentials", f"{database}-password"), *(of_links if is_medusa else ()),
    }  # fmt: skip
    setup = {pair for pair in secret_keys(shop.templates["setup"]) if pair[0] == "elsewhere"}
    assert setup == (set() if is_medusa else {("elsewhere", "OLD_URL")})
    backup = containers(any_engine.objects(ENABLED), "-backup")["dump"]["env"]
    assert [entry for entry in backup if entry in found["load"]["env"]] == backup


def test_the_files_are_written_where_a_backup_reads_them(any_engine: Helm) -> None:
    shop = any_engine.objects(ENABLED)
    (read,) = [
        mount for mount in containers(shop, "-backup")["save"]["volumeMounts"]
        if mount["name"] == "files"
    ]  # fmt: skip
    assert read.pop("readOnly") is True
    assert read in containers(shop)["fetch"]["volumeMounts"]
    assert "files" not in [mount["name"] for mount in containers(shop)["load"]["volumeMounts"]]
    volumes = {v["name"]: v for v in job(shop)["spec"]["template"]["spec"]["volumes"]}
    claim = {"claimName": f"woo-8f0c2f5e-{OWNERS[any_engine.chart.name]}"}
    assert volumes["files"]["persistentVolumeClaim"] == claim


def test_it_would_be_beside_the_files(any_engine: Helm, shop: Objects) -> None:
    """One node at a time mounts their volume, and whoever waits for the backup has it."""
    check_affinity(job(shop), shop.templates[OWNERS[any_engine.chart.name]])


def test_the_set_up_waits_for_it(any_engine: Helm) -> None:
    shop = any_engine.objects(ENABLED)
    told = {item["name"] for item in shop.all_containers if WAIT in item.get("env", [])}
    assert told == WAITING[any_engine.chart.name]


@pytest.mark.parametrize("plan", rules.PLANS)
def test_every_plan_has_room_for_it_in_place_of_a_backup(any_engine: Helm, plan: str) -> None:
    shop = any_engine.objects({"plan": plan, **ENABLED})
    hard = shop.one("ResourceQuota")["spec"]["hard"]
    at_once = [item for name, item in shop.containers.items() if name != "backup"]
    for part in ("requests", "limits"):
        for resource in rules.AMOUNTS:
            needed = 3 * total(at_once, part, resource)
            assert quantity(hard[f"{part}.{resource}"]) >= needed, (part, resource)
    assert int(hard["pods"]) >= 3 * len(at_once)
    sizes = {str(item["resources"]) for item in containers(shop).values()}
    assert sizes == {str(containers(shop, "-backup")["save"]["resources"])}
    scratch = [
        [volume["emptyDir"] for volume in job(shop, name)["spec"]["template"]["spec"]["volumes"]
         if "emptyDir" in volume]
        for name in ("-restore", "-backup")
    ]  # fmt: skip
    assert scratch[0] == scratch[1] != []


def test_where_it_goes(any_engine: Helm) -> None:
    database, port = DATABASES[any_engine.chart.name]
    anywhere: list[Peer] = [SERVER, *PUBLIC, *PRIVATE]
    shop = any_engine.objects({"restore": {"enabled": True}, "backup": {"port": 443}})
    reached = {
        (target, number)
        for target in shop.templates
        for number in (port, 8080, 443)
        if is_connected(shop, "restore", target, number)
    }
    assert reached == {(database, port)}
    assert all(allows(shop, "restore", "Egress", other, 443) for other in anywhere)
    for closed in (25, 80, 6443, 8000):
        assert not any(allows(shop, "restore", "Egress", other, closed) for other in anywhere)
    assert allows(shop, "restore", "Egress", DNS, 53)
    assert not any(allows(shop, "restore", "Ingress", other, 443) for other in anywhere)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"secret": ""}, "at '/restore/secret'"),
        ({"enabled": "yes"}, "at '/restore/enabled'"),
        ({"password": "x"}, "additional properties 'password'"),
    ],
)
def test_refused_values(any_engine: Helm, values: dict[str, Any], told: str) -> None:
    assert told in any_engine.refusal({"restore": {"enabled": True, **values}})
