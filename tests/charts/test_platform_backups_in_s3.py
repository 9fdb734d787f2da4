"""Backups of shops in an S3: rclone in rest-server's place, and no volume."""

from typing import Any

import pytest

from tests.charts.rendering import RELEASE, Helm, Object, Objects, Values
from tests.charts.test_platform import IN_S3, S3, SHOP_BACKUPS, settings

pytestmark = pytest.mark.slow

SERVER, REMOVAL = "backups", "backup-removal"


@pytest.fixture(scope="module")
def objects(platform: Helm) -> Objects:
    return platform.objects(IN_S3)


def environment(container: Object) -> dict[str, Any]:
    return {e["name"]: e.get("value", e.get("valueFrom")) for e in container["env"]}


def of_s3(own: Values) -> Values:
    return {"backups": {**SHOP_BACKUPS["backups"], "s3": own}}


def test_nothing_but_the_server_and_the_removal_changes(platform: Helm, objects: Objects) -> None:
    before = {(o["kind"], o["metadata"]["name"]): o for o in platform.objects(SHOP_BACKUPS)}
    after = {(o["kind"], o["metadata"]["name"]): o for o in objects}
    (claim,) = before.keys() - after.keys()
    assert claim[0] == "PersistentVolumeClaim"
    assert not after.keys() - before.keys()
    changed = {(kind, name) for kind, name in after if after[kind, name] != before[kind, name]}
    assert {(kind, name.removeprefix(f"{RELEASE}-store-platform")) for kind, name in changed} == {
        ("Deployment", "-backups"), ("CronJob", "-backup-removal"), ("ConfigMap", ""),
        ("NetworkPolicy", "-backups"), ("NetworkPolicy", "-backup-removal"), ("Deployment", "-api"),
    }  # fmt: skip


def test_the_server_is_rclone(objects: Objects) -> None:
    container = objects.containers[SERVER]
    assert container["image"] == "docker.io/rclone/rclone:1.76.0"
    assert container["command"][-1].strip().splitlines()[-1] == (
        'exec rclone serve restic "$BACKUP_PLACE" --append-only --private-repos'
        " --htpasswd /accounts/htpasswd --addr :8000 --cache-objects=false"
    )
    assert [m["name"] for m in container["volumeMounts"]] == ["accounts"]


@pytest.mark.parametrize("component", [SERVER, REMOVAL])
def test_the_keys_are_given_by_reference(objects: Objects, component: str) -> None:
    given = environment(objects.containers[component])
    names = {"ACCESS_KEY_ID": "access-key-id", "SECRET_ACCESS_KEY": "secret-access-key"}
    for variable, key in names.items():
        wanted = {"secretKeyRef": {"name": "s3-keys", "key": key}}
        assert given[f"RCLONE_CONFIG_BACKUPS_{variable}"] == wanted
    assert given["BACKUP_PLACE"] == "backups:shops/of/shops"
    assert given["RCLONE_CONFIG_BACKUPS_ENDPOINT"] == S3["endpoint"]
    # Nobody else knows them.
    others = [name for name in objects.containers if name not in (SERVER, REMOVAL)]
    assert not [name for name in others if "s3-keys" in str(objects.containers[name])]


def test_the_removal_has_both_programs_and_may_run_anywhere(objects: Objects) -> None:
    pod = objects.templates[REMOVAL]["spec"]
    assert "affinity" not in pod
    (first,) = pod["initContainers"]
    assert first["image"] == "docker.io/rclone/rclone:1.76.0"
    assert first["command"] == ["cp", "/usr/local/bin/rclone", "/programs/"]
    given = environment(objects.containers[REMOVAL])
    assert given["PLACE_KIND"] == "s3"
    assert given["PATH"].startswith("/programs:")


@pytest.mark.parametrize("component", [SERVER, REMOVAL])
def test_both_go_to_the_s3_and_the_clusters_dns(objects: Objects, component: str) -> None:
    dns, s3 = objects.one("NetworkPolicy", f"-{component}")["spec"]["egress"]
    assert [port["port"] for port in dns["ports"]] == [53, 53]
    assert s3["ports"] == [{"protocol": "TCP", "port": 8443}]


@pytest.mark.parametrize(
    ("endpoint", "is_in_cluster"),
    [
        ("https://s3.eu-central-1.amazonaws.com", "false"),
        ("https://svc.example.com", "false"),
        ("http://minio.storage.svc:9000", "true"),
        ("http://minio.storage.svc.cluster.local:9000", "true"),
        ("http://minio", "true"),
    ],
)
def test_where_it_is(platform: Helm, endpoint: str, is_in_cluster: str) -> None:
    made = platform.objects(of_s3({**S3, "endpoint": endpoint}))
    assert settings(made)["STORE_PLATFORM_BACKUP_IN_CLUSTER"] == is_in_cluster


def test_its_authority_is_trusted(platform: Helm) -> None:
    made = platform.objects({**IN_S3, "trustedAuthorities": {"configMap": "authorities"}})
    for component in (SERVER, REMOVAL):
        container = made.containers[component]
        assert environment(container)["SSL_CERT_DIR"] == "/etc/store-platform/authorities"
        assert "authorities" in [mount["name"] for mount in container["volumeMounts"]]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({**S3, "existingSecret": ""}, "kubectl create secret generic shop-backups-s3"),
        ({**S3, "bucket": ""}, "name the bucket in backups.s3.bucket"),
        ({**S3, "endpoint": ""}, "name the S3 in backups.s3.endpoint"),
        ({**S3, "endpoint": "s3.example.com"}, "/backups/s3/endpoint"),
        ({**S3, "bucket": "a/b"}, "/backups/s3/bucket"),
        ({**S3, "prefix": "/shops"}, "/backups/s3/prefix"),
        ({**S3, "prefix": "../shops"}, "/backups/s3/prefix"),
        ({**S3, "accessKey": "secret"}, "additional properties 'accessKey'"),
    ],
)
def test_refused_values(platform: Helm, own: Values, told: str) -> None:
    assert told in platform.refusal(of_s3(own))


def test_two_places(platform: Helm) -> None:
    server = {"storage": {"existingClaim": "elsewhere"}}
    own = {"backups": {**IN_S3["backups"], "server": server}}
    assert "Set either this or backups.server.storage.existingClaim" in platform.refusal(own)
