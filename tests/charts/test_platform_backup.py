"""Backups of the platform's database: who makes them, on which volume, and where that may go."""

import re
from typing import Any

import pytest
from typer.main import get_command

from app.cli.main import cli
from tests.charts.rendering import PLATFORM, RELEASE, Helm, Object, Objects, Values
from tests.charts.test_platform_network import CLUSTER_DNS, METADATA, OUTSIDE, Other, may, ports_of

pytestmark = pytest.mark.slow

SQLITE: Values = {"database": {"backup": {"enabled": True, "keep": 3}}}
SERVER: Values = {
    "database": {"existingSecret": "state", "port": 5433, "backup": {"enabled": True, "keep": 3}}
}
ALERTS = "files/alerts.yaml"
COMPONENT = "database-backup"
NAME = f"{RELEASE}-store-platform-database-backup"


@pytest.fixture(scope="module")
def sqlite(platform: Helm) -> Objects:
    return platform.objects(SQLITE)


@pytest.fixture(scope="module")
def server(platform: Helm) -> Objects:
    return platform.objects(SERVER)


def first(objects: Objects) -> Object:
    """Return the Job that makes the first backup; the migration is another."""
    (found,) = [item for item in objects.of("Job") if item["metadata"]["name"].startswith(NAME)]
    return found


def volumes(objects: Objects) -> dict[str, Any]:
    return {volume["name"]: volume for volume in objects.templates[COMPONENT]["spec"]["volumes"]}


def test_off_by_default(platform: Helm) -> None:
    assert COMPONENT not in str(platform.objects())


def test_what_is_run_is_a_command_of_ours(sqlite: Objects) -> None:
    arguments = sqlite.containers[COMPONENT]["args"]
    assert arguments == ["database", "backup", "--to", "/backups", "--keep", "3"]
    command: Any = get_command(cli)
    for name in arguments[:2]:
        command = command.commands[name]
    given = command.make_context("backup", list(arguments[2:])).params
    assert (str(given["to"]), given["keep"]) == ("/backups", 3)


