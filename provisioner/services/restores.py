"""Finds the backup that a new store is to be made from, for a known caller."""

from dataclasses import dataclass, replace

from provisioner.domain.backups import Backup, RestoreSource
from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine, EngineCatalogue
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.restore_sources import source_of
from provisioner.domain.stores import Store
from provisioner.services.backups import NOT_SET_UP, Backups
from provisioner.services.store_queries import StoreQueries
from provisioner.services.wanted_store import BackupChoice, WantedStore
from provisioner.storage.backup_removals import BACKUP_UNKNOWN

_FIELD = "fromBackup"


@dataclass(frozen=True, slots=True)
class Restorable:
    """A backup that a new store can be made from, and the store that it is of."""

    store: Store
    backup: Backup
    engine: Engine

    @property
    def source(self) -> RestoreSource:
        """What is kept with the new store."""
        return source_of(self.store, self.backup, self.engine)

    def completed(self, wanted: WantedStore) -> WantedStore:
        """Return what is wanted, with what the backup says of it."""
        return replace(
            wanted,
            engine=self.backup.engine,
            version=self.backup.engine_version,
            contact_email=wanted.contact_email or self.store.contact_email,
        )


class Restores:
    """Finds backups to restore. A backup of somebody else's store is unknown to a caller."""

    def __init__(self, stores: StoreQueries, backups: Backups, engines: EngineCatalogue) -> None:
        self._stores = stores
        self._backups = backups
        self._engines = engines

    async def find(
        self, caller: Identity, choice: BackupChoice, *, engine: str | None, version: str | None
    ) -> Restorable:
        """Return the backup, if a store with this engine and version can be made from it.

        None stands for the backup's own. Raises RefusedError: BACKUPS_NOT_SET_UP, BACKUP_UNKNOWN,
        ENGINE_MISMATCH, or VERSION_UNKNOWN.
        """
        if self._backups.settings is None:
            raise RefusedError(NOT_SET_UP)
        try:
            backup = await self._backups.get(caller, choice.store_id, choice.number)
            store = await self._stores.get(caller, choice.store_id)
        except NotFoundError as error:
            raise RefusedError(BACKUP_UNKNOWN) from error
        own = self._engines.get(backup.engine)
        refusals = [_refuse_engine(backup, engine), _refuse_version(backup, version, own)]
        found = [refusal for refusal in refusals if refusal]
        if found or own is None:
            raise RefusedError(*found)
        return Restorable(store, backup, own)


def refuse_copy(wanted: WantedStore, restorable: Restorable | None) -> Refusal | None:
    """Return why no copy to try things in can be made, where one is wanted; None if it can."""
    if not wanted.as_copy:
        return None
    if restorable is None:
        message = "A copy is made from a backup: choose one of `Store.backups`."
        return Refusal(RefusalCode.BACKUP_UNKNOWN, message, _FIELD)
    if not restorable.engine.makes_copies:
        message = (
            f"The engine {restorable.engine.display_name} has no copies to try things in. Leave"
            " `asCopy` out for a shop like any other."
        )
        return Refusal(RefusalCode.ENGINE_MISMATCH, message, "asCopy")
    return None


def _refuse_engine(backup: Backup, engine: str | None) -> Refusal | None:
    if engine in (None, backup.engine):
        return None
    message = f"The backup is of {backup.engine}; leave the engine out, or name that one."
    return Refusal(RefusalCode.ENGINE_MISMATCH, message, "engine")


def _refuse_version(backup: Backup, version: str | None, engine: Engine | None) -> Refusal | None:
    if version not in (None, backup.engine_version):
        message = (
            f"The backup is of version {backup.engine_version}; leave the version out, or name"
            " that one."
        )
        return Refusal(RefusalCode.ENGINE_MISMATCH, message, "version")
    if engine is None or engine.version(backup.engine_version) is None:
        message = (
            f"The backup is of {backup.engine} {backup.engine_version}, which is not offered"
            " here. Ask the platform's operator to add it back to the charts."
        )
        return Refusal(RefusalCode.VERSION_UNKNOWN, message, _FIELD)
    return None
