"""Reads volume claims with what their storage classes allow, and has them grow."""

import asyncio
from contextlib import suppress

import msgspec

from provisioner.domain.cluster import Volume
from provisioner.domain.cluster_rejections import no_text
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.kubernetes.api import KubeApi

_GONE_POLL_SECONDS = 0.2  # polled, because StatefulSets are not watched and rarely removed


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    deletion_timestamp: str | None = None


class _Requests(msgspec.Struct):
    storage: str = "0"


class _Resources(msgspec.Struct):
    requests: _Requests = msgspec.field(default_factory=_Requests)


class _ClaimSpec(msgspec.Struct, rename="camel"):
    storage_class_name: str = ""
    resources: _Resources = msgspec.field(default_factory=_Resources)


class _Claim(msgspec.Struct):
    metadata: _Metadata
    spec: _ClaimSpec


class _Claims(msgspec.Struct):
    items: list[_Claim]


class _StorageClass(msgspec.Struct, rename="camel"):
    allow_volume_expansion: bool = False


_claim_lists = msgspec.json.Decoder(_Claims)
_classes = msgspec.json.Decoder(_StorageClass)


async def volumes_in(api: KubeApi, namespace: str) -> list[Volume]:
    """See ``ports.Cluster.volumes``.

    A class that is not there, or may not be read, is taken for one that lets nothing grow.
    """
    path = _claims_path(namespace)
    try:
        found = _claim_lists.decode(await api.call("GET", path)).items
    except msgspec.MsgspecError:
        raise no_text(path) from None
    specs = {
        item.metadata.name: item.spec for item in found if not item.metadata.deletion_timestamp
    }
    growing = {name for name in {spec.storage_class_name for spec in specs.values()} if name}
    growing = {name for name in growing if await _lets_grow(api, name)}
    return [
        Volume(
            name,
            spec.resources.requests.storage,
            spec.storage_class_name,
            can_grow=spec.storage_class_name in growing,
        )
        for name, spec in sorted(specs.items())
    ]


async def grow(api: KubeApi, namespace: str, name: str, size: str, *, is_trial: bool) -> None:
    """See ``ports.Cluster.grow_volume``."""
    body = {"spec": {"resources": {"requests": {"storage": size}}}}
    query = [("dryRun", "All")] if is_trial else []
    await api.call("PATCH", f"{_claims_path(namespace)}/{name}", query=query, body=body)


async def release_pods(api: KubeApi, namespace: str, stateful_set: str) -> None:
    """See ``ports.Cluster.release_pods``."""
    path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{stateful_set}"
    with suppress(NotFoundError):
        await api.call("DELETE", path, body={"propagationPolicy": "Orphan"})
        while True:  # the garbage collector takes the pods' owner away first
            await api.call("GET", path)
            await asyncio.sleep(_GONE_POLL_SECONDS)


async def _lets_grow(api: KubeApi, name: str) -> bool:
    path = f"/apis/storage.k8s.io/v1/storageclasses/{name}"
    try:
        return _classes.decode(await api.call("GET", path)).allow_volume_expansion
    except (NotFoundError, ClusterRejectedError):
        return False
    except msgspec.MsgspecError:
        raise no_text(path) from None


def _claims_path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
