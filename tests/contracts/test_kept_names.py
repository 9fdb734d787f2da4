"""A deleted store's name: its owner's for a time, then anybody's."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.errors import RefusedError
from provisioner.domain.operations import OperationKind
from provisioner.domain.owners import Owner, local
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage.database import Database, Transaction
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.stores import a_store

KEPT = timedelta(days=90)
DELETED_AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
TABLES = ("stores", "steps", "events")


class Calendar:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.moment = DELETED_AT

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def records(database: Database, calendar: Calendar) -> StoreRepository:
    return StoreRepository(database, calendar, RecordedAnnouncements())


async def deleted(records: StoreRepository, owner: str = "merchant") -> Store:
    store = await records.create(a_store(name="my-shop", owner=owner), names_kept_for=KEPT)
    store = await records.transition(store, StoreStatus.DELETING, begins=OperationKind.DELETE)
    return await records.transition(store, StoreStatus.DELETED)


async def refusal(
    records: StoreRepository, owner: str | Owner = "rival"
) -> tuple[str, str | None, str]:
    with pytest.raises(RefusedError) as refused:
        await records.create(a_store(name="my-shop", owner=owner), names_kept_for=KEPT)
    (found,) = refused.value.refusals
    return found.code, found.field, found.message


async def count(database: Database) -> list[int]:
    async def work(transaction: Transaction) -> list[int]:
        rows = [await transaction.fetch_all(f"SELECT 1 AS one FROM {table}") for table in TABLES]  # noqa: S608
        return [len(found) for found in rows]

    return await database.read(work)


async def test_others_are_refused_and_told_until_when(
    records: StoreRepository, database: Database
) -> None:
    await deleted(records)
    before = await count(database)
    code, field, message = await refusal(records)
    assert (code, field) == ("NAME_KEPT", "name")
    assert message == (
        "The name 'my-shop' belonged to a deleted store, and is kept for that store's owner"
        " until 2026-05-30 12:30 UTC; choose another name."
    )
    assert await count(database) == before


async def test_its_owner_may_have_it_again_at_once(records: StoreRepository) -> None:
    first = await deleted(records)
    again = await records.create(a_store(name="my-shop"), names_kept_for=KEPT)
    assert again.id != first.id
    assert (await records.get_by_name("my-shop", local("merchant"))).id == again.id


async def test_who_is_called_like_its_owner_is_another(records: StoreRepository) -> None:
    await deleted(records)
    theirs = Owner("https://issuer.example", "merchant")
    assert (await refusal(records, theirs))[0] == "NAME_KEPT"


async def test_it_is_free_when_its_time_is_over(
    records: StoreRepository, calendar: Calendar
) -> None:
    await deleted(records)
    calendar.moment += KEPT - timedelta(microseconds=1)
    assert (await refusal(records))[0] == "NAME_KEPT"
    calendar.moment += timedelta(microseconds=1)
    taken = await records.create(a_store(name="my-shop", owner="rival"), names_kept_for=KEPT)
    assert taken.owner == local("rival")


async def test_the_last_owner_counts(records: StoreRepository, calendar: Calendar) -> None:
    await deleted(records)
    calendar.moment += KEPT
    await deleted(records, "rival")
    assert (await refusal(records, "merchant"))[0] == "NAME_KEPT"
    await records.create(a_store(name="my-shop", owner="rival"), names_kept_for=KEPT)


async def test_another_name_is_nobodys(records: StoreRepository) -> None:
    await deleted(records)
    await records.create(a_store(name="my-shop-2", owner="rival"), names_kept_for=KEPT)


async def test_no_name_is_kept_where_that_is_switched_off(records: StoreRepository) -> None:
    await deleted(records)
    taken = await records.create(a_store(name="my-shop", owner="rival"), names_kept_for=None)
    assert taken.owner == local("rival")


async def test_a_purge_of_what_is_as_old_frees_no_name_early(
    records: StoreRepository, calendar: Calendar
) -> None:
    await deleted(records)
    calendar.moment += KEPT - timedelta(seconds=1)
    assert await records.purge(calendar.now() - KEPT, limit=10) == 0
    assert (await refusal(records))[0] == "NAME_KEPT"


async def test_a_deletion_that_ends_meanwhile_lets_nobody_in(
    records: StoreRepository, database: Database
) -> None:
    # Given a store whose deletion is written, and not committed
    store = await records.create(a_store(name="my-shop"))
    await records.transition(store, StoreStatus.DELETING, begins=OperationKind.DELETE)
    is_written, may_end = asyncio.Event(), asyncio.Event()

    async def end_deletion(transaction: Transaction) -> None:
        await transaction.execute(
            "UPDATE stores SET status = 'DELETED', deleted_at = :now WHERE id = :id",
            {"id": store.id, "now": int(DELETED_AT.timestamp() * 1_000_000)},
        )
        is_written.set()
        await may_end.wait()

    ending = asyncio.create_task(database.transact(end_deletion))
    await is_written.wait()

    # When somebody else asks for its name, and it is committed while they wait
    asking = asyncio.create_task(refusal(records))
    await asyncio.sleep(0.2)  # longer than they need to come as far as they can
    assert not asking.done()
    may_end.set()
    await ending

    # Then it is kept from them
    assert (await asking)[0] == "NAME_KEPT"
