"""Finds the engine of a store that is worked on."""

from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import StoreFailedError
from provisioner.domain.stores import Reason, Store
from provisioner.reconcile.context import ReconcileContext


def engine_of(context: ReconcileContext, store: Store, *, then: str) -> Engine:
    """Return the store's engine. Raises StoreFailedError (ENGINE_MISSING) if it is not offered.

    ``then`` is what to do once it is offered again, such as "ask again".
    """
    engine = context.engines.get(store.engine)
    if engine is None:
        message = (
            f"Engine {store.engine} is no longer offered here. Add it back to the charts and"
            f" restart the platform, then {then}."
        )
        raise StoreFailedError(Reason(ReasonCode.ENGINE_MISSING, message))
    return engine
