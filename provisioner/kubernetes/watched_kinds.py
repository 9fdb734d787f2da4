"""Defines the kinds of objects that are watched, and how each is decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.kubernetes.projections import (
    claim_record,
    event_record,
    job_record,
    namespace_record,
    pod_record,
)
from provisioner.kubernetes.wire import (
    Metadata,
    WireClaim,
    WireEvent,
    WireJob,
    WireNamespace,
    WirePod,
)

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class WatchedObject:
    """One object in a reflector's cache. ``record`` is the projection that the domain works with.

    ``store_id`` is the value of the store's label, None where the object has none.
    """

    namespace: str
    name: str
    uid: str
    store_id: str | None
    record: Any


@dataclass(frozen=True, slots=True)
class WatchedKind:
    """A kind of object that is watched for the whole platform with one list-then-watch.

    ``path`` is the API's path of all objects of the kind. ``selector`` holds the query parameters
    that limit them to the platform's own.
    """

    name: str
    path: str
    selector: dict[str, str]
    decode: Callable[[bytes | msgspec.Raw], WatchedObject]


def _decoder(
    wire: type[W], project: Callable[[W], Any]
) -> Callable[[bytes | msgspec.Raw], WatchedObject]:
    decoder = msgspec.json.Decoder(wire)

    def decode(raw: bytes | msgspec.Raw) -> WatchedObject:
        found: Any = decoder.decode(raw)
        metadata: Metadata = found.metadata
        if not (metadata.name and metadata.uid):
            raise msgspec.ValidationError("An object without a name or a uid.")
        return WatchedObject(
            # A namespace has no namespace. It is filed under its own name, together with what is in
            # it.
            namespace=metadata.namespace or metadata.name,
            name=metadata.name,
            uid=metadata.uid,
            store_id=metadata.labels.get(STORE_LABEL),
            record=project(found),
        )

    return decode


_OURS = {"labelSelector": STORE_LABEL}

PODS = WatchedKind("pods", "/api/v1/pods", _OURS, _decoder(WirePod, pod_record))
JOBS = WatchedKind("jobs", "/apis/batch/v1/jobs", _OURS, _decoder(WireJob, job_record))
CLAIMS = WatchedKind(
    "claims", "/api/v1/persistentvolumeclaims", _OURS, _decoder(WireClaim, claim_record)
)
NAMESPACES = WatchedKind(
    "namespaces", "/api/v1/namespaces", _OURS, _decoder(WireNamespace, namespace_record)
)
# Events do not carry the labels of the object that they are about, so they cannot be selected by
# the store's label. All Warnings of the cluster are watched; the observer sorts them by namespace.
EVENTS = WatchedKind(
    "events", "/api/v1/events", {"fieldSelector": "type=Warning"}, _decoder(WireEvent, event_record)
)
WATCHED_KINDS = (NAMESPACES, PODS, JOBS, CLAIMS, EVENTS)
