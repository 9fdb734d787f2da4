"""Looks for the storage classes that shops use, and at what their drivers can do."""

import msgspec

from app.doctor.classes import SnapshotClasses, StorageClass, StorageClasses
from app.doctor.findings import Finding, failed, ok, skipped, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.errors import ClusterRejectedError, NotFoundError

_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
_SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses"
_UNBOUNDED = frozenset(
    {
        "rancher.io/local-path",
        "docker.io/hostpath",
        "k8s.io/minikube-hostpath",
        "microk8s.io/hostpath",
        "openebs.io/local",
    }
)
"""Drivers that make folders on a node's disk, and let a volume grow beyond its size."""

MAY_NOT_READ = (
    "Run the doctor with an administrator's kubeconfig. The platform's chart does so, with an"
    " account that may, at each install and upgrade (doctor.enabled)."
)


async def check_storage(installation: Installation) -> Finding:
    """Look for the classes that the engines name; set ``installation.storage_classes``."""
    try:
        content = await installation.api.call("GET", _CLASSES)
    except ClusterRejectedError:
        return skipped("The account may not list the cluster's storage classes.", MAY_NOT_READ)
    classes = msgspec.json.decode(content, type=StorageClasses).items
    by_name = {found.name: found for found in classes}
    default = next((found for found in classes if found.is_default), None)
    findings: list[Finding] = []
    used: dict[str, StorageClass] = {}
    for shop in installation.shops:
        for name in sorted(shop.storage_classes, key=str):
            chosen = default if name is None else by_name.get(name)
            findings.append(_finding(shop.engine, name, chosen, sorted(by_name)))
            if chosen is not None:
                used[chosen.name] = chosen
    installation.storage_classes = list(used.values())
    return worst(findings) if findings else skipped("No engine's shops have volumes.")


def _finding(
    engine: str, name: str | None, chosen: StorageClass | None, known: list[str]
) -> Finding:
    if chosen is not None:
        default = ", the cluster's default" if name is None else ""
        return ok(f"The volumes of {engine} are of the StorageClass {chosen.name}{default}.")
    choice = f"(there are: {', '.join(known) or 'none'})"
    if name is None:
        return failed(
            f"No StorageClass is the cluster's default, and the values of {engine} name none: its"
            " volumes stay pending.",
            f"Make one the default, or name one {choice} in the values of {engine}.",
        )
    return failed(
        f"There is no StorageClass {name}, which the values of {engine} name: its volumes stay"
        " pending.",
        f"Create it, or name another {choice} in the values of {engine}.",
    )


async def check_volumes(installation: Installation) -> Finding:
    """Look whether volumes hold shops to their size and can grow; tell of snapshots besides.

    That there are none of those is no fault: nothing of the platform makes snapshots.
    """
    drivers = await _snapshot_drivers(installation)
    return worst([_of_class(found, drivers) for found in installation.storage_classes])


def _of_class(found: StorageClass, snapshot_drivers: frozenset[str] | None) -> Finding:
    faults = []
    if found.provisioner in _UNBOUNDED:
        faults.append("do not hold a shop to their size: one shop can fill the node's disk for all")
    if not found.allow_volume_expansion:
        faults.append("cannot grow: a shop that has filled its volume stays as it is")
    if faults:
        first, *others = (f"{fault}." for fault in faults)
        return warning(
            " They ".join(
                (f"Volumes of the StorageClass {found.name} ({found.provisioner}) {first}", *others)
            ),
            "Watch the nodes' disks, or use a driver that enforces sizes and expands volumes.",
        )
    seen = f"Volumes of the StorageClass {found.name} ({found.provisioner}) can grow."
    if snapshot_drivers is None:
        return ok(seen)
    can = "can" if found.provisioner in snapshot_drivers else "cannot"
    return ok(f"{seen} Snapshots {can} be made of them.")


async def _snapshot_drivers(installation: Installation) -> frozenset[str] | None:
    """Return the drivers that have a VolumeSnapshotClass, or None where nobody may know."""
    try:
        content = await installation.api.call("GET", _SNAPSHOTS)
    except NotFoundError:  # the cluster does not know the kind
        return frozenset()
    except ClusterRejectedError:
        return None
    classes = msgspec.json.decode(content, type=SnapshotClasses).items
    return frozenset(found.driver for found in classes)
