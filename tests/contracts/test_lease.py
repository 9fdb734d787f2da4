"""One replica works on stores at a time: the lease, and the epoch that every write holds."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import DatabaseUnavailableError, LeaseLostError
from provisioner.domain.fence import Fence
from provisioner.domain.stores import StoreStatus
from provisioner.leadership.lease import Fenced, Grant, Lease
from provisioner.storage.database import Database, Transaction
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.conftest import MIGRATED
from tests.postgres import PostgresServer
from tests.stores import a_store

LONG, PAST = 600.0, -1.0


@pytest.fixture
def url(migrated_postgres: PostgresServer) -> Iterator[str]:
    with migrated_postgres.database(MIGRATED) as name:
        yield migrated_postgres.url(name)


class Replicas:
    """Leases of several replicas on one database, each with connections of its own."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack

    async def database(self) -> Database:
        database = Database(self._url)
        await database.connect()
        self._stack.push_async_callback(database.close)
        return database

    async def lease(self, holder: str, seconds: float = LONG) -> Lease:
        return Lease(await self.database(), holder=holder, seconds=seconds)


@pytest.fixture
async def replicas(url: str) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        yield Replicas(url, stack)


def granted(grant: Grant | None) -> Grant:
    assert grant is not None
    return grant


async def test_one_has_it_until_it_ends(replicas: Replicas) -> None:
    one, other = await replicas.lease("one", PAST), await replicas.lease("other")

    first = granted(await one.take())
    second = granted(await other.take())

    assert (first.epoch, second.epoch) == (1, 2)
    assert await one.take() is None
    with pytest.raises(LeaseLostError):
        await one.renew(first, within_seconds=60)
    await one.release(first)  # it is no longer its to give back
    assert await one.take() is None


async def test_renewed_it_does_not_end(replicas: Replicas) -> None:
    short, other = await replicas.lease("one", PAST), await replicas.lease("other")
    same = await replicas.lease("one")
    grant = granted(await short.take())

    renewed = await same.renew(grant, within_seconds=60)

    assert renewed.epoch == grant.epoch
    assert renewed.ends_at > grant.ends_at
    assert await other.take() is None


async def test_given_back_it_is_free_at_once(replicas: Replicas) -> None:
    one, other = await replicas.lease("one"), await replicas.lease("other")
    grant = granted(await one.take())
    assert await other.take() is None

    await one.release(grant)

    assert granted(await other.take()).epoch == grant.epoch + 1


async def test_of_many_who_ask_at_once_one_gets_it(replicas: Replicas) -> None:
    leases = [await replicas.lease(f"replica {number}") for number in range(8)]

    grants = await asyncio.gather(*(lease.take() for lease in leases))

    assert [grant.epoch for grant in grants if grant is not None] == [1]


async def test_its_holder_may_take_it_again(replicas: Replicas) -> None:
    """As after a renewal that came too late to be known of: it need not wait for itself."""
    lease = await replicas.lease("one")
    assert granted(await lease.take()).epoch == 1
    assert granted(await lease.take()).epoch == 2


async def test_a_database_that_hangs_is_not_waited_for(replicas: Replicas) -> None:
    lease, database = await replicas.lease("one"), await replicas.database()
    grant = granted(await lease.take())
    is_locked, is_over = asyncio.Event(), asyncio.Event()

    async def lock(transaction: Transaction) -> None:
        await transaction.fetch_one("SELECT 1 FROM lease FOR UPDATE")
        is_locked.set()
        await is_over.wait()

    locking = asyncio.create_task(database.transact(lock))
    await is_locked.wait()
    with pytest.raises(DatabaseUnavailableError):
        await lease.renew(grant, within_seconds=0.05)
    is_over.set()
    await locking


async def test_a_write_of_an_earlier_session_changes_nothing(replicas: Replicas) -> None:
    one, other = await replicas.lease("one", PAST), await replicas.lease("other")
    database, fence = await replicas.database(), Fence()
    fenced = Fenced(database, granted(await one.take()), fence)
    announced = RecordedAnnouncements()
    records = StoreRepository(fenced, SystemClock(), announced)
    store = await records.create(a_store())
    announced.store_ids.clear()
    assert not fence.is_ended

    granted(await other.take())
    with pytest.raises(LeaseLostError):
        await records.transition(store, StoreStatus.PROVISIONING)

    assert await records.get(store.id) == store
    assert (fence.is_ended, announced.store_ids) == (True, [])
    unfenced = StoreRepository(database, SystemClock(), announced)
    assert (await unfenced.request_delete(store.id, "A caller's")).version == store.version + 1


async def test_who_takes_over_waits_for_the_write_that_is_under_way(replicas: Replicas) -> None:
    one, other = await replicas.lease("one", PAST), await replicas.lease("other")
    grant = granted(await one.take())
    fenced = Fenced(await replicas.database(), grant, Fence())
    is_begun, is_over = asyncio.Event(), asyncio.Event()

    async def write(transaction: Transaction) -> None:
        await transaction.execute("UPDATE change_counter SET latest = 41")
        is_begun.set()
        await is_over.wait()
        await transaction.execute("UPDATE change_counter SET latest = latest + 1")

    writing = asyncio.create_task(fenced.transact(write))
    await is_begun.wait()
    taking = asyncio.create_task(other.take())
    # Renewing does not wait for writes, so that the leader's own never cost it the lease.
    renewed = await one.renew(grant, within_seconds=60)
    assert not taking.done()
    is_over.set()
    await writing

    assert granted(await taking).epoch == renewed.epoch + 1
    with pytest.raises(LeaseLostError):
        await fenced.transact(write)
