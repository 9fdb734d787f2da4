"""Has the shops of stores upgraded, and brought back to the version before, for a known caller.

Callers upgrade their own stores, and admins all. A store of somebody else is "not found".
"""

from datetime import datetime

from provisioner.domain.backups import Backup
from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine, EngineCatalogue, EngineVersion
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.stores import Store, StoreStatus, StoreTarget, StoreTask, Upgrade
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
            store.id, StoreTask.UPGRADE, message, _not_now,
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
            raise RefusedError(_engine_missing(store))
        wanted = engine.default_version if name is None else engine.version(name)
        if wanted is None:
            raise RefusedError(_unknown(engine, name))
        if store.engine_version not in wanted.follows:
            raise RefusedError(_does_not_follow(store, engine, wanted))
        if self._backups.settings is None or engine.backup_counts is None:
            raise RefusedError(NOT_SET_UP)  # without a backup there is no way back
        return wanted


def _engine_missing(store: Store) -> Refusal:
    message = (
        f"The engine {store.engine} is no longer offered here. Ask the platform's operator to add"
        " it back to the charts."
    )
    return Refusal(RefusalCode.NOT_UPGRADABLE, message, "id")


def _unknown(engine: Engine, name: str | None) -> Refusal:
    names = ", ".join(version.name for version in engine.versions)
    message = f"There is no version {name} of {engine.display_name}. There are: {names}."
    return Refusal(RefusalCode.VERSION_UNKNOWN, message, "version")


def _does_not_follow(store: Store, engine: Engine, wanted: EngineVersion) -> Refusal:
    if wanted.name == store.engine_version:
        message = f"The shop has version {wanted.name} already."
    else:
        message = (
            f"A shop of version {store.engine_version} cannot be upgraded to {wanted.name}"
            " directly."
        )
    following = ", ".join(version.name for version in engine.versions_after(store.engine_version))
    message += (
        f" It can be upgraded to: {following}."
        if following
        else f" No version of {engine.display_name} that is offered here follows it."
    )
    return Refusal(RefusalCode.NOT_UPGRADABLE, message, "version")


def _not_now(store: Store) -> Refusal:
    message = (
        f"Only the shop of a store that is READY or DEGRADED can be upgraded; this one is"
        f" {store.status}."
    )
    if store.status is StoreStatus.FAILED and store.target is StoreTarget.READY:
        message += " Retry it first."
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused. Resume it first, then upgrade it."
    return Refusal(RefusalCode.NOT_UPGRADABLE, message, "id")


def _no_way_back(store: Store) -> Refusal:
    message = (
        f"There is no backup of the shop from before it got version {store.engine_version}: it was"
        " not upgraded, or the backup was removed since. See its backups for what can be restored."
    )
    return Refusal(RefusalCode.NO_WAY_BACK, message, "id")
