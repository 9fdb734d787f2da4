"""Has tasks of shops begun, each in its own words when that cannot be."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.operations import under_way
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import PlanChange, Store, StoreTask, Upgrade
from provisioner.domain.transitions import takes_tasks
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository


class ShopTasks:
    """Begins tasks, and wakes who does them. It does not ask whether a caller may have that."""

    def __init__(
        self, *, records: StoreRepository, tasks: TaskRepository, dispatcher: Dispatcher
    ) -> None:
        self._records = records
        self._tasks = tasks
        self._dispatcher = dispatcher

    async def begin(
        self,
        store_id: str,
        task: StoreTask,
        message: str,
        refuse: Callable[[Store], Refusal],
        *,
        upgrade: Upgrade | None = None,
        plan_change: PlanChange | None = None,
        parameters: Mapping[str, str] = MappingProxyType({}),
        audit: AuditedAction,
    ) -> Store:
        """Begin a task of a shop that is open; return the store.

        ``refuse`` says why its status allows no such task. ``parameters`` are the operation's,
        beside those of the request. Raises NotFoundError, or RefusedError:
        what ``refuse`` says, or OPERATION_UNDER_WAY. Nothing is written then.
        """
        try:
            begun = await self._tasks.begin(
                store_id,
                task,
                message,
                upgrade=upgrade,
                plan_change=plan_change,
                parameters=parameters,
                audit=audit,
            )
        except ConflictError as error:
            snapshot = await self._records.snapshot(store_id)
            raise RefusedError(_under_way(snapshot) or refuse(snapshot.store)) from error
        self._dispatcher.wake(begun)
        return begun

    async def require_free(self, store_id: str, refuse: Callable[[Store], Refusal]) -> None:
        """Raise what ``begin`` would raise now, for a task that is prepared outside the database.

        What has changed when the task begins is still refused by ``begin``.
        """
        snapshot = await self._records.snapshot(store_id)
        if (refusal := _under_way(snapshot)) is not None:
            raise RefusedError(refusal)
        if not takes_tasks(snapshot.store.status, snapshot.store.target):
            raise RefusedError(refuse(snapshot.store))


def _under_way(snapshot: StoreSnapshot) -> Refusal | None:
    """Return the refusal that names what is under way, or None if nothing is."""
    operation = snapshot.operation
    # Such as a deletion, which does not show in the status of a shop that is still open.
    if operation is not None and operation.is_under_way:
        return under_way(operation.kind)
    return None
