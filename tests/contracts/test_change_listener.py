"""Every change is heard of at every replica, whatever becomes of the notices."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from provisioner.domain import backoff
from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage import change_listener
from provisioner.storage.change_listener import ChangeListener
from provisioner.storage.database import Database
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.conftest import MIGRATED
from tests.postgres import PostgresServer
from tests.stores import a_store

NEVER = 3600.0
LISTENING = "application_name LIKE '%(listening)' AND datname = current_database()"


@pytest.fixture
def url(migrated_postgres: PostgresServer) -> Iterator[str]:
    with migrated_postgres.database(MIGRATED) as name:
        yield migrated_postgres.url(name)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_listener, "LOOK_SECONDS", NEVER)
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.01)


class Replica:
    """A replica that hears of changes: ``heard`` is the latest of each store."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.records = StoreRepository(database, SystemClock(), RecordedAnnouncements())
        self.listener = ChangeListener(database, self._on_changed)
        self.heard: dict[str, Store] = {}
        self._moved = asyncio.Event()

    def _on_changed(self, store: Store) -> None:
        self.heard[store.id] = store
        self._moved.set()

    async def until_heard(self, *stores: Store) -> None:
        wanted = {store.id: store for store in stores}
        async with asyncio.timeout(60):
            while self.heard != wanted:
                await self._moved.wait()
                self._moved.clear()

    async def until_listening(self, backends: int = 1) -> list[int]:
        """Return the processes of PostgreSQL that notify."""
        async with asyncio.timeout(60):
            while True:
                rows = await self.database.read(
                    lambda t: t.fetch_all(
                        f"SELECT pid FROM pg_stat_activity WHERE {LISTENING}"  # noqa: S608
                        " AND query LIKE 'LISTEN%'"
                    )
                )
                if len(rows) == backends:
                    return [row["pid"] for row in rows]
                await asyncio.sleep(0.05)


@asynccontextmanager
async def running(replica: Replica, *, listens: bool = True) -> AsyncIterator[None]:
    await replica.listener.begin()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(replica.listener.read())]
        if listens:
            tasks.append(group.create_task(replica.listener.listen()))
        yield
        for task in tasks:
            task.cancel()


@pytest.fixture
async def replica(url: str) -> AsyncIterator[Replica]:
    database = Database(url)
    await database.connect()
    yield Replica(database)
    await database.close()


@pytest.fixture
async def elsewhere(url: str) -> AsyncIterator[StoreRepository]:
    """The records as another replica writes them."""
    database = Database(url)
    await database.connect()
    yield StoreRepository(database, SystemClock(), RecordedAnnouncements())
    await database.close()


async def test_told_of_what_another_wrote(replica: Replica, elsewhere: StoreRepository) -> None:
    await elsewhere.create(a_store())  # before it listened: that is read, not told
    async with running(replica):
        await replica.until_listening()
        first, second = await elsewhere.create(a_store()), await elsewhere.create(a_store())
        await replica.until_heard(first, second)
        moved = await elsewhere.transition(first, StoreStatus.PROVISIONING)
        mine = await replica.records.create(a_store())
        await replica.until_heard(moved, second, mine)


async def test_its_connection_is_cut(replica: Replica, elsewhere: StoreRepository) -> None:
    async with running(replica):
        (pid,) = await replica.until_listening()
        await replica.database.read(lambda t: t.fetch_all(f"SELECT pg_terminate_backend({pid})"))
        unheard = await elsewhere.create(a_store())
        await replica.until_heard(unheard)  # by the look that a new connection begins with
        assert await replica.until_listening() != [pid]
        told = await elsewhere.create(a_store())
        await replica.until_heard(unheard, told)


async def test_notices_never_come(
    replica: Replica, elsewhere: StoreRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_listener, "LOOK_SECONDS", 0.05)
    async with running(replica, listens=False):
        store = await elsewhere.create(a_store())
        await replica.until_heard(store)


@pytest.mark.parametrize("failure", [DatabaseUnavailableError, RuntimeError])
async def test_reading_fails_for_a_moment(
    replica: Replica,
    elsewhere: StoreRepository,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
) -> None:
    """Whatever it is, foreseen or not: a root task that ended would end the service."""
    failures = [failure(), failure()]
    touched = replica.listener._log.touched

    async def fails_at_first(after: int, *, limit: int) -> tuple[int, list[Store]]:
        if failures:
            raise failures.pop()
        return await touched(after, limit=limit)

    monkeypatch.setattr(change_listener, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(replica.listener._log, "touched", fails_at_first)
    async with running(replica):
        store = await elsewhere.create(a_store())
        await replica.until_heard(store)
    assert failures == []


@pytest.mark.parametrize("failure", [DatabaseUnavailableError, RuntimeError])
async def test_listening_fails_for_a_moment(
    replica: Replica, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    failures, listening = [failure(), failure()], replica.database.listening

    def fails_at_first(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return listening(*arguments)

    monkeypatch.setattr(replica.database, "listening", fails_at_first)
    async with running(replica):
        await replica.until_listening()
    assert failures == []


async def test_more_than_are_read_at_once(
    replica: Replica, elsewhere: StoreRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_listener, "_BATCH", 2)
    await replica.listener.begin()
    stores = [await elsewhere.create(a_store()) for _ in range(5)]
    async with asyncio.TaskGroup() as group:  # nothing is told of them any more, but by listening
        tasks = [
            group.create_task(run()) for run in (replica.listener.listen, replica.listener.read)
        ]
        await replica.until_heard(*stores)
        for task in tasks:
            task.cancel()
