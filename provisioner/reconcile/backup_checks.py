"""Checks backups by making a shop of each, which nobody sees, and looking at what comes of it.

The shop is a store of the platform's own and a copy to try things in: it is provisioned as any
other, so it is ready only when everything that the backup counts is in it and a shopper could buy
there. Then, or when it has failed, the result is recorded with the backup and the shop is deleted.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import structlog

from provisioner.domain.backups import Backup, BackupSettings
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import ConflictError, NotFoundError, RefusedError
from provisioner.domain.names import host_of, new_store_id, release_for
from provisioner.domain.owners import THE_PLATFORM
from provisioner.domain.ports import Clock
from provisioner.domain.restore_sources import source_of
from provisioner.domain.stores import Store, StoreStatus, StoreTarget, new_store
from provisioner.reconcile.reconciler import Reconciler
from provisioner.reconcile.rounds import for_ever
from provisioner.storage.backup_checks import BackupChecks, DueCheck
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.stores import StoreRepository

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS, _SOON_SECONDS = 20.0, 60.0
_OF_THE_BACKUP = (ReasonCode.RESTORE_FAILED, ReasonCode.RESTORE_INCOMPLETE)


class BackupChecker:
    """Follows the checks that are under way, and begins those that are due, every 20 seconds.

    ``shop_url`` is the pattern of a shop's address; ``{name}`` stands for the store's name.
    """

    def __init__(
        self,
        *,
        settings: BackupSettings,
        checks: BackupChecks,
        backups: StoreBackups,
        records: StoreRepository,
        reconciler: Reconciler,
        engines: Mapping[str, Engine],
        clock: Clock,
        shop_url: str,
    ) -> None:
        self._settings = settings
        self._checks = checks
        self._backups = backups
        self._records = records
        self._reconciler = reconciler
        self._engines = engines
        self._clock = clock
        self._shop_url = shop_url

    async def run(self) -> NoReturn:
        """Go round again and again; see ``for_ever``."""
        await for_ever(
            self.go_round,
            failure="backup_checks_failed",
            soon_seconds=_SOON_SECONDS,
            pause_seconds=_PAUSE_SECONDS,
        )

    async def go_round(self) -> None:
        """End what is done, remove what is left of it, and begin what is due."""
        under_way = await self._checks.under_way()
        for backup in under_way:
            await self._look_at(backup)
        going = await self._remove_shops()
        # A shop that goes still takes room: another one waits until it is gone.
        if self._settings.check_interval is not None:
            await self._begin_due(self._settings.check_interval, going)

    async def _look_at(self, backup: Backup) -> None:
        try:
            store = await self._records.get(backup.check.store_id or "")
        except NotFoundError:
            await self._checks.give_up(backup)
            return
        if store.target is StoreTarget.DELETED:  # by somebody else
            await self._checks.give_up(backup)
        elif store.ready_at is not None:  # whatever became of the shop since
            await self._checks.end(backup, None)
            _log.info("backup_checked", store_id=backup.store_id, backup=backup.number)
        elif store.status is StoreStatus.FAILED:
            fault = _fault_of(store)
            await self._checks.end(backup, fault)
            _log.warning(
                "backup_check_failed", store_id=backup.store_id, backup=backup.number, reason=fault
            )

    async def _remove_shops(self) -> int:
        """Have shops deleted that no check needs; return how many there are in all."""
        shops = await self._checks.shops()
        for store, is_needed in shops:
            if not is_needed and store.target is StoreTarget.READY:
                message = "The backup is checked: its shop is removed."
                self._reconciler.wake(await self._records.request_delete(store.id, message))
        return len(shops)

    async def _begin_due(self, interval: timedelta, going: int) -> None:
        room = self._settings.max_checks - going
        if room <= 0:
            return
        before = self._clock.now() - interval
        for due in await self._checks.due(before, limit=room):
            await self._begin(due)

    async def _begin(self, due: DueCheck) -> None:
        backup = await self._backups.get(due.store.id, due.number)
        engine = self._engines.get(due.store.engine)
        if backup is None or engine is None or not engine.makes_copies:
            await self._checks.skip(due.store.id)
            return
        try:
            made = await self._checks.begin(
                store_to_check(due.store, backup, engine, self._shop_url, self._clock)
            )
        except (ConflictError, RefusedError):
            return  # it is checked already, or is gone: the next round looks again
        self._reconciler.wake(made)


def _fault_of(store: Store) -> str:
    """Return why the shop of a check has failed, for those who have another shop: the backup's."""
    reason = store.reason
    if reason is not None and reason.code in _OF_THE_BACKUP:
        return reason.message
    code = "" if reason is None else f" ({reason.code})"
    return (
        f"The shop that was made of it did not become ready{code}. That need not be the backup's"
        f" fault; the platform's operator finds the reason with the store {store.name}."
    )


def store_to_check(
    store: Store, backup: Backup, engine: Engine, shop_url: str, clock: Clock
) -> Store:
    """Return the record of a new store of the platform's own that is made from a backup.

    The engine makes copies: a shop that could send mail to customers proves nothing it may.
    """
    store_id = new_store_id()
    name = f"check-{store_id[:12]}"
    url = shop_url.format(name=name)
    made = new_store(
        store_id=store_id,
        name=name,
        owner=THE_PLATFORM,
        engine=backup.engine,
        engine_version=backup.engine_version,
        release=release_for(engine.release_prefix, store_id),
        host=host_of(url),
        url=url,
        contact_email=store.contact_email,
        from_backup=source_of(store, backup, engine),
        is_copy=True,
        plan=store.plan,
        now=clock.now(),
    )
    return replace(made, storage_plan=store.storage_plan)  # it has to hold as much
