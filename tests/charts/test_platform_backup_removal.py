"""The removal of shops' old backups: a CronJob on the server's volume, which nobody reaches."""

import pytest
import yaml

from tests.charts.rendering import COMPONENT_LABEL, NAMESPACE, PLATFORM, RELEASE, Helm, Objects
from tests.charts.test_platform import SHOP_BACKUPS, settings
from tests.images.removals import REMOVE

pytestmark = pytest.mark.slow

COMPONENT = "backup-removal"
NAME = f"{RELEASE}-store-platform-backup-removal"


@pytest.fixture(scope="module")
def objects(platform: Helm) -> Objects:
    return platform.objects(SHOP_BACKUPS)


def test_only_where_there_are_backups_of_shops(platform: Helm) -> None:
    for files in ((), ("values-local.yaml",), ("values-prod.yaml",)):
        made = platform.objects(files=[PLATFORM / file for file in files])
        assert COMPONENT not in made.templates
        assert not [o for o in made if o["metadata"]["name"].endswith("-backup-removal")]


def test_its_objects_have_the_name_that_the_platform_is_told(objects: Objects) -> None:
    assert settings(objects)["STORE_PLATFORM_BACKUP_REMOVAL"] == f"{NAMESPACE}/{NAME}"
    for kind in ("CronJob", "Secret", "ConfigMap"):
        assert objects.one(kind, "-backup-removal")["metadata"]["name"] == NAME


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("store-platform", "store-platform-backup-removal"),
        ("a" * 22, f"{'a' * 22}-store-platform-backup-removal"),
        ("a" * 23, f"{'a' * 22}-store-platform-backup-removal"),
        ("a" * 21 + "-b", f"{'a' * 21}-store-platform-backup-removal"),
        ("a" * 53, f"{'a' * 22}-store-platform-backup-removal"),
    ],
)
def test_a_cronjobs_name_may_have_52_characters(platform: Helm, release: str, name: str) -> None:
    """And the alerts find it by what is in the middle."""
    done = platform.template(SHOP_BACKUPS, release=release)
    assert done.returncode == 0, done.stderr
    cron = Objects(yaml.safe_load_all(done.stdout)).one("CronJob")
    assert cron["metadata"]["name"] == name
    assert len(name) <= 52


def test_one_at_a_time_and_each_ends(objects: Objects) -> None:
    spec = dict(objects.one("CronJob")["spec"])
    job = spec.pop("jobTemplate")["spec"]
    assert spec == {
        "schedule": "41 4 * * *", "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1,
    }  # fmt: skip
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (2, 21600)
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_it_runs_the_script_as_the_servers_user_on_its_node(objects: Objects) -> None:
    pod, server = (objects.templates[name]["spec"] for name in (COMPONENT, "backups"))
    container = objects.containers[COMPONENT]
    script = objects.one("ConfigMap", "-backup-removal")["data"]
    assert script == {
        name: REMOVE.with_name(name).read_text() for name in ("remove", "s3", "volume")
    }
    assert container["command"] == ["/bin/sh", "/scripts/remove"]
    assert pod["securityContext"] == server["securityContext"]
    assert pod["automountServiceAccountToken"] is False
    (term,) = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    labels = objects.templates["backups"]["metadata"]["labels"]
    assert term == {
        "topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels},
    }  # fmt: skip


def test_it_has_the_volume_and_what_is_to_be_removed(objects: Objects) -> None:
    pod, server = (objects.templates[name]["spec"] for name in (COMPONENT, "backups"))
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    (data,) = [volume for volume in server["volumes"] if volume["name"] == "data"]
    assert volumes == {
        "scripts": {"name": "scripts", "configMap": {"name": NAME}},
        "removals": {"name": "removals", "secret": {"secretName": NAME, "defaultMode": 0o440}},
        "data": data,
        "tmp": {"name": "tmp", "emptyDir": {}},
    }
    container = objects.containers[COMPONENT]
    paths = {
        m["mountPath"]: (m["name"], m.get("readOnly", False)) for m in container["volumeMounts"]
    }
    assert paths == {
        "/scripts": ("scripts", True), "/removals": ("removals", True),
        "/data": ("data", False), "/tmp": ("tmp", False),  # noqa: S108 - in the pod
    }  # fmt: skip
    # Passwords are in the mounted Secret alone.
    assert container["env"] == [{"name": "HOME", "value": "/tmp"}]  # noqa: S108 - in the pod
    assert "envFrom" not in container


def test_nobody_reaches_it_and_it_reaches_nobody(objects: Objects) -> None:
    policy = objects.one("NetworkPolicy", "-backup-removal")["spec"]
    labels = objects.templates[COMPONENT]["metadata"]["labels"]
    assert labels[COMPONENT_LABEL] == COMPONENT
    assert policy == {
        "podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"],
    }  # fmt: skip


def test_own_values(platform: Helm) -> None:
    digest = f"sha256:{'0123456789abcdef' * 4}"
    removal = {"image": {"digest": digest}, "schedule": "@weekly"}
    keep = {"allDays": 0, "days": 1, "weeks": 0, "months": 12, "deletedDays": 0}
    own = {"backups": {**SHOP_BACKUPS["backups"], "removal": removal, "keep": keep}}
    made = platform.objects(own)
    assert made.containers[COMPONENT]["image"] == f"docker.io/restic/restic:0.18.1@{digest}"
    assert made.one("CronJob")["spec"]["schedule"] == "@weekly"
    given = settings(made)
    kept = {
        name: given[f"STORE_PLATFORM_BACKUP_KEEP_{name}"] for name in ("ALL_DAYS", "DAYS", "WEEKS")
    }
    assert kept == {"ALL_DAYS": "0", "DAYS": "1", "WEEKS": "0"}
    assert given["STORE_PLATFORM_BACKUP_KEEP_MONTHS"] == "12"
    assert given["STORE_PLATFORM_BACKUP_KEEP_DELETED_DAYS"] == "0"


def test_the_setting_is_the_charts_own(platform: Helm) -> None:
    own = {"api": {"extraEnv": {"STORE_PLATFORM_BACKUP_REMOVAL": "a/b"}}}
    assert "it is the CronJob that the chart makes" in platform.refusal({**SHOP_BACKUPS, **own})
