"""Checks of backups: the command that has one made, for a known caller, and how they went."""

from dataclasses import replace

from provisioner.domain.backups import Backup
from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.ports import Clock
from provisioner.domain.stores import Store
from provisioner.reconcile.backup_checks import store_to_check
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.permissions import require_operator
from provisioner.services.restores import Restores
from provisioner.services.wanted_store import BackupChoice
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.backup_checks import BackupChecks
from provisioner.storage.store_backups import StoreBackups


class BackupVerifier:
    """Has backups checked. ``shop_url`` is as in ``BackupChecker``."""

    def __init__(
        self,
        *,
        restores: Restores,
        checks: BackupChecks,
        records: StoreBackups,
        dispatcher: Dispatcher,
        clock: Clock,
        shop_url: str,
    ) -> None:
        self._restores = restores
        self._checks = checks
        self._records = records
        self._dispatcher = dispatcher
        self._clock = clock
        self._shop_url = shop_url

    async def faulty(self) -> int:
        """Return of how many stores the last backup that was checked made no shop."""
        return await self._checks.faulty()

    async def verify(
        self, caller: Identity, store_id: str, number: int, *, audit: AuditedAction
    ) -> Backup:
        """Have a shop made of a backup that nobody sees, to find out whether that can be done.

        Return the backup, whose check is under way. Raises RefusedError: FORBIDDEN,
        BACKUPS_NOT_SET_UP, BACKUP_UNKNOWN, VERSION_UNKNOWN, ENGINE_MISMATCH, or CHECK_UNDER_WAY.
        """
        require_operator(caller)
        try:
            made = await self._begin(caller, BackupChoice(store_id, number), audit)
        except RefusedError as error:  # here the backup is no part of what is wanted, but all of it
            at_id = (replace(refusal, field="id") for refusal in error.refusals)
            raise RefusedError(*at_id) from error
        self._dispatcher.wake(made)
        changed = await self._records.get(store_id, number)
        if changed is None:
            raise NotFoundError(f"Store {store_id} has no backup {number}.")
        return changed

    async def _begin(self, caller: Identity, choice: BackupChoice, audit: AuditedAction) -> Store:
        found = await self._restores.find(caller, choice, engine=None, version=None)
        if not found.engine.makes_copies:
            raise RefusedError(_no_copies(found.engine))
        made = store_to_check(found.store, found.backup, found.engine, self._shop_url, self._clock)
        return await self._checks.begin(made, audit=audit)


def _no_copies(engine: Engine) -> Refusal:
    message = (
        f"The engine {engine.display_name} has no copies to try things in, and a shop that could"
        " write to customers is not made. Restore the backup into a new shop to see what is in it."
    )
    return Refusal(RefusalCode.ENGINE_MISMATCH, message)