def test_one_at_a_time_and_not_for_ever(sqlite: Objects) -> None:
    spec = sqlite.one("CronJob", NAME)["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] == 3600
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (1, 1)
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 3600


def test_a_file_is_read_where_the_api_writes_it(sqlite: Objects) -> None:
    api, backup = sqlite.containers["api"], sqlite.containers[COMPONENT]
    (url,) = backup["env"]
    assert url in api["env"]
    (mount,) = [m for m in backup["volumeMounts"] if m["name"] == "state"]
    assert mount in api["volumeMounts"]
    assert "readOnly" not in mount
    states = [v for v in sqlite.templates["api"]["spec"]["volumes"] if v["name"] == "state"]
    assert [volumes(sqlite)["state"]] == states


def test_a_file_is_backed_up_on_the_node_of_the_api(sqlite: Objects, server: Objects) -> None:
    affinity = sqlite.templates[COMPONENT]["spec"]["affinity"]["podAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    wanted = term["labelSelector"]["matchLabels"]
    (component,) = term["labelSelector"]["matchExpressions"]
    # Kubernetes takes any node where no pod is found and a pod asks for one like itself.
    assert component["values"] == ["api", COMPONENT]
    for name in component["values"]:
        assert wanted.items() <= sqlite.templates[name]["metadata"]["labels"].items()
    assert "affinity" not in server.templates[COMPONENT]["spec"]


def test_a_server_is_named_and_never_written_down(server: Objects) -> None:
    backup = server.containers[COMPONENT]
    assert backup["env"] == [
        {
            "name": "STORE_PLATFORM_DATABASE_URL",
            "valueFrom": {"secretKeyRef": {"name": "state", "key": "url"}},
        }
    ]
    assert {mount["name"] for mount in backup["volumeMounts"]} == {"backups", "tmp"}


def test_authorities_of_ones_own_are_trusted(platform: Helm) -> None:
    objects = platform.objects({**SERVER, "trustedAuthorities": {"configMap": "own"}})
    mounts = objects.containers[COMPONENT]["volumeMounts"]
    assert [m for m in mounts if m["name"] == "authorities"] == [
        m for m in objects.containers["api"]["volumeMounts"] if m["name"] == "authorities"
    ]
    assert volumes(objects)["authorities"]["configMap"] == {"name": "own"}


@pytest.mark.parametrize("values", [SQLITE, SERVER], ids=["sqlite", "server"])
def test_the_volume_stays_and_is_another_than_the_states(platform: Helm, values: Values) -> None:
    objects = platform.objects(values)
    claim = objects.one("PersistentVolumeClaim", "-backups")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    named = {"claimName": claim["metadata"]["name"]}
    assert volumes(objects)["backups"]["persistentVolumeClaim"] == named


def test_a_claim_of_ones_own(platform: Helm) -> None:
    backup = {**SQLITE["database"]["backup"], "storage": {"existingClaim": "elsewhere"}}
    objects = platform.objects({"database": {"backup": backup}})
    assert volumes(objects)["backups"]["persistentVolumeClaim"] == {"claimName": "elsewhere"}
    assert not [c for c in objects.claims if c["metadata"]["name"].endswith("-backups")]


def test_the_first_backup_is_made_with_the_release(platform: Helm, server: Objects) -> None:
    """It binds the volume, for which ``helm --wait`` waits, and the CronJob's first may be far."""
    job, cron = first(server), server.one("CronJob")
    assert job["spec"] == cron["spec"]["jobTemplate"]["spec"]
    assert "annotations" not in job["metadata"], "helm waits for the volume before it runs hooks"
    # A Job cannot be changed: whatever changes it gives it another name.
    again = first(platform.objects({**SERVER, "dashboard": {"replicas": 2}}))
    other = first(platform.objects({**SERVER, "api": {"image": {"tag": "next"}}}))
    assert again == job
    assert other["metadata"]["name"] != job["metadata"]["name"]


@pytest.mark.parametrize(
    "release", ["a", "eu-store-platform", "a" * 26 + "-store-platform", "a" * 53]
)
def test_names_are_not_too_long_and_found_by_the_alerts(platform: Helm, release: str) -> None:
    done = platform.template(SQLITE, release=release)
    assert done.returncode == 0, done.stderr
    objects = Objects.read(done.stdout)
    name = objects.one("CronJob")["metadata"]["name"]
    (job,) = (item["metadata"]["name"] for item in objects.of("Job"))
    assert len(name) <= 52, "Kubernetes appends eleven characters to it"
    assert len(job) <= 63
    asked = re.findall(r'(?:cronjob|job_name)=~"([^"]+)"', (PLATFORM / ALERTS).read_text())
    # The others are of what removes shops' old backups.
    own = [of for of in asked if "removal" not in of]
    assert [bool(re.fullmatch(of, name) or re.fullmatch(of, job)) for of in own] == [True] * 6
    assert not any(re.fullmatch(of, name) or re.fullmatch(of, job) for of in asked if of not in own)


def test_where_it_may_go(sqlite: Objects, server: Objects) -> None:
    for address in OUTSIDE:
        assert ports_of(server, COMPONENT, Other(address)) == {5433}
        assert ports_of(sqlite, COMPONENT, Other(address)) == set()
    for address in METADATA:
        assert ports_of(server, COMPONENT, Other(address)) == set()
    assert may(server, COMPONENT, "egress", CLUSTER_DNS, 53)
    assert not may(sqlite, COMPONENT, "egress", CLUSTER_DNS, 53)
    for objects in (sqlite, server):
        assert not may(objects, COMPONENT, "ingress", CLUSTER_DNS, "http")


@pytest.mark.parametrize(
    ("backup", "told"),
    [
        ({"keep": 0}, "/database/backup/keep"),
        ({"schedule": "at night"}, "/database/backup/schedule"),
        ({"schedule": ""}, "/database/backup/schedule"),
        ({"storage": {"size": "5"}}, "/database/backup/storage/size"),
        ({"to": "/elsewhere"}, "additional properties 'to'"),
    ],
)
def test_refused_values(platform: Helm, backup: Values, told: str) -> None:
    assert told in platform.refusal({"database": {"backup": backup}})


@pytest.mark.parametrize(
    ("file", "is_on"), [("values-prod.yaml", True), ("values-local.yaml", False)]
)
def test_on_in_production_alone(platform: Helm, file: str, *, is_on: bool) -> None:
    assert bool(platform.objects(files=[PLATFORM / file]).of("CronJob")) is is_on
