"""Sessions follow each other: one at a time, each ended with its lease, none beside a leader."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from provisioner.domain.errors import DatabaseUnavailableError, LeaseLostError
from provisioner.domain.fence import Fence
from provisioner.leadership.elector import Elector
from provisioner.leadership.lease import Grant, Lease
from provisioner.storage.database import Database, Transactions
from tests.conftest import MIGRATED
from tests.postgres import PostgresServer

LONG, SHORT = 600.0, 0.2


class Work:
    """A session, which does nothing here."""


class Replica:
    """An elector, and what became of its sessions."""

    def __init__(self, database: Database, lease: Lease | None, seconds: float) -> None:
        self.sessions: list[str] = []
        self.failures: list[Exception] = []
        self.database: Transactions = database
        self.fence = Fence()
        self.elector: Elector[Work] = Elector(
            database, lease, seconds=seconds, begin=self._begin,
            on_begun=lambda _: None, on_ended=lambda: None,
        )  # fmt: skip

    @asynccontextmanager
    async def _begin(self, database: Transactions, fence: Fence) -> AsyncIterator[Work]:
        self.database, self.fence = database, fence
        if self.failures:
            raise self.failures.pop()
        self.sessions.append("begun")
        try:
            yield Work()
        finally:
            self.sessions.append("lost" if fence.is_ended else "stopped")

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)

    async def until_leading(self) -> None:
        await self.until(lambda: self.elector.session is not None)

    async def write(self) -> None:
        await self.database.transact(lambda t: t.fetch_one("SELECT 1"))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.elector.run())
        await self.elector.settled()
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
            assert (first.sessions, second.sessions) == (["begun"], [])
            assert second.elector.session is None
            await first.write()
        await second.until_leading()  # the lease would last ten minutes yet
        await second.write()
    assert first.sessions == second.sessions == ["begun", "stopped"]


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
        await replica.until(lambda: replica.sessions == ["begun", "lost"])
        assert replica.elector.session is None
        await thief.release(taken)
        await replica.until_leading()
        await replica.write()
    assert replica.sessions == ["begun", "lost", "begun", "stopped"]


async def test_a_leader_that_cannot_renew(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> Grant:
        raise DatabaseUnavailableError

    monkeypatch.setattr(Lease, "renew", fails)
    replica = await ground.replica(SHORT)
    async with replica.running():
        await replica.until(lambda: replica.sessions[:2] == ["begun", "lost"])
        assert replica.fence.is_ended


async def test_the_only_one_leads_for_ever(database: Database) -> None:
    replica = Replica(database, None, LONG)
    async with replica.running():
        assert replica.elector.session is not None
        await replica.write()
    assert replica.sessions == ["begun", "stopped"]


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
    assert replica.sessions == ["begun", "stopped"]


@pytest.mark.parametrize("failure", [DatabaseUnavailableError, BlockingIOError])
async def test_a_session_cannot_begin_at_first(ground: Ground, failure: type[Exception]) -> None:
    replica = await ground.replica()
    replica.failures = [failure()]
    async with replica.running():
        await replica.until_leading()
    assert replica.sessions == ["begun", "stopped"]


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
        assert replica.elector.session is None
        await replica.until_leading()
