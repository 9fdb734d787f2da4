"""Removes what was kept long enough: failed stores, old records, events and audit entries."""

import asyncio
import random
from datetime import timedelta
from typing import NoReturn

import structlog

from provisioner.domain.errors import ConflictError
from provisioner.domain.ports import Clock
from provisioner.domain.stores import Retention, StoreStatus
from provisioner.reconcile.reconciler import Reconciler
from provisioner.storage.audit_log import AuditLog
from provisioner.storage.event_retention import EventRetention
from provisioner.storage.stores import StoreRepository

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = (1800.0, 3600.0)
# Rows that one transaction removes. Other writers wait for it, so it must be short.
_BATCH = 100
_EVENT_BATCH = 500
_AUDIT_BATCH = 1000


class Housekeeper:
    """Applies the retention times, at the start and about every 45 minutes."""

    def __init__(
        self,
        records: StoreRepository,
        reconciler: Reconciler,
        events: EventRetention,
        audit: AuditLog,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._records = records
        self._reconciler = reconciler
        self._events = events
        self._audit = audit
        self._clock = clock
        self._retention = retention

    async def run(self) -> NoReturn:
        """Remove what is due again and again, for ever. A failure is only logged.

        Nothing is lost if it is done later, and this root task must not end.
        """
        while True:
            try:
                await self.tidy()
            except Exception:  # noqa: BLE001 - see the docstring
                _log.exception("housekeeping_failed")
            await asyncio.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311

    async def tidy(self) -> None:
        """Remove everything whose time is over."""
        if self._retention.failed is not None:
            await self._give_up_failures(self._retention.failed)
        if self._retention.deleted is not None:
            await self._purge(self._retention.deleted)
        if self._retention.events is not None:
            await self._purge_events(self._retention.events)
        if self._retention.audit is not None:
            await self._purge_audit(self._retention.audit)

    async def _give_up_failures(self, kept: timedelta) -> None:
        for store in await self._records.failed_creations(self._clock.now() - kept):
            message = f"It failed more than {kept.total_seconds() / 86400:g} days ago: removed."
            try:
                wanted = await self._records.request_delete(
                    store.id, message, only_in=(StoreStatus.FAILED,)
                )
            except ConflictError:
                continue  # no longer FAILED: somebody has just retried it
            self._reconciler.wake(wanted)

    async def _purge(self, kept: timedelta) -> None:
        before = self._clock.now() - kept
        with_backups = self._retention.deleted_with_backups
        while (
            purged := await self._records.purge(before, limit=_BATCH, with_backups=with_backups)
        ) > 0:
            _log.info("records_purged", stores=purged)

    async def _purge_events(self, kept: timedelta) -> None:
        before = self._clock.now() - kept
        removed = 0
        for store_id in await self._events.stores(before):
            while (purged := await self._events.purge(store_id, before, limit=_EVENT_BATCH)) > 0:
                removed += purged
        if removed:
            _log.info("events_purged", events=removed)

    async def _purge_audit(self, kept: timedelta) -> None:
        before = self._clock.now() - kept
        while (purged := await self._audit.purge(before, limit=_AUDIT_BATCH)) > 0:
            _log.info("audit_purged", entries=purged)
