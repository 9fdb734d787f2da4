"""What the charts of engines have for backups: a template of Jobs, its scripts, and its way out."""

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
from tests.charts.test_network import DNS, PRIVATE, PUBLIC, Peer, Pod, allows, is_connected

ENABLED = {"backup": {"enabled": True}}
DATABASES = {"medusa": ("postgres", 5432), "woocommerce": ("mysql", 3306)}
OWNERS = {"medusa": "medusa", "woocommerce": "wordpress"}
"""Whose volume has the shop's files."""
SERVER = Pod({"app.kubernetes.io/component": "backups"}, "store-platform")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(any_engine: Helm) -> Objects:
    """The objects of each engine's chart with backups. Not to be changed."""
    return any_engine.objects(ENABLED)


def job(shop: Objects) -> Object:
    """Return the template of the Job."""
    found: Object = shop.one("CronJob", "-backup")["spec"]["jobTemplate"]
    return found


def containers(shop: Objects) -> dict[str, Object]:
    spec = job(shop)["spec"]["template"]["spec"]
    return {item["name"]: item for item in [*spec["initContainers"], *spec["containers"]]}


def test_nothing_is_there_unless_it_is_wanted(any_engine: Helm, shop: Objects) -> None:
    without = any_engine.objects()
    assert "backup" not in without.templates
    assert not without.of("ConfigMap")
    names = {item["metadata"]["name"] for item in shop} - {o["metadata"]["name"] for o in without}
    assert {name.removeprefix("woo-8f0c2f5e-") for name in names} <= {"backup", "to-backups"}


def test_it_is_a_template_that_never_runs_by_itself(shop: Objects) -> None:
    cron = shop.one("CronJob", "-backup")
    assert cron["metadata"]["name"] == "woo-8f0c2f5e-backup"
    assert cron["metadata"]["labels"][STORE_LABEL] == STORE["id"]
    assert cron["spec"]["suspend"] is True
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    spec = job(shop)["spec"]
    assert spec["backoffLimit"] == 2
    assert spec["activeDeadlineSeconds"] == spec["ttlSecondsAfterFinished"] == 3600
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_the_platform_is_who_labels_its_jobs_with_the_store(
    any_engine: Helm, shop: Objects
) -> None:
    for item in (job(shop), job(shop)["spec"]["template"]):
        assert item["metadata"]["labels"] == {
            **rules.selectors_of(any_engine), COMPONENT_LABEL: "backup",
        }  # fmt: skip


def test_a_job_made_of_it_is_one(shop: Objects) -> None:
    template = job(shop)
    made = {
        "apiVersion": "batch/v1", "kind": "Job", "spec": template["spec"],
        "metadata": {**template["metadata"], "name": "woo-8f0c2f5e-backup-1"},
    }  # fmt: skip
    kubernetes_validate.validate(made, KUBERNETES, strict=True)


def test_the_pod_is_as_every_other(shop: Objects) -> None:
    rules.test_restricted_containers(shop)
    rules.test_mounts_have_volumes_and_volumes_are_mounted(shop)
    rules.test_no_command_line_has_a_password(shop)
    pods = {name: item["spec"] for name, item in shop.templates.items()}
    backup = pods["backup"]["securityContext"]
    others = [spec["securityContext"] for name, spec in pods.items() if name in OWNERS.values()]
    assert others == [backup]  # whose files it reads
    assert pods["backup"]["automountServiceAccountToken"] is False
    assert pods["backup"]["enableServiceLinks"] is False


def test_the_database_dumps_and_restic_saves(any_engine: Helm, shop: Objects) -> None:
    database, _ = DATABASES[any_engine.chart.name]
    found = containers(shop)
    assert list(found) == ["dump", "save"]
    assert found["dump"]["image"] == shop.containers[database]["image"]
    assert found["save"]["image"] == "docker.io/restic/restic:0.18.1"
    scripts = shop.one("ConfigMap", "-backup")["data"]
    assert set(scripts) == {"dump", "save", "words"}
    for name, text in scripts.items():
        assert text == (any_engine.chart / "files" / "backup" / name).read_text()
    for name, container in found.items():
        assert container["command"] == ["/bin/sh", f"/scripts/{name}"]
        assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
        assert {"name": "HOME", "value": "/tmp"} in container["env"]  # noqa: S108


def test_every_variable_of_the_dump_is_the_charts(any_engine: Helm, shop: Objects) -> None:
    given = {entry["name"]: entry.get("value") for entry in containers(shop)["dump"]["env"]}
    database, _ = DATABASES[any_engine.chart.name]
    service = shop.one("Service", f"-{database}")["metadata"]["name"]
    prefix = {"medusa": "PG", "woocommerce": "MYSQL_"}[any_engine.chart.name]
    own = {name: value for name, value in given.items() if name.startswith(prefix)}
    assert own.pop(f"{prefix}HOST") == service
    assert own.pop(f"{prefix}PASSWORD") is None
    assert own.pop(f"{prefix}USER") == own.pop(f"{prefix}DATABASE") is not None
    assert secret_keys(job(shop)) == {("store-credentials", f"{database}-password")}


def test_the_place_of_the_backups_is_known_to_restic_alone(any_engine: Helm) -> None:
    shop = any_engine.objects({"backup": {"enabled": True, "secret": "elsewhere"}})
    found = containers(shop)
    assert found["save"]["envFrom"] == [{"secretRef": {"name": "elsewhere"}}]
    assert "envFrom" not in found["dump"]


