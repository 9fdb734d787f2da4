"""Old events of living stores are removed, and never those that say how a store came to be."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.operations import OperationKind
from provisioner.domain.stores import Reason, StoreStatus
from provisioner.storage.database import Database, Transaction
from provisioner.storage.event_retention import _REMOVE, EventRetention
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.stores import a_pod, a_store

START = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AFTER = START + timedelta(days=365)
REASON = Reason(ReasonCode.OTHER, "For the test.")


class Shop:
    """A store that things happen to, a second after each other."""

    def __init__(self, database: Database, *, now: datetime = START) -> None:
        self.clock = HandClock(now)
        self.records = StoreRepository(database, self.clock, RecordedAnnouncements())
        self.store = a_store(now=now)

    async def create(self) -> None:
        self.store = await self.records.create(self.store)

    async def become(self, *statuses: StoreStatus) -> None:
        """Change the status; to be queued begins a retry, and DELETING begins a delete."""
        kinds = {
            StoreStatus.QUEUED: OperationKind.RETRY,
            StoreStatus.DELETING: OperationKind.DELETE,
        }
        for status in statuses:
            self.clock.moment += timedelta(seconds=1)
            self.store = await self.records.transition(
                self.store, status,
                reason=REASON if status is StoreStatus.FAILED else None,
                begins=kinds.get(status),
            )  # fmt: skip

    async def say(self, *messages: str) -> None:
        """Have the shop's pod say something: an event each."""
        for message in messages:
            self.clock.moment += timedelta(seconds=1)
            await self.records.record_pods(self.store.id, [a_pod("web", message=message)])
        self.store = await self.records.get(self.store.id)

    async def versions(self) -> list[int]:
        events = await self.records.events_after(self.store.id, 0, limit=1000)
        return [event.version for event in events]


@pytest.fixture
async def shop(database: Database) -> Shop:
    made = Shop(database)
    await made.create()
    return made


@pytest.fixture
def retention(database: Database) -> EventRetention:
    return EventRetention(database)


_S = StoreStatus


async def test_the_last_attempt_and_the_newest_of_each_kind_stay(
    shop: Shop, retention: EventRetention
) -> None:
    await shop.become(_S.PROVISIONING, _S.FAILED)  # 1 to 3
    await shop.say("left behind")  # 4
    await shop.become(_S.QUEUED, _S.PROVISIONING)  # 5, 6
    await shop.say("starts")  # 7
    await shop.become(_S.READY)  # 8
    await shop.say("a", "b")  # 9, 10
    await shop.become(_S.DEGRADED, _S.READY)  # 11, 12
    await shop.say("c", "d")  # 13, 14
    await shop.records.record_repair(shop.store.id, "put back", is_done=True)  # 15
    await shop.say("e")  # 16
    store = await shop.records.get(shop.store.id)

    assert await retention.purge(store.id, LONG_AFTER, limit=99) == 9
    assert await retention.purge(store.id, LONG_AFTER, limit=99) == 0

    assert await shop.versions() == [5, 6, 7, 8, 12, 15, 16]
    assert await shop.records.get(store.id) == store


async def test_the_oldest_go_first_and_only_as_many_as_asked(
    shop: Shop, retention: EventRetention
) -> None:
    await shop.become(_S.PROVISIONING, _S.READY)
    await shop.say(*"abcdef")  # 4 to 9
    assert await retention.purge(shop.store.id, LONG_AFTER, limit=2) == 2
    assert await shop.versions() == [1, 2, 3, 6, 7, 8, 9]


async def test_what_is_not_old_enough_stays(shop: Shop, retention: EventRetention) -> None:
    await shop.become(_S.PROVISIONING, _S.READY)
    await shop.say("a", "b", "c")  # 4 to 6
    moment = (await shop.records.events_after(shop.store.id, 4, limit=1))[0].at
    assert await retention.purge(shop.store.id, moment, limit=9) == 1
    assert await shop.versions() == [1, 2, 3, 5, 6]


@pytest.mark.parametrize("statuses", [(), (_S.PROVISIONING,)])
async def test_an_attempt_that_is_under_way_stays_whole(
    shop: Shop, retention: EventRetention, statuses: tuple[StoreStatus, ...]
) -> None:
    await shop.become(*statuses)
    await shop.say("a", "b")
    before = await shop.versions()
    assert await retention.purge(shop.store.id, LONG_AFTER, limit=9) == 0
    assert await shop.versions() == before


async def test_another_stores_events_are_not_touched(
    shop: Shop, retention: EventRetention, database: Database
) -> None:
    other = Shop(database)
    await other.create()
    for one in (shop, other):
        await one.become(_S.PROVISIONING, _S.READY)
        await one.say("a", "b")
    assert await retention.purge(shop.store.id, LONG_AFTER, limit=9) == 1
    assert await other.versions() == [1, 2, 3, 4, 5]
    assert await retention.purge("no such store", LONG_AFTER, limit=9) == 0


async def test_stores_that_are_to_live_and_are_old_enough(
    shop: Shop, retention: EventRetention, database: Database
) -> None:
    deleted = Shop(database)
    await deleted.create()
    await deleted.records.request_delete(deleted.store.id, "Asked for.")
    young = Shop(database, now=LONG_AFTER)
    await young.create()
    assert await retention.stores(LONG_AFTER) == [shop.store.id]


async def test_every_search_is_by_the_primary_key(shop: Shop, database: Database) -> None:
    """An old store's events are found without a look at those of others."""
    values = {"id": shop.store.id, "before": 0, "limit": 1}

    async def plan(transaction: Transaction) -> list[str]:
        if database.is_sqlite:
            rows = await transaction.fetch_all(f"EXPLAIN QUERY PLAN {_REMOVE}", values)
            return [row["detail"] for row in rows if " events" in row["detail"]]
        # Of a table as small as this one PostgreSQL would rather read all.
        for way in ("seqscan", "bitmapscan"):
            await transaction.execute(f"SET LOCAL enable_{way} = off")
        rows = await transaction.fetch_all(f"EXPLAIN {_REMOVE}", values)
        return [row["QUERY PLAN"] for row in rows if " on events" in row["QUERY PLAN"]]

    lines = [line for line in await database.transact(plan) if "Delete on" not in line]
    assert len(lines) >= 4
    how = "USING" if database.is_sqlite else "events_pkey"
    assert [line for line in lines if how not in line or "SCAN" in line] == []
