"""Which images a rendered chart needs."""

import json

import pytest

from provisioner.domain.errors import HelmError
from provisioner.reconcile.rendered import PodImages, pod_images


def spec(*images: str, init: str = "", secrets: tuple[str, ...] = ()) -> dict[str, object]:
    return {
        "containers": [{"name": "c", "image": image} for image in images],
        "initContainers": [{"name": "i", "image": init}] if init else None,
        "imagePullSecrets": [{"name": name} for name in secrets],
    }


def workload(kind: str, pod: dict[str, object]) -> dict[str, object]:
    return {"kind": kind, "spec": {"template": {"spec": pod}}}


def rendered(*items: object) -> str:
    return "\n---\n".join(json.dumps(item) for item in items)


def test_each_image_of_every_pod_is_found_once() -> None:
    cron = {"kind": "CronJob", "spec": {"jobTemplate": workload("", spec("cron:1", init="init:1"))}}
    manifest = rendered(
        workload("Deployment", spec("web:2", "side:1", init="init:1", secrets=("b", "a"))),
        workload("StatefulSet", spec("db:8", secrets=("a",))),
        workload("DaemonSet", spec("agent:1")),
        workload("Job", spec("web:2")),
        cron,
        {"kind": "ConfigMap", "data": {"image": "none:1"}},
        {"kind": "Service", "spec": {"ports": []}},
        None,  # a template that renders to nothing
    )
    assert pod_images(manifest) == PodImages(
        images=("agent:1", "cron:1", "db:8", "init:1", "side:1", "web:2"), pull_secrets=("a", "b")
    )


@pytest.mark.parametrize("manifest", ["{", rendered({"kind": "Deployment", "spec": {}})])
def test_what_cannot_be_read_is_an_error_of_the_chart(manifest: str) -> None:
    with pytest.raises(HelmError, match="cannot be read"):
        pod_images(manifest)


def test_nothing_at_all() -> None:
    assert pod_images("") == PodImages((), ())