def test_the_files_are_read_and_not_written(any_engine: Helm, shop: Objects) -> None:
    owner = OWNERS[any_engine.chart.name]
    volumes = {v["name"]: v for v in job(shop)["spec"]["template"]["spec"]["volumes"]}
    claim = {"claimName": f"woo-8f0c2f5e-{owner}"}
    assert volumes["files"]["persistentVolumeClaim"] == claim
    found = containers(shop)
    mounts = {mount["mountPath"]: mount for mount in found["save"]["volumeMounts"]}
    folder = {"woocommerce": {"subPath": "wp-content"}}.get(any_engine.chart.name, {})
    assert mounts["/files"] == {"name": "files", "mountPath": "/files", "readOnly": True, **folder}
    assert "files" not in [mount["name"] for mount in found["dump"]["volumeMounts"]]
    for container in found.values():
        paths = {m["mountPath"]: m["name"] for m in container["volumeMounts"]}
        assert "emptyDir" in volumes[paths["/backup"]]


def test_it_would_be_beside_the_files_and_is_made_without_it_too(
    any_engine: Helm, shop: Objects
) -> None:
    check_affinity(job(shop), shop.templates[OWNERS[any_engine.chart.name]])


def check_affinity(job: Object, owner: Object) -> None:
    """Look that a Job prefers the node of whoever has the files, and does not insist on it."""
    affinity = job["spec"]["template"]["spec"]["affinity"]
    assert list(affinity) == ["podAffinity"]
    assert list(affinity["podAffinity"]) == ["preferredDuringSchedulingIgnoredDuringExecution"]
    (near,) = affinity["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert near["weight"] == 100
    term = near["podAffinityTerm"]
    assert term["labelSelector"]["matchLabels"].items() <= owner["metadata"]["labels"].items()
    assert term["topologyKey"] == "kubernetes.io/hostname"


@pytest.mark.parametrize("plan", rules.PLANS)
def test_every_plan_has_room_for_it(any_engine: Helm, plan: str) -> None:
    shop = any_engine.objects({"plan": plan, **ENABLED})
    hard = shop.one("ResourceQuota")["spec"]["hard"]
    everything = list(shop.containers.values())
    for part in ("requests", "limits"):
        for resource in rules.AMOUNTS:
            needed = 3 * total(everything, part, resource)
            assert quantity(hard[f"{part}.{resource}"]) >= needed, (part, resource)
    assert int(hard["pods"]) >= 3 * len(everything)
    found = containers(shop)
    assert found["dump"]["resources"] == found["save"]["resources"]
    limit = found["save"]["resources"]["limits"]["ephemeral-storage"]
    volumes = job(shop)["spec"]["template"]["spec"]["volumes"]
    sizes = [volume["emptyDir"]["sizeLimit"] for volume in volumes if "emptyDir" in volume]
    assert sizes == [limit, limit]


def test_resources_of_ones_own_go_over_the_plans(any_engine: Helm) -> None:
    own = {"limits": {"ephemeral-storage": "100Gi"}}
    shop = any_engine.objects({"backup": {"enabled": True, "resources": own}})
    limits = containers(shop)["save"]["resources"]["limits"]
    assert limits == {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "100Gi"}


def test_a_plan_that_is_older_than_backups(any_engine: Helm) -> None:
    """It says nothing of them: the namespace's defaults hold."""
    shop = any_engine.objects({"plans": {"small": {"backup": None}}, **ENABLED})
    assert containers(shop)["save"]["resources"] == {"requests": {}, "limits": {}}


def test_where_a_backup_goes(any_engine: Helm) -> None:
    database, port = DATABASES[any_engine.chart.name]
    anywhere: list[Peer] = [SERVER, *PUBLIC, *PRIVATE]
    for own in (8000, 443):
        shop = any_engine.objects({"backup": {"enabled": True, "port": own}})
        reached = {
            (target, number)
            for target in shop.templates
            for number in (port, 8080, own)
            if is_connected(shop, "backup", target, number)
        }
        assert reached == {(database, port)}
        assert all(allows(shop, "backup", "Egress", other, own) for other in anywhere)
        for closed in {25, 80, 443, 6443, 8000} - {own}:
            assert not any(allows(shop, "backup", "Egress", other, closed) for other in anywhere)
        assert allows(shop, "backup", "Egress", DNS, 53)
        assert not any(
            allows(shop, "backup", "Ingress", other, number)
            for other in anywhere
            for number in (80, 443, 8000, 8080)
        )


def test_nobody_else_goes_there(shop: Objects) -> None:
    for component in shop.templates.keys() - {"backup"}:
        assert not allows(shop, component, "Egress", SERVER, 8000)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"port": 0}, "at '/backup/port'"),
        ({"timeoutSeconds": 1}, "at '/backup/timeoutSeconds'"),
        ({"secret": ""}, "at '/backup/secret'"),
        ({"password": "x"}, "additional properties 'password'"),
    ],
)
def test_refused_values(any_engine: Helm, values: dict[str, Any], told: str) -> None:
    assert told in any_engine.refusal({"backup": {"enabled": True, **values}})


def test_another_image_and_time(any_engine: Helm) -> None:
    image = {"repository": "mirror.test/restic", "tag": "0.19.0", "pullPolicy": "Always"}
    shop = any_engine.objects({"backup": {"enabled": True, "image": image, "timeoutSeconds": 7200}})
    save = containers(shop)["save"]
    assert (save["image"], save["imagePullPolicy"]) == ("mirror.test/restic:0.19.0", "Always")
    assert job(shop)["spec"]["activeDeadlineSeconds"] == 7200
