"""Has the shops of stores paused and opened again, for a known caller.

Callers pause their own stores, and admins all. A store of somebody else is "not found".
"""

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.operations import under_way
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store, StoreStatus, StoreTarget, StoreTask
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.permissions import require_operator
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.quota import Quota
from provisioner.storage.stores import StoreRepository


class Suspensions:
    """Pauses and opens shops; ``stores`` says which stores a caller may see."""

    def __init__(
        self,
        *,
        stores: StoreQueries,
        records: StoreRepository,
        tasks: ShopTasks,
        dispatcher: Dispatcher,
        quota: Quota,
    ) -> None:
        self._stores = stores
        self._records = records
        self._tasks = tasks
        self._dispatcher = dispatcher
        self._quota = quota

    async def suspend(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Have a store's shop stopped, with all its data kept; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN, NOT_SUSPENDABLE, or OPERATION_UNDER_WAY.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        message = f"{caller.owner.label} asked for the shop to be paused."
        return await self._tasks.begin(
            store.id, StoreTask.SUSPEND, message, _not_suspendable, audit=audit
        )

    async def resume(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Have a suspended store's shop started and opened; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN, NOT_SUSPENDED, OPERATION_UNDER_WAY, or
        where suspended stores are not counted USER_QUOTA_REACHED or PLATFORM_QUOTA_REACHED.
        """
        require_operator(caller)
        await self._stores.get(caller, store_id)
        message = f"{caller.owner.label} asked for the shop to be opened again."
        try:
            resumed = await self._records.resume(store_id, message, self._quota, audit=audit)
        except ConflictError as error:
            raise RefusedError(_not_suspended(await self._records.snapshot(store_id))) from error
        self._dispatcher.wake(resumed)
        return resumed


def _not_suspendable(store: Store) -> Refusal:
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused already."
    else:
        message = (
            f"Only a store that is READY or DEGRADED can be paused; this one is {store.status}."
        )
        if store.status is StoreStatus.FAILED and store.target is StoreTarget.READY:
            message += " Retry it first."
    return Refusal(RefusalCode.NOT_SUSPENDABLE, message, "id")


def _not_suspended(snapshot: StoreSnapshot) -> Refusal:
    store, operation = snapshot.store, snapshot.operation
    if operation is not None and operation.is_under_way:
        return under_way(operation.kind)
    message = f"Only a paused store can be opened again; this one is {store.status}."
    return Refusal(RefusalCode.NOT_SUSPENDED, message, "id")
