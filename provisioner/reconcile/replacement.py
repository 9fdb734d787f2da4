"""Removes objects that a retry cannot change, so that helm can create them again.

Some fields can only be set when an object is created: a StatefulSet's volumes, a Job's template, a
Service's address. If somebody corrected such a field in the chart or its values, the old object has
to be removed first. An object that holds a shop's data is never removed. Then only a new store
helps.
"""

import re
from collections.abc import Sequence

from provisioner.domain.cluster import Claim, Unchangeable
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import StoreFailedError
from provisioner.domain.stores import Reason, Store
from provisioner.reconcile.context import ReconcileContext

# A list of what may be removed, and not of what may not: a kind that nobody has thought of is kept.
_WITHOUT_DATA = frozenset(
    {
        "ConfigMap", "CronJob", "DaemonSet", "Deployment", "HTTPRoute", "Ingress", "Job",
        "NetworkPolicy", "PodDisruptionBudget", "Role", "RoleBinding", "Service", "ServiceAccount",
    }
)  # fmt: skip
_STATEFUL_SET, _CLAIM = "StatefulSet", "PersistentVolumeClaim"
_PENDING = "Pending"  # a claim that has never had a volume


async def replace(context: ReconcileContext, store: Store, found: Sequence[Unchangeable]) -> str:
    """Remove these objects, and those of their volume claims that have no volume.

    Return what was removed, in words. Raises StoreFailedError, and removes nothing, when one of the
    objects holds data. Raises the errors of ``ports.Cluster``.
    """
    claims = context.observer.observe(store.namespace).claims
    # All are checked before the first is removed: a store must not be left with half its objects.
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
        # A StatefulSet's claims outlive it, and the new one uses them again. But if the shop was
        # ever open, we cannot know whether its old volumes fit what is wanted now.
        own = [claim for claim in claims if _is_of(item, claim)]
        return store.ready_at is not None and any(claim.phase != _PENDING for claim in own)
    return True


def _empty_claims_of(item: Unchangeable, claims: Sequence[Claim]) -> list[Claim]:
    # Such a claim still has the old size or storage class. The new StatefulSet would use it as it
    # is, because it finds its claims by name.
    if item.kind != _STATEFUL_SET:
        return []
    return [claim for claim in claims if _is_of(item, claim) and claim.phase == _PENDING]


def _is_of(item: Unchangeable, claim: Claim) -> bool:
    """Return whether a StatefulSet created a claim, by its name: <template>-<set>-<ordinal>."""
    return re.fullmatch(rf".+-{re.escape(item.name)}-\d+", claim.name) is not None


def _only_anew(item: Unchangeable) -> Reason:
    message = (
        f"{item.kind} {item.name} holds the shop's data, and cannot be changed into what the chart"
        f" wants now ({item.words.rstrip('.')}). Put the earlier value back, then retry; for"
        " another value a new store is needed."
    )
    return Reason(ReasonCode.CANNOT_BE_CHANGED, message)
