"""Reads from a rendered chart the images of its pods, the Secrets to pull them, and its volumes.

The chart is rendered, because only that tells them: engines name their values as they like.
"""

from collections.abc import Iterator, Mapping
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


class _Requests(_Part):
    storage: str | int = 0


class _Resources(_Part):
    requests: _Requests


class _ClaimSpec(_Part):
    resources: _Resources


class _Claim(_Part):
    metadata: _Named
    spec: _ClaimSpec


class _SetSpec(_Part):
    volume_claim_templates: list[_Claim] | None = None


class _StatefulSet(_Part):
    metadata: _Named
    spec: _SetSpec


@dataclass(frozen=True, slots=True)
class RenderedVolumes:
    """How large the volumes of a chart are, and which StatefulSets make some of them.

    ``claims`` has the size of each claim by name, and ``templates`` that of each claim template by
    the beginning of the names of its claims, which their number follows.
    """

    claims: Mapping[str, str]
    templates: Mapping[str, str]
    stateful_sets: tuple[str, ...]

    def size_of(self, claim: str) -> str | None:
        """Return how large a claim of this name is to be; None for one that the chart lacks."""
        return self.claims.get(claim) or self.templates.get(claim.rstrip("0123456789"))


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
        raise _unreadable(error) from error
    containers = [
        item for pod in pods for item in (*(pod.init_containers or ()), *(pod.containers or ()))
    ]
    names = [item.name for pod in pods for item in pod.image_pull_secrets or ()]
    return PodImages(
        images=tuple(sorted({container.image for container in containers})),
        pull_secrets=tuple(sorted(set(names))),
    )


def rendered_volumes(manifest: str) -> RenderedVolumes:
    """Read what helm rendered. Raises HelmError when it holds something else than objects."""
    claims, templates, sets = dict[str, str](), dict[str, str](), list[str]()
    try:
        for item in yaml.load_all(manifest, Loader=_LOADER):
            kind = item.get("kind") if isinstance(item, dict) else None
            if kind == "PersistentVolumeClaim":
                claim = msgspec.convert(item, _Claim)
                claims[claim.metadata.name] = str(claim.spec.resources.requests.storage)
            elif kind == "StatefulSet":
                found = msgspec.convert(item, _StatefulSet)
                for template in found.spec.volume_claim_templates or ():
                    size = str(template.spec.resources.requests.storage)
                    templates[f"{template.metadata.name}-{found.metadata.name}-"] = size
                if found.spec.volume_claim_templates:
                    sets.append(found.metadata.name)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise _unreadable(error) from error
    return RenderedVolumes(claims, templates, tuple(sets))


def _unreadable(error: Exception) -> HelmError:
    message = f"What helm rendered of the chart cannot be read: {error}. Mend the chart."
    return HelmError(Reason(ReasonCode.HELM_FAILED, message))


def _pods(manifest: str) -> Iterator[_PodSpec]:
    for item in yaml.load_all(manifest, Loader=_LOADER):
        kind = item.get("kind") if isinstance(item, dict) else None
        if kind in _KINDS:
            yield msgspec.convert(item, _Workload).spec.template.spec
        elif kind == "CronJob":
            yield msgspec.convert(item, _CronJob).spec.job_template.spec.template.spec
