"""Backups of stores, for a known caller: what there is, and the commands that make and pin one.

Callers see and make backups of their own stores, and admins of all. A store of somebody else is
"not found".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from provisioner.domain.backup_retention import kept_until
from provisioner.domain.backups import Backup, BackupSettings
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.ports import Clock
from provisioner.domain.stores import Store, StoreStatus, StoreTask
from provisioner.services.permissions import require_operator
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_queries import StoreQueries
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.backup_pins import BackupPins
from provisioner.storage.paging import Page
from provisioner.storage.store_backups import StoreBackups

LATE = 2
"""After how many intervals without a backup a store's is late."""

NOT_SET_UP = Refusal(
    RefusalCode.BACKUPS_NOT_SET_UP,
    "The platform is not set up to keep backups. Ask its operator: docs/kubernetes.md says how.",
)


class Backups:
    """Reads and makes backups; ``stores`` says which stores a caller may see.

    ``settings`` is None where the platform is not set up to keep any.
    """

    def __init__(
        self,
        *,
        stores: StoreQueries,
        records: StoreBackups,
        pins: BackupPins,
        tasks: ShopTasks,
        clock: Clock,
        settings: BackupSettings | None,
    ) -> None:
        self._stores = stores
        self._records = records
        self._pins = pins
        self._tasks = tasks
        self._clock = clock
        self.settings = settings

    async def create(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Have a backup of a store made, which serves on meanwhile; return the store.

        Raises NotFoundError, or RefusedError: FORBIDDEN, BACKUPS_NOT_SET_UP, NOT_READY, or
        OPERATION_UNDER_WAY.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        if self.settings is None:
            raise RefusedError(NOT_SET_UP)
        message = f"{caller.owner.label} asked for a backup."
        return await self._tasks.begin(store.id, StoreTask.BACKUP, message, _not_ready, audit=audit)

    async def pin(
        self,
        caller: Identity,
        store_id: str,
        number: int,
        *,
        is_pinned: bool,
        audit: AuditedAction,
    ) -> Backup:
        """Keep a backup until it is unpinned, or unpin it; return it.

        Raises NotFoundError, or RefusedError: FORBIDDEN or TOO_MANY_PINNED.
        """
        require_operator(caller)
        await self._stores.get(caller, store_id)
        return await self._pins.write(store_id, number, is_pinned=is_pinned, audit=audit)

    def kept_until(self, backup: Backup, store: Store) -> datetime | None:
        """Return when the backup of a store is removed at the latest, None if no time is set."""
        if self.settings is None or self.settings.removal is None:
            return None
        return kept_until(backup, store.deleted_at, self.settings.keep)

    async def page(
        self, caller: Identity, store_id: str, *, first: int, after: str | None
    ) -> Page[Backup]:
        """Return a page of the store's backups, newest first.

        Raises NotFoundError, or RefusedError for a wrong size or cursor.
        """
        await self._stores.get(caller, store_id)
        return await self._records.page(store_id, first=first, after=after)

    async def get(self, caller: Identity, store_id: str, number: int) -> Backup:
        """Return the backup that this operation of the store made. Raises NotFoundError."""
        await self._stores.get(caller, store_id)
        found = await self._records.get(store_id, number)
        if found is None:
            raise NotFoundError(f"Store {store_id} has no backup {number}.")
        return found

    async def before_upgrade(self, store: Store) -> Backup | None:
        """Return the backup of a shop as it was before it got the version that it has, or None.

        This does not check who the caller is: pass only a store that was returned to them.
        """
        return await self._records.before_upgrade(store)

    async def newest(self, store_ids: Sequence[str]) -> Mapping[str, Backup]:
        """Return the newest backup of each of these stores that has one.

        This does not check who the caller is: pass only ids of stores that were returned to them.
        """
        return await self._records.newest(store_ids)

    async def late(self) -> int | None:
        """Return how many stores have had no backup for twice the interval, while they were ready.

        None where no backups are made by themselves.
        """
        if self.settings is None or self.settings.interval is None:
            return None
        return await self._records.late(self._clock.now() - LATE * self.settings.interval)


def _not_ready(store: Store) -> Refusal:
    message = (
        f"A backup can be made of a store that is READY or DEGRADED; this one is {store.status}."
        " Wait until it is ready, or retry it if it has failed."
    )
    if store.status is StoreStatus.SUSPENDED:
        message = (
            "The shop is paused, so nothing of it has changed since. Resume it to have a backup"
            " made."
        )
    return Refusal(RefusalCode.NOT_READY, message, "id")
