"""Reads from a rendered chart which images its pods need, and with which Secrets they are pulled.

The chart is rendered, because only that tells its images: engines name their values as they like.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import HelmError
from provisioner.domain.stores import Reason

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
_KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})


class _Part(msgspec.Struct, rename="camel"):
    """Base of the parts of an object that are read. A list may be null, and then it is empty."""


class _Container(_Part):
    image: str


class _Named(_Part):
    name: str


class _PodSpec(_Part):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    image_pull_secrets: list[_Named] | None = None


class _PodTemplate(_Part):
    spec: _PodSpec


class _WorkloadSpec(_Part):
    template: _PodTemplate


class _Workload(_Part):
    spec: _WorkloadSpec


class _CronJobSpec(_Part):
    job_template: _Workload


class _CronJob(_Part):
    spec: _CronJobSpec


@dataclass(frozen=True, slots=True)
class PodImages:
    """The images of all containers, and the names of the Secrets to pull them with; sorted."""

    images: tuple[str, ...]
    pull_secrets: tuple[str, ...]


def pod_images(manifest: str) -> PodImages:
    """Read what helm rendered. Raises HelmError when it holds something else than objects."""
    try:
        pods = list(_pods(manifest))
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        message = f"What helm rendered of the chart cannot be read: {error}. Mend the chart."
        raise HelmError(Reason(ReasonCode.HELM_FAILED, message)) from error
    containers = [
        item for pod in pods for item in (*(pod.init_containers or ()), *(pod.containers or ()))
    ]
    names = [item.name for pod in pods for item in pod.image_pull_secrets or ()]
    return PodImages(
        images=tuple(sorted({container.image for container in containers})),
        pull_secrets=tuple(sorted(set(names))),
    )


def _pods(manifest: str) -> Iterator[_PodSpec]:
    for item in yaml.load_all(manifest, Loader=_LOADER):
        kind = item.get("kind") if isinstance(item, dict) else None
        if kind in _KINDS:
            yield msgspec.convert(item, _Workload).spec.template.spec
        elif kind == "CronJob":
            yield msgspec.convert(item, _CronJob).spec.job_template.spec.template.spec
