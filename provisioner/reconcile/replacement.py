"""Replaces what a retry finds in its way: objects that cannot be changed into what is wanted now.

Some fields can only be set when an object is made: a StatefulSet's volumes, a Job's template, a
Service's address. Where the chart or its values were mended in such a field, the object goes, and
helm makes it anew. What holds a shop's data is never removed; only a new store helps then.
"""

import re
from collections.abc import Sequence

from provisioner.domain.cluster import Claim, Unchangeable
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import StoreFailedError
from provisioner.domain.stores import Reason, Store
from provisioner.reconcile.context import ReconcileContext

_WITHOUT_DATA = frozenset(
    {
        "ConfigMap", "CronJob", "DaemonSet", "Deployment", "HTTPRoute", "Ingress", "Job",
        "NetworkPolicy", "PodDisruptionBudget", "Role", "RoleBinding", "Service", "ServiceAccount",
    }
)  # fmt: skip
_STATEFUL_SET, _CLAIM = "StatefulSet", "PersistentVolumeClaim"
_PENDING = "Pending"


async def replace(context: ReconcileContext, store: Store, found: Sequence[Unchangeable]) -> str:
    """Remove these objects, and the volume claims without a volume that belong to them.

    Returns what was removed, in words. Raises StoreFailedError, and removes nothing, when one of
    them holds data.
    """
    claims = context.observer.observe(store.namespace).claims
    for item in found:
        if _holds_data(store, item, claims):
            raise StoreFailedError(_only_anew(item))
    for item in found:
        await context.releases.remove(item)
        empty = _empty_claims_of(item, claims)
        for claim in empty:
            await context.cluster.delete_claim(store.namespace, claim.name, claim.uid)
        await _until_gone(context, store, {claim.uid for claim in empty})
    return ", ".join(f"{item.kind} {item.name}" for item in found)


async def _until_gone(context: ReconcileContext, store: Store, uids: set[str]) -> None:
    observer, namespace = context.observer, store.namespace
    while True:
        revision = observer.revision(namespace)
        if not any(claim.uid in uids for claim in observer.observe(namespace).claims):
            return
        await observer.changed(namespace, revision)


def _holds_data(store: Store, item: Unchangeable, claims: Sequence[Claim]) -> bool:
    if item.kind in _WITHOUT_DATA:
        return False
    if item.kind == _CLAIM:
        return any(claim.uid == item.uid and claim.phase != _PENDING for claim in claims)
    if item.kind == _STATEFUL_SET:
        # Its claims outlive it, and are its own again. But in a shop that was once open it is not
        # for us to say that the old volumes fit what is wanted now.
        own = [claim for claim in claims if _is_of(item, claim)]
        return store.ready_at is not None and any(claim.phase != _PENDING for claim in own)
    return True


def _empty_claims_of(item: Unchangeable, claims: Sequence[Claim]) -> list[Claim]:
    if item.kind != _STATEFUL_SET:
        return []
    return [claim for claim in claims if _is_of(item, claim) and claim.phase == _PENDING]


def _is_of(item: Unchangeable, claim: Claim) -> bool:
    """Tell by its name whether a claim was made by a StatefulSet: <template>-<set>-<ordinal>."""
    return re.fullmatch(rf".+-{re.escape(item.name)}-\d+", claim.name) is not None


def _only_anew(item: Unchangeable) -> Reason:
    message = (
        f"{item.kind} {item.name} holds the shop's data, and cannot be changed into what the chart"
        f" wants now ({item.words.rstrip('.')}). Put the earlier value back, then retry; for"
        " another value only a new store helps."
    )
    return Reason(ReasonCode.CANNOT_BE_CHANGED, message)
