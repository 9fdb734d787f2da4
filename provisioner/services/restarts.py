"""Has shops restarted, for a known caller: their own, or as an admin any."""

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal
from provisioner.domain.identities import Identity
from provisioner.domain.stores import Store, StoreStatus, StoreTask
from provisioner.services.permissions import require_operator
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction


class Restarts:
    """Restarts shops; ``stores`` says which stores a caller may see."""

    def __init__(
        self,
        *,
        stores: StoreQueries,
        tasks: ShopTasks,
    ) -> None:
        self._stores = stores
        self._tasks = tasks

    async def restart(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Have every pod of a store's shop started anew; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN, NOT_READY, or OPERATION_UNDER_WAY.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        message = f"{caller.owner.label} asked for the shop to be restarted."
        return await self._tasks.begin(
            store.id, StoreTask.RESTART, message, _not_ready, audit=audit
        )


def _not_ready(store: Store) -> Refusal:
    message = (
        f"Only the shop of a store that is READY or DEGRADED can be restarted; this one is"
        f" {store.status}."
    )
    if store.status is StoreStatus.FAILED:
        message += " Retry it instead."
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused, so nothing of it runs. Resume it instead."
    return Refusal(RefusalCode.NOT_READY, message, "id")
