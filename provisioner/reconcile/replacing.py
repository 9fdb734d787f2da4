"""Puts a backup in the place of a store's shop.

First the shop is closed and saved, so that nothing of it is lost; if that fails, it is opened again
and is as it was. Then it is removed with its volumes, and the store is provisioned from the backup,
under its name, its address and its passwords. If that fails, the shop is brought back as it was.
"""

from collections.abc import Callable

from provisioner.domain.cluster import Observation
from provisioner.domain.errors import TerminalError
from provisioner.domain.operations import OperationStatus
from provisioner.domain.ports import TaskRecords
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.reconcile.closing import reopen
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.saving import Saving
from provisioner.reconcile.steps import Outcome, StepRunner


async def save_and_hand_over(
    context: ReconcileContext, records: TaskRecords, wake: Callable[[Store], None], store: Store
) -> OperationStatus:
    """Do the store's task: close and save the shop, so that it can be removed.

    ``wake`` has it removed then. Return RUNNING, as the operation goes on, or FAILED. Raises
    ConflictError when the task is over meanwhile.
    """
    saving = Saving(context, store, closes=True)
    try:
        backup = await saving.run(await records.start(store))
    except TerminalError as error:
        # Before the end is recorded: a service that is ended in between does all of this again.
        await reopen(context, store)
        await records.fail(store, _not_saved(error.reason))
        return OperationStatus.FAILED
    wake(await records.hand_over(store, saving.message, backup))
    return OperationStatus.RUNNING


def _not_saved(reason: Reason) -> Reason:
    message = (
        "Nothing was restored: the shop could not be saved as it is before, and is left as it was."
        f" {reason.message} To restore all the same, ask for it without a backup of the present."
    )
    return Reason(reason.code, message)


async def remove(context: ReconcileContext, store: Store, steps: StepRunner) -> Outcome:
    """Do the step REMOVE: remove the shop as it was, with its volumes, and wait until it is gone.

    The namespace stays, with the passwords in it.
    """
    cluster, namespace = context.cluster, store.namespace
    if not await cluster.namespace_exists(namespace):
        return Outcome("There is no namespace, and no shop to remove.", is_skipped=True)
    output = await context.helm.uninstall(release=store.release, namespace=namespace)
    observer = context.observer
    while True:
        revision = observer.revision(namespace)
        seen = observer.observe(namespace)
        # A Job of an earlier restore would pass for one that has loaded this backup.
        for job in seen.jobs:
            await cluster.delete_job(namespace, job.name, job.uid)
        for claim in seen.claims:
            await cluster.delete_claim(namespace, claim.name, claim.uid)
        if not (left := _left(seen)):
            return Outcome("The shop as it was is removed, with its volumes.", output)
        await steps.report(StepName.REMOVE, f"Waiting for {left} to go.")
        await observer.changed(namespace, revision)


def _left(seen: Observation) -> str:
    """Return what is left of a shop, in words, or ""."""
    kinds = (("Pod", seen.pods), ("Job", seen.jobs), ("volume claim", seen.claims))
    names = [f"{kind} {item.name}" for kind, items in kinds for item in items]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}" if names else ""
