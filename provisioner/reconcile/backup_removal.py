"""Says which backups are to be removed, for the CronJob that does it, and records what is gone.

The platform itself cannot remove any: the server is append-only, so that nobody who breaks into it
or into a shop can. The CronJob works on the server's volume. It is told by a Secret, and whether it
has done all that stood there is seen from its status.
"""

from datetime import timedelta
from typing import NoReturn

import structlog

from provisioner.domain.backup_retention import expendable
from provisioner.domain.backups import BackupSettings
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.removal_list import RemovalList, lines_of, parse, render
from provisioner.reconcile.repositories import remove_accounts
from provisioner.reconcile.rounds import for_ever
from provisioner.storage.backup_removals import BackupRemovals

_log = structlog.get_logger(__name__)

_SOON_SECONDS = 300.0
_BATCH = 100
_LIST = "removals"
"""The key in the Secret, which the CronJob's pod reads as a file of this name."""
_MARGIN = timedelta(minutes=5)
"""How much longer than since a run's start a list must have been there for the run to know it."""


class BackupRemover:
    """Applies the rule for keeping backups, at the start and every hour."""

    def __init__(
        self, context: ReconcileContext, settings: BackupSettings, removals: BackupRemovals
    ) -> None:
        if settings.removal is None:
            raise ValueError("Nothing removes backups.")
        self._context = context
        self._settings = settings
        self._namespace, self._name = settings.removal
        self._removals = removals

    async def run(self) -> NoReturn:
        """Go round again and again; see ``for_ever``."""
        await for_ever(
            self.go_round, failure="backup_removal_not_asked_for", soon_seconds=_SOON_SECONDS
        )

    async def go_round(self) -> None:
        """Record what is gone, decide what else may go, and have it removed."""
        # First: where there is no Secret or CronJob, nothing may be called removed.
        secret = await self._context.cluster.read_secret(self._namespace, self._name)
        written, lines = parse(secret.get(_LIST, ""))
        await self._record_gone(written)
        await self._decide()
        await self._write(lines)

    async def _record_gone(self, written: RemovalList | None) -> None:
        runs = await self._context.jobs.runs(self._namespace, self._name)
        if written is None or runs.started_at is None or runs.succeeded_at is None:
            return
        if runs.succeeded_at < runs.started_at or runs.started_at < written.written_at + _MARGIN:
            return
        gone = [
            (removal.store_id, snapshot)
            for removal in await self._removals.wanted()
            for snapshot in removal.snapshots
            if written.removes(removal.store_id, snapshot)
        ]
        if gone:
            await self._removals.forget(gone)
            _log.info("backups_removed", backups=len(gone))

    async def _decide(self) -> None:
        after, expired = "", 0
        now = self._context.clock.now()
        while found := await self._removals.stored(after=after, limit=_BATCH):
            for stored in found:
                numbers = [backup.number for backup in expendable(stored, self._settings.keep, now)]
                if numbers:
                    expired += await self._removals.expire(stored.store_id, numbers, now)
            after = found[-1].store_id
        if expired:
            _log.info("backups_expired", backups=expired)

    async def _write(self, before: list[str]) -> None:
        sources = await self._removals.sources()
        # Nothing is rearranged under a store that is being made from another backup there.
        wanted = [r for r in await self._removals.wanted() if r.store_id not in sources]
        lines = lines_of(wanted, self._settings)
        # The time changes with the list alone, or no run would ever be late enough for it.
        if lines != before:
            text = render(lines, self._context.clock.now())
            await self._context.cluster.set_in_secret(self._namespace, self._name, _LIST, text)
        whole = {removal.store_id for removal in wanted if removal.is_whole}
        if whole and self._settings.accounts is not None:
            await remove_accounts(self._context, *self._settings.accounts, whole)
