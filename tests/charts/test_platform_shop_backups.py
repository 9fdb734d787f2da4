"""Backups of shops: the server that takes them, who reaches it, and who writes its accounts."""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster.ports import free_port
from app.local.cluster.tools import REST_SERVER, ensure
from tests.charts.rendering import (
    COMPONENT_LABEL,
    NAMESPACE,
    PLATFORM,
    RELEASE,
    Helm,
    Object,
    Objects,
    Values,
)
from tests.charts.test_network import matches
from tests.charts.test_platform import SHOP_BACKUPS, settings

pytestmark = pytest.mark.slow

COMPONENT = "backups"
NAME = f"{RELEASE}-store-platform-backups"
ACCOUNTS = f"{RELEASE}-store-platform-backup-accounts"
REMOVAL = f"{RELEASE}-store-platform-backup-removal"


@pytest.fixture(scope="module")
def objects(platform: Helm) -> Objects:
    return platform.objects(SHOP_BACKUPS)


def volumes(objects: Objects) -> dict[str, Any]:
    return {volume["name"]: volume for volume in objects.templates[COMPONENT]["spec"]["volumes"]}


def test_off_by_default_and_in_the_shipped_values(platform: Helm) -> None:
    for files in ((), ("values-local.yaml",), ("values-prod.yaml",)):
        made = platform.objects(files=[PLATFORM / file for file in files])
        assert COMPONENT not in made.templates
        assert "BACKUP_" not in str(made.containers["api"]) + str(settings(made))
        (role,) = [
            r for r in made.of("ClusterRole") if r["metadata"]["name"].endswith("-in-stores")
        ]
        assert "configmaps" not in str(role)


def test_without_a_key_nothing_is_installed(platform: Helm) -> None:
    said = platform.refusal({"backups": {"enabled": True}})
    assert "backups.enabled: name a Secret in backups.existingSecret." in said
    assert "openssl rand -hex 32 | kubectl create secret generic" in said
    assert "--from-file=key=/dev/stdin. Keep a copy of it outside of the cluster" in said


def test_the_api_is_told_where_backups_go_and_has_the_key_by_reference(objects: Objects) -> None:
    service = objects.one("Service", "-backups")
    given = {name: value for name, value in settings(objects).items() if "BACKUP" in name}
    assert given == {
        "STORE_PLATFORM_BACKUP_REPOSITORY": f"rest:http://{NAME}.{NAMESPACE}.svc:8000",
        "STORE_PLATFORM_BACKUP_ACCOUNTS": f"{NAMESPACE}/{ACCOUNTS}",
        "STORE_PLATFORM_BACKUP_REMOVAL": f"{NAMESPACE}/{REMOVAL}",
        "STORE_PLATFORM_BACKUP_IN_CLUSTER": "true",
        "STORE_PLATFORM_BACKUP_CHECK_DAYS": "30",
        "STORE_PLATFORM_MAX_CONCURRENT_BACKUP_CHECKS": "1",
        "STORE_PLATFORM_BACKUP_KEEP_ALL_DAYS": "2",
        "STORE_PLATFORM_BACKUP_KEEP_DAYS": "7",
        "STORE_PLATFORM_BACKUP_KEEP_WEEKS": "4",
        "STORE_PLATFORM_BACKUP_KEEP_MONTHS": "6",
        "STORE_PLATFORM_BACKUP_KEEP_DELETED_DAYS": "30",
        "STORE_PLATFORM_BACKUP_INTERVAL_HOURS": "24",
        "STORE_PLATFORM_MAX_CONCURRENT_BACKUPS": "2",
    }
    assert (service["metadata"]["name"], service["spec"]["ports"][0]["port"]) == (NAME, 8000)
    assert {secret["metadata"]["name"] for secret in objects.of("Secret")} == {ACCOUNTS, REMOVAL}
    (key,) = [e for e in objects.containers["api"]["env"] if e["name"].endswith("BACKUP_KEY")]
    assert key["valueFrom"] == {"secretKeyRef": {"name": "backup-key", "key": "key"}}
    assert objects.one("Deployment", "-api")["spec"]["template"]["metadata"]["annotations"]


