"""Tells how far a workload is with the pods of its latest template, as ``kubectl rollout`` does.

Source: kubernetes/kubectl pkg/polymorphichelpers/rollout_status.go.
"""

import msgspec


class _Metadata(msgspec.Struct):
    name: str
    generation: int = 0


class _Spec(msgspec.Struct):
    replicas: int = 1


class _Status(msgspec.Struct, rename="camel"):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""


class _Workload(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec
    status: _Status = msgspec.field(default_factory=_Status)


_workloads = msgspec.json.Decoder(_Workload)


def rollout_of(kind: str, content: bytes) -> str:
    """Return which pods a Deployment or StatefulSet waits for, in a sentence; "" for none.

    Raises msgspec.MsgspecError for what is neither.
    """
    found = _workloads.decode(content)
    status, wanted, name = found.status, found.spec.replicas, f"{kind} {found.metadata.name}"
    if status.observed_generation < found.metadata.generation:
        return f"{name} has not been looked at by its controller yet."
    is_of_one_revision = kind == "StatefulSet" and status.update_revision == status.current_revision
    if status.updated_replicas < wanted and not is_of_one_revision:
        return f"{name} has {status.updated_replicas} of {wanted} new pods."
    if kind == "Deployment" and status.replicas > status.updated_replicas:
        return f"{name} has pods that are to be replaced still."
    ready = status.ready_replicas if kind == "StatefulSet" else status.available_replicas
    return f"{name} has {ready} of {wanted} pods ready." if ready < wanted else ""
