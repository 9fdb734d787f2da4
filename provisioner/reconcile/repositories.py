"""Gives each store its repository for backups: an account at the server, and a Secret to use it."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import NoReturn

from provisioner.domain.backups import BackupSettings, RestoreSource
from provisioner.domain.stores import Store
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import BACKUP_SECRET, MANAGED_BY, RESTORE_SECRET
from provisioner.reconcile.rounds import for_ever

_SOON_SECONDS = 30.0
ACCOUNTS = "htpasswd"
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
        await ensure_accounts(context, settings, *settings.accounts, [owner_id])
    values = {**_values(settings, owner_id), **more}
    labels = {STORE_LABEL: store.id, **MANAGED_BY}
    await context.cluster.replace_secret(store.namespace, secret, labels, values)
    return [values[key] for key in ("RESTIC_PASSWORD", "RESTIC_REST_PASSWORD") if key in values]


async def ensure_accounts(
    context: ReconcileContext,
    settings: BackupSettings,
    namespace: str,
    name: str,
    store_ids: Iterable[str],
) -> None:
    """Write down the accounts of these stores in the Secret, beside those that are there.

    Raises NotFoundError when there is no such Secret, and the errors of ``ports.Cluster``.
    """
    given = {store_id: settings.account_line(store_id) for store_id in store_ids}
    await _write_accounts(context, namespace, name, lambda lines: lines | given)


async def remove_accounts(
    context: ReconcileContext, namespace: str, name: str, store_ids: Collection[str]
) -> None:
    """Take the accounts of these stores away. Raises as ``ensure_accounts``."""
    await _write_accounts(
        context,
        namespace,
        name,
        lambda lines: {key: line for key, line in lines.items() if key not in store_ids},
    )


async def _write_accounts(
    context: ReconcileContext,
    namespace: str,
    name: str,
    changed: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    # The file is read, and written as a whole: with two at once, one account would be lost.
    async with context.accounts_lock:
        found = (await context.cluster.read_secret(namespace, name)).get(ACCOUNTS)
        lines = changed({line.partition(":")[0]: line for line in (found or "").splitlines()})
        text = "".join(f"{line}\n" for line in sorted(lines.values()))
        if text != found:  # the server waits for the file, if only with nobody in it
            await context.cluster.set_in_secret(namespace, name, ACCOUNTS, text)


class AccountKeeper:
    """Keeps the accounts of all stores at the server for backups: at the start, then every hour.

    So the server can start before there is a store, and an account that was lost is there again.
    ``stores`` returns all that are not deleted.
    """

    def __init__(
        self,
        context: ReconcileContext,
        settings: BackupSettings,
        stores: Callable[[], Awaitable[Sequence[Store]]],
    ) -> None:
        self._context = context
        self._settings = settings
        self._stores = stores

    async def run(self) -> NoReturn:
        """Write down what is missing again and again; see ``for_ever``.

        The backup of a store that lacks its account says so.
        """
        await for_ever(
            self.write, failure="backup_accounts_not_written", soon_seconds=_SOON_SECONDS
        )

    async def write(self) -> None:
        """Write down the accounts of all stores."""
        if self._settings.accounts is not None:
            ids = [store.id for store in await self._stores()]
            await ensure_accounts(self._context, self._settings, *self._settings.accounts, ids)


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