def test_the_doctor_has_the_key_without_which_the_settings_are_refused(doctor: Helm) -> None:
    given = doctor.objects(SHOP_BACKUPS).containers["doctor"]["env"]
    keys = [entry for entry in given if entry["name"].endswith("STORE_PLATFORM_BACKUP_KEY")]
    wanted = {"secretKeyRef": {"name": "backup-key", "key": "key", "optional": True}}
    assert keys[0]["valueFrom"] == wanted
    assert keys[1] == {
        "name": "STORE_PLATFORM_BACKUP_KEY",
        "value": "$(FROM_SECRET_STORE_PLATFORM_BACKUP_KEY)",
    }


def test_a_migration_has_no_settings_but_the_databases(platform: Helm) -> None:
    """The ConfigMap is the one of before: it may ask for a key that is not given any more."""
    on_postgresql = {**SHOP_BACKUPS, "database": {"existingSecret": "database"}}
    migration = platform.objects(on_postgresql).containers["migration"]
    assert "envFrom" not in migration
    assert [entry["name"] for entry in migration["env"]] == ["STORE_PLATFORM_DATABASE_URL"]


def test_how_often_and_how_many(platform: Helm) -> None:
    own = {"backups": {**SHOP_BACKUPS["backups"], "intervalHours": 0.5, "concurrent": 7}}
    given = settings(platform.objects(own))
    assert given["STORE_PLATFORM_BACKUP_INTERVAL_HOURS"] == "0.5"
    assert given["STORE_PLATFORM_MAX_CONCURRENT_BACKUPS"] == "7"


def test_helm_leaves_what_is_in_the_secrets_to_the_platform(objects: Objects) -> None:
    for secret in objects.of("Secret"):
        assert set(secret) == {"apiVersion", "kind", "metadata", "type"}
    volume = volumes(objects)["accounts"]["secret"]
    assert volume == {"secretName": ACCOUNTS, "defaultMode": 0o440}
    (mount,) = [m for m in objects.containers[COMPONENT]["volumeMounts"] if m["name"] == "accounts"]
    assert mount == {"name": "accounts", "mountPath": "/accounts", "readOnly": True}


def test_it_may_write_two_secrets_and_nothing_else(objects: Objects) -> None:
    secrets, removal = objects.one("Role")["rules"]
    assert secrets == {
        "apiGroups": [""], "resources": ["secrets"], "resourceNames": [ACCOUNTS, REMOVAL],
        "verbs": ["get", "patch"],
    }  # fmt: skip
    assert removal == {
        "apiGroups": ["batch"], "resources": ["cronjobs"], "resourceNames": [REMOVAL],
        "verbs": ["get"],
    }  # fmt: skip
    binding = objects.one("RoleBinding")
    assert binding["roleRef"]["name"] == objects.one("Role")["metadata"]["name"]
    account = objects.one("ServiceAccount")["metadata"]["name"]
    assert [subject["name"] for subject in binding["subjects"]] == [account]


def test_shops_may_have_the_scripts_of_backups(platform: Helm, objects: Objects) -> None:
    before = platform.objects().one("ClusterRole", "-in-stores")["rules"]
    after = objects.one("ClusterRole", "-in-stores")["rules"]
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    ((was, is_now),) = changed
    assert is_now == {**was, "resources": ["configmaps", *was["resources"]]}
    # Shops of a time when backups were enabled have them still, and go with them
    later = {"backups": {"enabled": False, "existingSecret": "backup-key"}}
    assert platform.objects(later).one("ClusterRole", "-in-stores")["rules"] == after


def test_the_volume_stays(platform: Helm, objects: Objects) -> None:
    claim = objects.one("PersistentVolumeClaim", "-shop-backups")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"]["resources"]["requests"]["storage"] == "50Gi"
    named = {"claimName": claim["metadata"]["name"]}
    assert volumes(objects)["data"]["persistentVolumeClaim"] == named
    assert objects.one("Deployment", "-backups")["spec"]["strategy"] == {"type": "Recreate"}
    storage = {"server": {"storage": {"existingClaim": "elsewhere"}}}
    own = platform.objects({"backups": {**SHOP_BACKUPS["backups"], **storage}})
    assert volumes(own)["data"]["persistentVolumeClaim"] == {"claimName": "elsewhere"}
    assert not [c for c in own.claims if c["metadata"]["name"].endswith("-shop-backups")]


def may_connect(policy: Object, namespace: dict[str, str], pod: dict[str, str]) -> bool:
    """Whether a pod may open connections, by the labels of it and of its namespace."""
    (rule,) = policy["spec"]["ingress"]
    (peer,) = rule["from"]
    (store,) = peer["namespaceSelector"]["matchExpressions"]
    assert store["operator"] == "Exists"
    return store["key"] in namespace and matches(peer["podSelector"], pod)


