"""What a shop of an engine would consist of, as its chart renders it with the operator's values.

The chart is rendered, because only that tells which classes and images it uses: engines name their
values as they like.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from app.doctor.gateways import GatewayName


@dataclass(frozen=True, slots=True)
class Image:
    """A container's image, and when nodes pull it: ``Always``, ``IfNotPresent`` or ``Never``."""

    reference: str
    pull_policy: str

    @property
    def registry(self) -> str | None:
        """The host of the registry, or None when the reference names none."""
        first, slash, _ = self.reference.partition("/")
        # The rule of containers: a first part without a dot or colon is a folder on docker.io.
        is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
        return first if is_host else None


@dataclass(frozen=True, slots=True)
class EngineShop:
    """The storage classes, ingress classes, Gateways and images of an engine's shops.

    A class is None where the objects name none: then the cluster's default is meant.
    """

    engine: str
    storage_classes: frozenset[str | None]
    ingress_classes: frozenset[str | None]
    gateways: frozenset[GatewayName]
    images: frozenset[Image]


def shop_of(engine: str, manifest: str) -> EngineShop:
    """Read what helm rendered. Raises yaml.YAMLError."""
    objects = [item for item in yaml.safe_load_all(manifest) if isinstance(item, dict)]
    claims = [claim for item in objects for claim in _claims(item)]
    ingresses = [item for item in objects if item.get("kind") == "Ingress"]
    containers = [container for item in objects for container in _containers(item)]
    return EngineShop(
        engine=engine,
        storage_classes=frozenset(_spec(claim).get("storageClassName") for claim in claims),
        ingress_classes=frozenset(_spec(item).get("ingressClassName") for item in ingresses),
        gateways=frozenset(
            GatewayName(str(ref["namespace"]), str(ref["name"]), ref.get("sectionName"))
            for item in objects
            if item.get("kind") == "HTTPRoute"
            for ref in _spec(item).get("parentRefs") or ()
            if ref.get("kind", "Gateway") == "Gateway" and "namespace" in ref
        ),
        images=frozenset(
            Image(str(c["image"]), str(c.get("imagePullPolicy", "IfNotPresent")))
            for c in containers
            if "image" in c
        ),
    )


def _claims(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if item.get("kind") == "PersistentVolumeClaim":
        yield item
    yield from _spec(item).get("volumeClaimTemplates") or ()


def _containers(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the containers of pod templates, however deep they are: a CronJob has them in a Job."""
    if isinstance(value, list):
        for inner in value:
            yield from _containers(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("containers", "initContainers") and isinstance(inner, list):
                yield from (item for item in inner if isinstance(item, dict))
            else:
                yield from _containers(inner)


def _spec(item: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = item.get("spec")
    return spec if isinstance(spec, dict) else {}
