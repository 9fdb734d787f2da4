"""Has shops restarted, for a known caller: their own, or as an admin any."""

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.operations import under_way
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store, StoreStatus, StoreTask
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.permissions import require_operator
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository


class Restarts:
    """Restarts shops; ``stores`` says which stores a caller may see."""

    def __init__(
        self,
        *,
        stores: StoreQueries,
        records: StoreRepository,
        tasks: TaskRepository,
        dispatcher: Dispatcher,
    ) -> None:
        self._stores = stores
        self._records = records
        self._tasks = tasks
        self._dispatcher = dispatcher

    async def restart(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Have every pod of a store's shop started anew; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN, NOT_READY, or OPERATION_UNDER_WAY.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        message = f"{caller.owner.label} asked for the shop to be restarted."
        try:
            begun = await self._tasks.begin(store.id, StoreTask.RESTART, message, audit=audit)
        except ConflictError as error:
            raise RefusedError(_not_ready(await self._records.snapshot(store_id))) from error
        self._dispatcher.wake(begun)
        return begun


def _not_ready(snapshot: StoreSnapshot) -> Refusal:
    store, operation = snapshot.store, snapshot.operation
    # Such as a deletion, which does not show in the status of a shop that is still open.
    if operation is not None and operation.is_under_way:
        return under_way(operation.kind)
    message = (
        f"Only the shop of a store that is READY or DEGRADED can be restarted; this one is"
        f" {store.status}."
    )
    if store.status is StoreStatus.FAILED:
        message += " Retry it instead."
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused, so nothing of it runs. Resume it instead."
    return Refusal(RefusalCode.NOT_READY, message, "id")
