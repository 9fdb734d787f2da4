"""Checks of backups: the command that has one made, for a known caller, and how they went."""

from dataclasses import replace

from provisioner.domain.backups import Backup
from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.ports import Clock
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
        BACKUPS_NOT_SET_UP, BACKUP_UNKNOWN, VERSION_UNKNOWN, or CHECK_UNDER_WAY.
        """
        require_operator(caller)
        choice = BackupChoice(store_id, number)
        try:
            found = await self._restores.find(caller, choice, engine=None, version=None)
            made = await self._checks.begin(
                store_to_check(
                    found.store, found.backup, found.engine, self._shop_url, self._clock
                ),
                audit=audit,
            )
        except RefusedError as error:  # here the backup is no part of what is wanted, but all of it
            at_id = (replace(refusal, field="id") for refusal in error.refusals)
            raise RefusedError(*at_id) from error
        self._dispatcher.wake(made)
        return await self._records.get(store_id, number) or found.backup
