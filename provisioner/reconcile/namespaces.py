"""Knows what is written on a store's namespace, and finds out whether a missing one is lost.

If somebody else deleted the namespace, the store is lost. If somebody only removed its label, it
still exists, but the watches do not show it because they select by that label. Such a namespace
gets its labels back.

The annotation is for the day when the database is lost: the store's record can be built from it
(see ``services.adoption``).
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.domain.store_annotation import annotation_for
from provisioner.domain.stores import Reason, Store
from provisioner.kubernetes.labels import STORE_ANNOTATION, STORE_LABEL
from provisioner.reconcile.context import ReconcileContext

_log = structlog.get_logger(__name__)

CREDENTIALS_SECRET = "store-credentials"  # noqa: S105 - the name of a Secret
MAIL_SECRET = "store-mail"  # noqa: S105 - the name of a Secret
PULL_SECRET = "store-pull"  # noqa: S105 - the name of a Secret
RESTORE_SECRET = "store-restore"  # noqa: S105 - the name of a Secret
BACKUP_SECRET = "store-backup"  # noqa: S105 - the name of a Secret
MANAGED_BY = {"app.kubernetes.io/managed-by": "store-platform"}
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
NAMESPACE_LOST = Reason(
    ReasonCode.NAMESPACE_LOST,
    "The store's namespace was deleted from outside the platform. Nothing of the store is left in"
    " the cluster: delete the store, or retry to build it again, without its data.",
)


def namespace_labels(store: Store) -> dict[str, str]:
    """Return the labels that a store's namespace must have."""
    return labels_for(store.id)


def namespace_annotations(store: Store) -> dict[str, str]:
    """Return the annotations that a store's namespace must have."""
    # A database that was migrated must not meet the former version again, even if the record of the
    # upgrade is lost.
    written = replace(store, engine_version=store.installed_version)
    return {STORE_ANNOTATION: annotation_for(written)}


def labels_for(store_id: str) -> dict[str, str]:
    """Return the labels that the namespace of the store with this id must have."""
    return {STORE_LABEL: store_id, **MANAGED_BY, **_RESTRICTED}


async def is_namespace_gone(context: ReconcileContext, store: Store) -> bool:
    """Return whether a store's namespace does not exist.

    If no watch shows it, the API server is asked, because a watch may be late.
    """
    if context.observer.observe(store.namespace).namespace is not None:
        return False
    return not await keep_marks(context, store)


async def keep_marks(context: ReconcileContext, store: Store) -> bool:
    """Restore what somebody removed from a store's namespace or changed on it.

    These are its labels, which is recorded, and its annotation. Return whether the store's
    namespace exists. A namespace of the same name without the store's Secret belongs to somebody
    else, and is left alone. Raises the errors of ``ports.Cluster``.
    """
    found = await context.cluster.namespace_marks(store.namespace)
    if found is None:
        return False
    wanted = namespace_labels(store)
    lost = sorted(label for label in wanted if found.labels.get(label) != wanted[label])
    if lost:
        return await _put_back(context, store, lost)
    if not namespace_annotations(store).items() <= found.annotations.items():
        await _annotate(context, store)
    return True


async def _put_back(context: ReconcileContext, store: Store, lost: Sequence[str]) -> bool:
    """Write labels and annotation anew; record which labels were lost. Return as ``keep_marks``."""
    # The labels cannot tell whose namespace this is. The Secret can: only the platform creates it.
    try:
        await context.cluster.read_secret(store.namespace, CREDENTIALS_SECRET)
    except NotFoundError:
        return False
    what = f"label {lost[0]}" if len(lost) == 1 else f"labels {', '.join(lost)}"
    message = f"The {what} of the store's namespace had been removed or changed"
    try:
        if not await _mark(context, store):
            return False
    except ClusterRejectedError as error:
        told = f"{message}, and could not be put back. {error}"
        await context.records.record_repair(store.id, told, is_done=False)
    else:
        await context.records.record_repair(store.id, f"{message}: put back.", is_done=True)
    return True


async def _annotate(context: ReconcileContext, store: Store) -> None:
    """Write the annotation anew; the log says if that is rejected."""
    # No event tells of it, because mostly nothing is amiss: the store is older than the annotation,
    # or has another owner since. A store works without it, so a rejection does not fail anything.
    try:
        if await _mark(context, store):
            _log.info("namespace_annotated", namespace=store.namespace)
    except ClusterRejectedError as error:
        _log.warning("namespace_not_annotated", namespace=store.namespace, reason=str(error))


async def _mark(context: ReconcileContext, store: Store) -> bool:
    return await context.cluster.mark_namespace(
        store.namespace, namespace_labels(store), namespace_annotations(store)
    )
