"""The body of a Job whose pod does nothing but have images pulled to its node."""

from collections.abc import Mapping, Sequence
from typing import Any

_NOBODY = 65534  # the user id that nobody's files belong to, in any image
_DEADLINE_SECONDS = 1800
"""A pull that takes longer is given up: the registry does not answer, or sends next to nothing."""
_KEPT_SECONDS = 3600  # after its end, if the platform is not there to remove it
_RESOURCES = {
    # For `true` alone. The limits leave the container runtime what it needs to start it, and fit
    # into the quota of the smallest plan many times.
    "requests": {"cpu": "5m", "memory": "8Mi", "ephemeral-storage": "1Mi"},
    "limits": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
}


def pull_job(
    name: str,
    labels: Mapping[str, str],
    images: Sequence[str],
    *,
    pull_secrets: Sequence[str],
    near: Sequence[str],
) -> dict[str, Any]:
    """Return the Job, with one container for each of the images. See ``ports.Jobs.pull``."""
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        # The "restricted" standard, which stores' namespaces enforce.
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _NOBODY,
            "runAsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "imagePullSecrets": [{"name": secret} for secret in pull_secrets],
        "containers": [_container(number, image) for number, image in enumerate(images, start=1)],
    }
    if near:
        spec["affinity"] = {"nodeAffinity": _beside(near)}
    return {
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": _DEADLINE_SECONDS,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": dict(labels)}, "spec": spec},
        },
    }


def _container(number: int, image: str) -> dict[str, Any]:
    return {
        "name": f"image-{number}",
        "image": image,
        "imagePullPolicy": "IfNotPresent",  # one that is on the node already is what is wanted
        "command": ["true"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": _RESOURCES,
    }


def _beside(nodes: Sequence[str]) -> dict[str, Any]:
    """Return an affinity to nodes of these names, and without them, to none."""
    # By name, which is what pods tell of their nodes. The label kubernetes.io/hostname is mostly
    # the same, but not with every cloud. A field takes one value, so each node has its own term.
    named = [{"key": "metadata.name", "operator": "In", "values": [node]} for node in nodes]
    terms = [{"weight": 100, "preference": {"matchFields": [term]}} for term in named]
    return {"preferredDuringSchedulingIgnoredDuringExecution": terms}