def test_who_reaches_it(objects: Objects) -> None:
    policy = objects.one("NetworkPolicy", "-backups")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in policy["spec"]
    assert [rule["ports"] for rule in policy["spec"]["ingress"]] == [
        [{"protocol": "TCP", "port": "http"}]
    ]
    store = {"store-platform.dev/store": "8f0c2f5e"}
    for component in ("backup", "restore"):
        assert may_connect(policy, store, {COMPONENT_LABEL: component})
        assert not may_connect(policy, {}, {COMPONENT_LABEL: component})
    for component in ("wordpress", "medusa", "api"):
        assert not may_connect(policy, store, {COMPONENT_LABEL: component})


def test_it_starts_once_it_has_accounts(objects: Objects, tmp_path: Path) -> None:
    """The very command, with another folder and port, and a real rest-server."""
    container = objects.containers[COMPONENT]
    assert container["startupProbe"]["failureThreshold"] >= 1800  # the platform may come late
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    shell, flag, script = container["command"]
    port, accounts = free_port(), tmp_path / "htpasswd"
    script = script.replace("/accounts/htpasswd", str(accounts)).replace("/data", str(tmp_path))
    script = script.replace(":8000", f"127.0.0.1:{port}")
    (tmp_path / "rest-server").symlink_to(ensure(REST_SERVER))
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [str(shutil.which(shell)), flag, script], env={"PATH": path}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as server:  # fmt: skip
        accounts.touch()  # of a platform without shops
        assert server.stdout is not None
        said = [next(server.stdout) for _ in range(7)]
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
        server.terminate()
        assert server.wait(timeout=60) == 0
    for words in ("Append only mode enabled", "Private repositories enabled", "start server on"):
        assert any(words in line for line in said), said


def test_it_can_be_stopped_while_it_waits(objects: Objects, tmp_path: Path) -> None:
    shell, flag, script = objects.containers[COMPONENT]["command"]
    waiting = script.replace("/accounts/htpasswd", str(tmp_path / "never"))
    with subprocess.Popen([shell, flag, f"{waiting}\n"]) as server:
        deadline = time.monotonic() + 60
        while b"sleep" not in _children(server.pid):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        server.terminate()
        assert server.wait(timeout=60) == 0


def _children(process: int) -> bytes:
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return b" ".join(Path(f"/proc/{child}/cmdline").read_bytes() for child in found)


@pytest.mark.parametrize(
    ("backups", "told"),
    [
        ({"intervalHours": -1}, "/backups/intervalHours"),
        ({"concurrent": 0}, "/backups/concurrent"),
        ({"check": {"days": -1}}, "/backups/check/days"),
        ({"check": {"concurrent": 0}}, "/backups/check/concurrent"),
        ({"keep": {"days": 0}}, "/backups/keep/days"),
        ({"keep": {"weeks": -1}}, "/backups/keep/weeks"),
        ({"keep": {"deletedDays": 0.5}}, "/backups/keep/deletedDays"),
        ({"removal": {"schedule": "nightly"}}, "/backups/removal/schedule"),
        ({"server": {"storage": {"size": "5"}}}, "/backups/server/storage/size"),
        ({"repository": "s3:"}, "additional properties 'repository'"),
    ],
)
def test_refused_values(platform: Helm, backups: Values, told: str) -> None:
    assert told in platform.refusal({"backups": backups})


def test_the_image(platform: Helm, objects: Objects) -> None:
    assert objects.containers[COMPONENT]["image"] == "docker.io/restic/rest-server:0.14.0"
    digest = f"sha256:{'0123456789abcdef' * 4}"
    server = {"image": {"digest": digest}}
    own = platform.objects({"backups": {**SHOP_BACKUPS["backups"], "server": server}})
    assert own.containers[COMPONENT]["image"].endswith(f":0.14.0@{digest}")


def test_no_store_takes_backups_for_its_own(objects: Objects) -> None:
    """The policy lets two more things through, and by their whole names."""
    (policy,) = objects.of("ValidatingAdmissionPolicy")
    (own,) = [v for v in policy["spec"]["variables"] if v["name"] == "isOfBackups"]
    quoted = re.findall(r'"([^"]*)"', own["expression"])
    assert quoted == ["", "secrets", "UPDATE", NAMESPACE, ACCOUNTS, REMOVAL]
    uses = [v for v in policy["spec"]["validations"] if "isOfBackups" in v["expression"]]
    assert len(uses) == 2
