"""Has the shops of stores upgraded, and brought back to the version before, for a known caller.

Callers upgrade their own stores, and admins all. A store of somebody else is "not found".
"""

from datetime import datetime

from provisioner.domain.backups import Backup
from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import EngineCatalogue, EngineVersion
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.stores import Store, StoreTask, Upgrade
from provisioner.domain.upgrades import (
    does_not_follow,
    engine_missing,
    not_upgradable_now,
    unknown_version,
)
from provisioner.services.backup_restorer import BackupRestorer
from provisioner.services.backups import NOT_SET_UP, Backups
from provisioner.services.permissions import require_operator
from provisioner.services.shop_tasks import ShopTasks
from provisioner.services.store_queries import StoreQueries
from provisioner.services.wanted_store import BackupChoice
from provisioner.storage.audit_log import AuditedAction


class Upgrades:
    """Begins upgrades and their undoing; ``stores`` says which stores a caller may see."""

    def __init__(
        self,
        *,
        stores: StoreQueries,
        engines: EngineCatalogue,
        backups: Backups,
        restorer: BackupRestorer,
        tasks: ShopTasks,
    ) -> None:
        self._stores = stores
        self._engines = engines
        self._backups = backups
        self._restorer = restorer
        self._tasks = tasks

    def on_offer(self, store: Store) -> tuple[EngineVersion, ...]:
        """Return the versions that a store's shop can be upgraded to."""
        engine = self._engines.get(store.engine)
        if engine is None or self._backups.settings is None or engine.backup_counts is None:
            return ()
        return engine.versions_after(store.engine_version)

    async def upgrade(
        self, caller: Identity, store_id: str, version: str | None, *, audit: AuditedAction
    ) -> Store:
        """Have a store's shop given another version of its engine; return the store.

        None stands for the engine's default version. Raises NotFoundError, or RefusedError:
        FORBIDDEN, VERSION_UNKNOWN, NOT_UPGRADABLE, BACKUPS_NOT_SET_UP, or OPERATION_UNDER_WAY.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        wanted = self._version(store, version)
        message = f"{caller.owner.label} asked for the shop to be upgraded to {wanted.name}."
        return await self._tasks.begin(
            store.id, StoreTask.UPGRADE, message, not_upgradable_now,
            upgrade=Upgrade(wanted.name), audit=audit,
        )  # fmt: skip

    async def roll_back(
        self,
        caller: Identity,
        store_id: str,
        *,
        accepts_loss_since: datetime | None,
        is_saved: bool,
        audit: AuditedAction,
    ) -> Store:
        """Have a store's shop as it was before its latest upgrade; return the store.

        It gets the backup that was made then, and the version of then. Raises NotFoundError, or
        RefusedError: NO_WAY_BACK, and what ``BackupRestorer.restore`` raises.
        """
        require_operator(caller)
        store = await self._stores.get(caller, store_id)
        backup = await self.way_back(store)
        if backup is None:
            raise RefusedError(_no_way_back(store))
        return await self._restorer.restore(
            caller,
            BackupChoice(store.id, backup.number),
            accepts_loss_since=accepts_loss_since,
            is_saved=is_saved,
            audit=audit,
        )

    async def way_back(self, store: Store) -> Backup | None:
        """Return the backup of a shop as it was before it got its present version, or None."""
        return await self._backups.before_upgrade(store)

    def _version(self, store: Store, name: str | None) -> EngineVersion:
        engine = self._engines.get(store.engine)
        if engine is None:
            raise RefusedError(engine_missing(store))
        wanted = engine.default_version if name is None else engine.version(name)
        if wanted is None:
            raise RefusedError(unknown_version(engine, name))
        if refusal := does_not_follow(store, engine, wanted):
            raise RefusedError(refusal)
        if self._backups.settings is None or engine.backup_counts is None:
            raise RefusedError(NOT_SET_UP)  # without a backup there is no way back
        return wanted


def _no_way_back(store: Store) -> Refusal:
    message = (
        f"There is no backup of the shop from before it got version {store.engine_version}: it was"
        " not upgraded, or the backup was removed since. See its backups for what can be restored."
    )
    return Refusal(RefusalCode.NO_WAY_BACK, message, "id")
