"""What is removed when its time is over, and what never is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.names import new_store_id
from provisioner.domain.operations import OperationKind
from provisioner.domain.owners import local
from provisioner.domain.stores import Reason, Retention, Store, StoreStatus, StoreTarget, new_store
from provisioner.reconcile import retention
from provisioner.reconcile.reconciler import Reconciler
from provisioner.reconcile.retention import Housekeeper
from provisioner.storage.audit_log import AuditFilter, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.database import Database
from provisioner.storage.event_retention import EventRetention
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.stores import a_pod

START = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
REASON = Reason(ReasonCode.OTHER, "For the test.")


class Woken(Reconciler):
    """Only remembers whom it should wake."""

    def __init__(self) -> None:
        self.stores: list[Store] = []

    def wake(self, store: Store) -> None:
        self.stores.append(store)


class House:
    """A database with a housekeeper."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        self.records = StoreRepository(database, self.clock, RecordedAnnouncements())
        self.audit = AuditLog(database, self.clock)
        self.woken = Woken()

    async def tidy(
        self,
        *,
        failed: timedelta | None = WEEK,
        deleted: timedelta | None = WEEK,
        events: timedelta | None = WEEK,
        audit: timedelta | None = WEEK,
    ) -> None:
        times = Retention(failed=failed, deleted=deleted, events=events, audit=audit)
        events_of = EventRetention(self.database)
        housekeeper = Housekeeper(
            self.records, self.woken, events_of, self.audit, self.clock, times
        )
        await housekeeper.tidy()

    async def store(self, *statuses: StoreStatus) -> Store:
        store_id = new_store_id()
        store = await self.records.create(
            new_store(
                store_id=store_id, name=f"s-{store_id[:12]}", owner=local("merchant"), engine="e",
                engine_version="1", release=f"e-{store_id[:12]}", host="h", url="http://h",
                now=self.clock.now(),
            )
        )  # fmt: skip
        for status in statuses:
            is_deleting = status is StoreStatus.DELETING
            store = await self.records.transition(
                store,
                status,
                reason=REASON if status is StoreStatus.FAILED else None,
                begins=OperationKind.DELETE if is_deleting else None,
            )
        return store

    async def rows(self, store: Store) -> int:
        statement = (
            "SELECT id FROM stores WHERE id = :id"
            " UNION ALL SELECT name FROM steps WHERE store_id = :id"
            " UNION ALL SELECT subject FROM events WHERE store_id = :id"
        )
        return len(await self.database.read(lambda t: t.fetch_all(statement, {"id": store.id})))


_S = StoreStatus
FAILED = (_S.PROVISIONING, _S.FAILED)
WAS_READY = (_S.PROVISIONING, _S.READY, _S.FAILED)
DELETED = (_S.DELETING, _S.DELETED)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:  # noqa: ARG001
    return House(database)


async def test_a_failed_creation_is_deleted_after_its_time(house: House) -> None:
    store = await house.store(*FAILED)
    house.clock.moment += WEEK
    await house.tidy()
    assert (await house.records.get(store.id)).target is StoreTarget.READY
    house.clock.moment += timedelta(microseconds=1)
    await house.tidy()
    assert (await house.records.get(store.id)).target is StoreTarget.DELETED
    assert [woken.id for woken in house.woken.stores] == [store.id]
    events = await house.records.events_after(store.id, 0, limit=100)
    assert events[-1].message == "It failed more than 7 days ago: removed."


async def test_the_record_of_a_deleted_store_goes_with_all_that_is_kept_of_it(house: House) -> None:
    gone, later = await house.store(*DELETED), None
    house.clock.moment += WEEK
    later = await house.store(*DELETED)
    await house.tidy()
    assert await house.rows(gone) > 0
    house.clock.moment += timedelta(microseconds=1)
    await house.tidy()
    assert await house.rows(gone) == 0
    assert await house.rows(later) > 0


@pytest.mark.parametrize(
    "statuses",
    [(), (_S.PROVISIONING, _S.READY), WAS_READY, (_S.UPDATING,), (_S.DELETING,)],
)
async def test_nothing_else_is_ever_touched(house: House, statuses: tuple[StoreStatus]) -> None:
    store = await house.store(*statuses)
    before = await house.rows(store)
    house.clock.moment += timedelta(days=9999)
    await house.tidy()
    assert await house.records.get(store.id) == store
    assert await house.rows(store) == before


@pytest.mark.parametrize(("kept", "left"), [(WEEK, [1, 2, 3, 16]), (None, [*range(1, 17)])])
async def test_old_events_of_a_ready_store_go_in_batches(
    house: House, kept: timedelta | None, left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_EVENT_BATCH", 5)
    store = await house.store(_S.PROVISIONING, _S.READY)
    for number in range(13):  # two batches and the rest, and the newest, which stays
        pod = a_pod("web", message=f"said {number}")
        assert await house.records.record_pods(store.id, [pod]) == 1
    house.clock.moment += WEEK + timedelta(microseconds=1)
    await house.tidy(events=kept)
    events = await house.records.events_after(store.id, 0, limit=2000)
    assert [event.version for event in events] == left
    assert (await house.records.get(store.id)).version == 16


@pytest.mark.parametrize("statuses", [FAILED, DELETED])
async def test_for_ever(house: House, statuses: tuple[StoreStatus]) -> None:
    store = await house.store(*statuses)
    house.clock.moment += timedelta(days=9999)
    await house.tidy(failed=None, deleted=None)
    assert await house.records.get(store.id) == store


@pytest.mark.parametrize(("kept", "left"), [(WEEK, ["later"]), (None, ["later", "first"])])
async def test_the_audit_log_goes_oldest_first(
    house: House, kept: timedelta | None, left: list[str]
) -> None:
    await house.audit.record(AuditRecord("first", AuditOutcome.ACCEPTED, "192.0.2.1"))
    house.clock.moment += timedelta(microseconds=1)
    await house.audit.record(AuditRecord("later", AuditOutcome.ACCEPTED, "192.0.2.1"))
    house.clock.moment += WEEK
    await house.tidy(audit=kept)
    page = await house.audit.page(first=10, after=None, filter_by=AuditFilter())
    assert [entry.record.action for entry in page.items] == left
