"""The body of the Job that pulls images. That a cluster takes it is checked in the contracts."""

from typing import Any

from provisioner.kubernetes.pull_job import pull_job


def pod_of(**given: Any) -> dict[str, Any]:
    job = pull_job("woo-pull-2", {"a": "b"}, ["db:8", "web:2"], **{**NOTHING, **given})
    assert job["metadata"] == {"name": "woo-pull-2", "labels": {"a": "b"}}
    template = job["spec"]["template"]
    assert template["metadata"] == {"labels": {"a": "b"}}
    pod: dict[str, Any] = template["spec"]
    return pod


NOTHING: dict[str, Any] = {"pull_secrets": (), "near": ()}


def test_one_container_for_each_image_that_runs_nothing_of_it() -> None:
    containers = pod_of()["containers"]
    assert [(item["name"], item["image"]) for item in containers] == [
        ("image-1", "db:8"), ("image-2", "web:2")
    ]  # fmt: skip
    assert {tuple(item["command"]) for item in containers} == {("true",)}
    assert {item["imagePullPolicy"] for item in containers} == {"IfNotPresent"}


def test_it_is_tried_once_and_removes_itself_if_nobody_does() -> None:
    spec = pull_job("woo-pull-2", {}, ["web:2"], **NOTHING)["spec"]
    assert spec["backoffLimit"] == 0
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["activeDeadlineSeconds"] == 1800
    assert spec["ttlSecondsAfterFinished"] == 3600


def test_it_is_rather_on_the_nodes_of_the_shop() -> None:
    assert "affinity" not in pod_of()
    affinity = pod_of(near=("node-1", "node-2"))["affinity"]["nodeAffinity"]
    (kind,) = affinity
    assert kind == "preferredDuringSchedulingIgnoredDuringExecution"
    named = [term["preference"]["matchFields"] for term in affinity[kind]]
    assert named == [
        [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}],
        [{"key": "metadata.name", "operator": "In", "values": ["node-2"]}],
    ]


def test_the_secrets_are_named() -> None:
    assert pod_of()["imagePullSecrets"] == []
    assert pod_of(pull_secrets=("store-pull",))["imagePullSecrets"] == [{"name": "store-pull"}]
