"""Makes a backup of a store, while the shop serves on."""

from provisioner.domain.errors import TerminalError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import TaskRecords
from provisioner.domain.stores import Store
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.saving import Saving


async def back_up(context: ReconcileContext, records: TaskRecords, store: Store) -> OperationStatus:
    """Do the store's task: make a backup, and record it or why there is none. Return which.

    Raises ConflictError when the task is over meanwhile.
    """
    saving = Saving(context, store)
    try:
        backup = await saving.run(await records.start(store))
    except TerminalError as error:
        await records.fail(store, error.reason)
        return OperationStatus.FAILED
    await records.succeed(store, saving.message, backup=backup)
    await saving.clean_up()
    return OperationStatus.SUCCEEDED
