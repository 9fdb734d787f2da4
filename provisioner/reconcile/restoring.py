"""Loads a backup into a shop that is being created, before anything starts on its data.

The Job comes from a template in the store's chart. It fetches the files and the dump, loads the
dump, and counts what is in the database then. A shop gets its backup once: when the shop has been
open since, what its merchant has done is not overwritten.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import msgspec

from provisioner.domain.backups import RestoreSource
from provisioner.domain.cluster import ContainerEnd
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import NotFoundError, StoreFailedError
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.steps import Outcome, StepRunner
from provisioner.reconcile.store_job import StoreJob

FETCH, LOAD = "fetch", "load"
"""The Job's containers; the second leaves the counts as JSON."""
_WORDS = {FETCH: "Fetching the backup.", LOAD: "Loading the database."}

_counts = msgspec.json.Decoder(dict[str, int])


async def restore(
    context: ReconcileContext,
    store: Store,
    steps: StepRunner,
    *,
    secrets: Sequence[str],
    check: Callable[[], Awaitable[object]],
) -> Outcome:
    """Do the step RESTORE: load the backup that the store is made from.

    ``check`` is called again and again meanwhile, and raises when the store cannot become ready any
    more. Raises StoreFailedError, also when something of the backup did not arrive.
    """
    source = store.from_backup
    has_been_open = store.ready_at is not None and store.restore is None
    if source is None or has_been_open:
        return Outcome("The shop has been open since: its data is left alone.", is_skipped=True)
    job = StoreJob(context, steps, store, component="restore", words=_WORDS)
    try:
        await job.start()
    except NotFoundError as error:
        message = (
            f"The chart of {store.engine} has no template to restore with (CronJob {job.template})."
            " Ask the platform's operator."
        )
        raise StoreFailedError(Reason(ReasonCode.RESTORE_FAILED, message)) from error
    await job.until_done(StepName.RESTORE, secrets, partial(_failed, store), check)
    if wrong := missing_of(source, await job.ends()):
        raise StoreFailedError(_incomplete(store, wrong))
    counts = ", ".join(f"{number} {name}" for name, number in source.counts.items())
    return Outcome(f"The backup of {source.url} is loaded: {counts}.")


def _failed(store: Store, said: str) -> Reason:
    following = "have it checked again" if store.is_check else "retry"
    message = f"The backup could not be loaded. {said} Then {following}; the backup is as it was."
    return Reason(ReasonCode.RESTORE_FAILED, message)


def missing_of(source: RestoreSource, ended: Mapping[str, ContainerEnd]) -> str:
    """Return what of all that was counted in the backup is not in the database, or "".

    What was counted is known from the platform's own records: a manifest in the backup may have
    been written by whoever broke into the shop.
    """
    end = ended.get(LOAD)
    try:
        found = _counts.decode(end.message if end else "")
    except msgspec.MsgspecError as error:
        return f"what was loaded was not counted ({error})"
    wrong = [
        f"{found.get(name, 0)} of {number} {name}"
        for name, number in source.counts.items()
        if found.get(name) != number
    ]
    return f"there are {', '.join(wrong)}" if wrong else ""


def _incomplete(store: Store, what: str) -> Reason:
    remedy = "Delete this store, which was never open, and restore another backup"
    if store.is_check:  # its owner reads this beside a shop that is not to be deleted
        remedy = "Have another backup made and checked"
    elif store.restore is not None:  # it was open before
        remedy = "Restore another backup"
    message = (
        f"The backup was loaded, but {what}. {remedy}; tell the platform's operator of this one."
    )
    return Reason(ReasonCode.RESTORE_INCOMPLETE, message)
