"""The kinds of objects that are watched, and how each is decoded."""

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
    """One object in a watch's cache."""

    namespace: str
    name: str
    uid: str
    store_id: str | None
    record: Any


@dataclass(frozen=True, slots=True)
class WatchedKind:
    """A kind of object that is watched for the whole platform with one list-then-watch.

    ``path`` is the API's collection, ``selector`` the query that limits it to our objects.
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
            # A namespace belongs to itself, so that everything of a store is filed in one place.
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
EVENTS = WatchedKind(
    "events", "/api/v1/events", {"fieldSelector": "type=Warning"}, _decoder(WireEvent, event_record)
)
WATCHED_KINDS = (NAMESPACES, PODS, JOBS, CLAIMS, EVENTS)
