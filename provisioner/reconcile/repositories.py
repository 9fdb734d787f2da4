"""Gives each store its repository for backups: an account at the server, and a Secret to use it."""

from collections.abc import Mapping

from provisioner.domain.backups import BackupSettings, RestoreSource
from provisioner.domain.stores import Store
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import BACKUP_SECRET, MANAGED_BY, RESTORE_SECRET

_ACCOUNTS = "htpasswd"
"""The key in the accounts' Secret, which the server reads as a file of this name."""


async def ensure_repository(
    context: ReconcileContext, store: Store, settings: BackupSettings
) -> list[str]:
    """Give the store an account and the Secret that its backups use; return what is secret in it.

    Raises NotFoundError when the store's namespace, or the Secret with the accounts, does not
    exist, and the errors of ``ports.Cluster``.
    """
    return await _give_access(context, store, settings, store.id, BACKUP_SECRET, {})


async def ensure_source(
    context: ReconcileContext, store: Store, settings: BackupSettings, source: RestoreSource
) -> list[str]:
    """Give the store the Secret by which its backup is fetched; return what is secret in it.

    It opens the repository of the other store. Raises as ``ensure_repository``.
    """
    wanted = {"SNAPSHOT": source.snapshot, "OLD_URL": source.url}
    return await _give_access(context, store, settings, source.store_id, RESTORE_SECRET, wanted)


async def _give_access(
    context: ReconcileContext,
    store: Store,
    settings: BackupSettings,
    owner_id: str,
    secret: str,
    more: Mapping[str, str],
) -> list[str]:
    if settings.accounts is not None:
        await _ensure_account(context, settings, *settings.accounts, owner_id)
    values = {**_values(settings, owner_id), **more}
    labels = {STORE_LABEL: store.id, **MANAGED_BY}
    await context.cluster.replace_secret(store.namespace, secret, labels, values)
    return [values[key] for key in ("RESTIC_PASSWORD", "RESTIC_REST_PASSWORD") if key in values]


async def _ensure_account(
    context: ReconcileContext, settings: BackupSettings, namespace: str, name: str, store_id: str
) -> None:
    # The file is read, and written as a whole: with two at once, one account would be lost.
    async with context.accounts_lock:
        found = await context.cluster.read_secret(namespace, name)
        lines = found.get(_ACCOUNTS, "").splitlines()
        line = settings.account_line(store_id)
        if line in lines:
            return
        others = [other for other in lines if not other.startswith(f"{store_id}:")]
        text = "".join(f"{item}\n" for item in sorted([*others, line]))
        await context.cluster.set_in_secret(namespace, name, _ACCOUNTS, text)


def _values(settings: BackupSettings, store_id: str) -> Mapping[str, str]:
    # restic's own variables: https://restic.readthedocs.io/en/stable/040_backup.html
    values = {
        "RESTIC_REPOSITORY": settings.repository_of(store_id),
        "RESTIC_PASSWORD": settings.repository_password(store_id),
    }
    if settings.accounts is not None:
        values["RESTIC_REST_USERNAME"] = store_id
        values["RESTIC_REST_PASSWORD"] = settings.account_password(store_id)
    return values
