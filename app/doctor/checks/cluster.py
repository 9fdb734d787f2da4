"""Looks whether this is the cluster that the stores live in."""

import msgspec

from app.doctor.findings import Finding, failed, ok, skipped
from app.doctor.installation import Installation
from provisioner.domain.clock import SystemClock
from provisioner.kubernetes.wire import HasMetadata
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.migrations import SchemaAge, schema_age


async def check_cluster(installation: Installation) -> Finding:
    if await schema_age(installation.database) is SchemaAge.NONE:
        return skipped("The platform knows no cluster yet: it has not started on this database.")
    known = await ClusterMemory(installation.database, SystemClock()).remembered()
    if known is None:
        return skipped("The platform knows no cluster yet: it remembers the first that it meets.")
    content = await installation.api.call("GET", "/api/v1/namespaces/kube-system")
    found = msgspec.json.decode(content, type=HasMetadata).metadata.uid
    if known == found:
        return ok("It is the cluster that the stores live in.")
    return failed(
        f"The stores live in another cluster, whose kube-system has the uid {known}; this one's has"
        f" {found}.",
        "Set STORE_PLATFORM_KUBECONFIG and STORE_PLATFORM_KUBE_CONTEXT back to it, or run `python"
        " -m app cluster forget` if it is gone for good.",
    )
