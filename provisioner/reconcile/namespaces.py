"""A store's namespace: its labels, and what it means when it is not where it should be.

One that somebody else deleted takes the store with it. One whose label was removed is there still,
though the watches, which are by that label, do not show it: it gets its labels back.
"""

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.domain.stores import Reason, Store
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.reconcile.context import ReconcileContext

CREDENTIALS_SECRET = "store-credentials"  # noqa: S105 - the name of a Secret
MANAGED_BY = {"app.kubernetes.io/managed-by": "store-platform"}
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
NAMESPACE_LOST = Reason(
    ReasonCode.NAMESPACE_LOST,
    "The store's namespace was deleted from outside the platform. Nothing of the store is left in"
    " the cluster: delete the store, or retry to build it anew without its data.",
)


def namespace_labels(store: Store) -> dict[str, str]:
    """Return the labels that a store's namespace must have."""
    return {STORE_LABEL: store.id, **MANAGED_BY, **_RESTRICTED}


async def is_namespace_gone(context: ReconcileContext, store: Store) -> bool:
    """Tell whether a store's namespace is not there; the cluster is asked if no watch shows it.

    A watch may be late, so that it does not show a namespace means little by itself.
    """
    if context.observer.observe(store.namespace).namespace is not None:
        return False
    return not await keep_labels(context, store)


async def keep_labels(context: ReconcileContext, store: Store) -> bool:
    """Put back, and tell, which labels somebody took from a store's namespace or changed.

    Returns whether the namespace is there. One of the same name that lacks the Secret which the
    store's own has is somebody else's, and left alone.
    """
    found = await context.cluster.namespace_labels(store.namespace)
    if found is None:
        return False
    wanted = namespace_labels(store)
    lost = sorted(label for label in wanted if found.get(label) != wanted[label])
    if not lost:
        return True
    try:
        await context.cluster.read_secret(store.namespace, CREDENTIALS_SECRET)
    except NotFoundError:
        return False
    what = f"label {lost[0]}" if len(lost) == 1 else f"labels {', '.join(lost)}"
    message = f"The {what} of the store's namespace had been removed or changed"
    try:
        if not await context.cluster.label_namespace(store.namespace, wanted):
            return False
    except ClusterRejectedError as error:
        told = f"{message}, and could not be put back. {error}"
        await context.records.record_repair(store.id, told, is_done=False)
    else:
        await context.records.record_repair(store.id, f"{message}: put back.", is_done=True)
    return True
