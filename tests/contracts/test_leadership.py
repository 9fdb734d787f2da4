"""Terms follow each other: one at a time, each ended with its lease, none beside a leader."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import cast

import pytest

from provisioner.database import Database, Transactions
from provisioner.dispatcher import Dispatcher
from provisioner.errors import DatabaseUnavailableError, LeaseLostError
from provisioner.leadership import Leadership
from provisioner.lease import Grant, Lease
from provisioner.permit import Permit
from provisioner.term import Term
from provisioner.work_queue import WorkQueue
from tests.conftest import MIGRATED
from tests.postgres import PostgresServer

LONG, SHORT = 600.0, 0.2


class Work:
    """What a term has for the dispatcher; the rest is of no interest here."""

    def __init__(self) -> None:
        self.queue = WorkQueue()


class Replica:
    """A leadership, and what became of its terms."""

    def __init__(self, database: Database, lease: Lease | None, seconds: float) -> None:
        self.terms: list[str] = []
        self.failures: list[Exception] = []
        self.database: Transactions = database
        self.permit = Permit()
        self.leadership = Leadership(
            database, lease, seconds=seconds, dispatcher=Dispatcher(), begin=self._begin
        )

    @asynccontextmanager
    async def _begin(self, database: Transactions, permit: Permit) -> AsyncIterator[Term]:
        self.database, self.permit = database, permit
        if self.failures:
            raise self.failures.pop()
        self.terms.append("begun")
        try:
            yield cast("Term", Work())
        finally:
            self.terms.append("lost" if permit.is_ended else "stopped")

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)

    async def until_leading(self) -> None:
        await self.until(lambda: self.leadership.term is not None)

    async def write(self) -> None:
        await self.database.transact(lambda t: t.fetch_one("SELECT 1"))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.leadership.run())
        await self.leadership.settled()
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class Ground:
    """Makes replicas of one database."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack
        self._made = 0

    async def database(self) -> Database:
        database = Database(self._url)
        await database.connect()
        self._stack.push_async_callback(database.close)
        return database

    async def lease(self, seconds: float = LONG) -> Lease:
        self._made += 1
        return Lease(await self.database(), holder=str(self._made), seconds=seconds)

    async def replica(self, seconds: float = LONG) -> Replica:
        return Replica(await self.database(), await self.lease(seconds), seconds)


@pytest.fixture
def url(migrated_postgres: PostgresServer) -> Iterator[str]:
    with migrated_postgres.database(MIGRATED) as name:
        yield migrated_postgres.url(name)


@pytest.fixture
async def ground(url: str) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        yield Ground(url, stack)


async def test_another_leads_once_the_first_has_stopped(ground: Ground) -> None:
    first, second = await ground.replica(), await ground.replica()
    async with AsyncExitStack() as later:
        async with first.running():
            await later.enter_async_context(second.running())
            assert (first.terms, second.terms) == (["begun"], [])
            assert second.leadership.term is None
            await first.write()
        await second.until_leading()  # the lease would last ten minutes yet
        await second.write()
    assert first.terms == second.terms == ["begun", "stopped"]


async def test_a_leader_whose_epoch_is_over(ground: Ground) -> None:
    replica, thief = await ground.replica(), await ground.lease()
    async with replica.running():
        await (await ground.database()).transact(
            lambda t: t.execute("UPDATE lease SET expires_at = 0")
        )
        taken = await thief.take()
        assert taken is not None
        with pytest.raises(LeaseLostError):
            await replica.write()
        await replica.until(lambda: replica.terms == ["begun", "lost"])
        assert replica.leadership.term is None
        await thief.release(taken)
        await replica.until_leading()
        await replica.write()
    assert replica.terms == ["begun", "lost", "begun", "stopped"]


async def test_a_leader_that_cannot_renew(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> Grant:
        raise DatabaseUnavailableError

    monkeypatch.setattr(Lease, "renew", fails)
    replica = await ground.replica(SHORT)
    async with replica.running():
        await replica.until(lambda: replica.terms[:2] == ["begun", "lost"])
        assert replica.permit.is_ended


async def test_the_only_one_leads_for_ever(database: Database) -> None:
    replica = Replica(database, None, LONG)
    async with replica.running():
        assert replica.leadership.term is not None
        await replica.write()
    assert replica.terms == ["begun", "stopped"]


@pytest.mark.parametrize("failure", [DatabaseUnavailableError, BlockingIOError])
async def test_the_only_one_cannot_begin_at_first(
    database: Database, failure: type[Exception]
) -> None:
    """What there is to do cannot be read, or the machine has no room for another process."""
    replica = Replica(database, None, LONG)
    replica.failures = [failure(), failure()]
    async with replica.running():
        await replica.until_leading()
    assert replica.failures == []
    assert replica.terms == ["begun", "stopped"]


@pytest.mark.parametrize("failure", [DatabaseUnavailableError, BlockingIOError])
async def test_a_term_cannot_begin_at_first(ground: Ground, failure: type[Exception]) -> None:
    replica = await ground.replica()
    replica.failures = [failure()]
    async with replica.running():
        await replica.until_leading()
    assert replica.terms == ["begun", "stopped"]


async def test_the_database_is_away_when_the_lease_is_asked_for(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, take = [DatabaseUnavailableError()], Lease.take

    async def fails_at_first(self: Lease) -> Grant | None:
        if failures:
            raise failures.pop()
        return await take(self)

    monkeypatch.setattr(Lease, "take", fails_at_first)
    replica = await ground.replica()
    async with replica.running():
        assert replica.leadership.term is None
        await replica.until_leading()
