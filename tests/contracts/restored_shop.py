"""A shop in whose place a backup is put, in records."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.domain.backups import Backup, InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.codes import ReasonCode
from provisioner.domain.identities import Role
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.owners import local
from provisioner.domain.stores import (
    EventKind,
    Reason,
    StepName,
    StepStatus,
    Store,
    StoreStatus,
    StoreTask,
)
from provisioner.storage.audit_log import AuditedAction, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.backup_removals import BackupRemovals
from provisioner.storage.database import Database
from provisioner.storage.operation_pages import OperationPages
from provisioner.storage.store_backups import StoreBackups
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.stores import a_store

_S, _K, _T = StoreStatus, OperationKind, StoreTask
START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REASON = Reason(ReasonCode.OTHER, "For the test.")
CHOSEN, OTHER, FORMER = 2, 3, 4
"""The backup that is restored, a newer one, and the one of the shop as it was."""
Read = Callable[[], Awaitable[dict[str, Any]]]


class Shop:
    """A shop of version 2, in whose place a backup of version 1 is put."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        self.announced = RecordedAnnouncements()
        self.records = StoreRepository(database, self.clock, self.announced)
        self.tasks = TaskRepository(database, self.clock, self.announced)
        self.backups = StoreBackups(database)
        self.removals = BackupRemovals(database)
        self.pages = OperationPages(database)
        self.log = AuditLog(database, self.clock)
        self.store = replace(a_store(now=START), engine_version="2")

    async def open(self) -> None:
        """Have it READY, with two backups."""
        self.store = await self.records.create(self.store)
        await self.become(_S.PROVISIONING, _S.READY)
        for number in (CHOSEN, OTHER):
            begun = await self.tasks.begin(self.store.id, _T.BACKUP, "Asked for.")
            await self.tasks.succeed(begun, "Done.", backup=self.backup(number))
        await self.read()

    async def read(self) -> Store:
        self.store = await self.records.get(self.store.id)
        return self.store

    async def become(self, *statuses: StoreStatus) -> Store:
        """Change the status; FAILED and DEGRADED are for ``REASON``."""
        for status in statuses:
            self.clock.moment += SECOND
            reason = REASON if status in {_S.FAILED, _S.DEGRADED} else None
            self.store = await self.records.transition(self.store, status, reason=reason)
        return self.store

    def backup(self, number: int) -> Backup:
        return Backup(
            store_id=self.store.id, number=number, snapshot=f"{number:064x}", size=3, added=1,
            engine="tiny", engine_version="1" if number == CHOSEN else "2",
            counts={"orders": number}, made_at=self.clock.moment,
        )  # fmt: skip

    def source(self, number: int = CHOSEN) -> RestoreSource:
        made = self.backup(number)
        return RestoreSource(
            store_id=made.store_id, number=number, snapshot=made.snapshot, url="http://h",
            admin_user="ada", counts=made.counts, engine_version=made.engine_version,
        )  # fmt: skip

    def action(self) -> AuditedAction:
        record = AuditRecord(
            "restoreBackup", AuditOutcome.ACCEPTED, "::1", actor=local("ada"), role=Role.OPERATOR
        )
        return AuditedAction(self.log, record)

    async def begin(self, number: int = CHOSEN) -> Store:
        """Ask for a restore of a shop that is saved before."""
        self.clock.moment += SECOND
        self.store = await self.tasks.begin(
            self.store.id, _T.RESTORE, "Asked for.",
            restore=InPlaceRestore(self.source(number), RestoreStage.SAVING), audit=self.action(),
        )  # fmt: skip
        return self.store

    async def begin_unsaved(self, number: int = CHOSEN) -> Store:
        """Ask for a restore of a shop that is not saved before."""
        self.clock.moment += SECOND
        self.store = await self.records.transition(
            self.store, _S.QUEUED, begins=_K.RESTORE, message="Asked for.",
            restore=InPlaceRestore(self.source(number), RestoreStage.REMOVING), audit=self.action(),
        )  # fmt: skip
        return self.store

    async def save(self) -> Store:
        """Ask for a restore, and have the shop saved as it was."""
        begun = await self.begin()
        await self.tasks.start(begun)
        self.clock.moment += SECOND
        self.store = await self.tasks.hand_over(begun, "It has 4 orders.", self.backup(FORMER))
        return self.store

    async def remove(self) -> Store:
        """Ask for a restore, and have it got as far as the removal of the shop."""
        await self.save()
        await self.become(_S.PROVISIONING)
        self.store = await self.records.record_removed(self.store)
        return self.store

    async def operations(self) -> list[tuple[OperationKind, OperationStatus, Reason | None]]:
        """Return the operations since the backups were made, newest first."""
        page = await self.pages.page(self.store.id, first=100, after=None)
        found = [item.operation for item in page.items if item.operation.number > OTHER]
        return [(item.kind, item.status, item.reason) for item in found]

    async def steps(self) -> list[tuple[StepName, StepStatus]]:
        found = (await self.records.snapshot(self.store.id)).steps
        return [(step.name, step.status) for step in found]

    async def told(self, number: int) -> list[tuple[EventKind, str, str, str]]:
        """Return the newest events: so many, oldest first."""
        events = await self.records.events_after(self.store.id, 0, limit=1000)
        return [(e.kind, e.subject, e.status, e.message) for e in events[-number:]]

    async def expire(self) -> int:
        """Have all backups removed that may be; return how many those were."""
        numbers = [CHOSEN, OTHER, FORMER]
        return await self.removals.expire(self.store.id, numbers, self.clock.moment)

    async def left(self) -> list[int]:
        page = await self.backups.page(self.store.id, first=100, after=None)
        return [backup.number for backup in page.items]


def pending(*names: StepName) -> list[tuple[StepName, StepStatus]]:
    """Return steps that nobody has begun, as ``Shop.steps`` does."""
    return [(name, StepStatus.PENDING) for name in names]
