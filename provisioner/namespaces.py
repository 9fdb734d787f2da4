"""A namespace that somebody else deleted takes the store with it."""

from provisioner.models import Reason, Store
from provisioner.parts import Parts

NAMESPACE_LOST = Reason(
    "NAMESPACE_LOST",
    "The store's namespace was deleted from outside the platform. Nothing of the store is left in"
    " the cluster: delete the store, or retry to build it anew without its data.",
)


async def is_namespace_gone(parts: Parts, store: Store) -> bool:
    """Tell whether a store's namespace is not there; the cluster is asked if no watch shows it.

    A watch may be late, so that it does not show a namespace means little by itself.
    """
    if parts.observer.observe(store.namespace).namespace is not None:
        return False
    return not await parts.cluster.namespace_exists(store.namespace)
