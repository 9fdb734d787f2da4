"""Transactions: no lost update, no lost connection, whatever becomes of who asked for them."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.storage.database import Database, Transaction
from tests.conftest import MIGRATED
from tests.postgres import PostgresServer

_PLENTY_SECONDS = 60


async def add_one(transaction: Transaction) -> None:
    row = await transaction.fetch_one("SELECT version FROM stores WHERE id = 'one'")
    assert row is not None
    await asyncio.sleep(0)
    await transaction.execute(
        "UPDATE stores SET version = :version WHERE id = 'one'", {"version": row["version"] + 1}
    )


async def value(database: Database) -> int:
    row = await database.read(
        lambda transaction: transaction.fetch_one("SELECT version FROM stores WHERE id = 'one'")
    )
    assert row is not None
    return int(row["version"])


@pytest.fixture
async def counter(database: Database) -> Database:
    """A database with a row to count in."""
    statement = (
        "INSERT INTO stores (id, name, owner, engine, engine_version, status, target, namespace,"
        " release, host, url, version, attempt, created_at, updated_at) VALUES"
        " ('one', 'n', 'o', 'e', '1', 'QUEUED', 'READY', 'n', 'r', 'h', 'u', 0, 0, 0, 0)"
    )
    await database.transact(lambda transaction: transaction.execute(statement))
    return database


async def test_fifty_read_modify_writes_at_once(counter: Database) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.lock_store("one")
        await add_one(transaction)

    await asyncio.gather(*(counter.transact(work) for _ in range(50)))
    assert await value(counter) == 50


async def test_an_exception_undoes_everything(counter: Database) -> None:
    async def work(transaction: Transaction) -> None:
        await add_one(transaction)
        raise KeyError

    with pytest.raises(KeyError):
        await counter.transact(work)
    assert await value(counter) == 0


async def test_a_read_changes_nothing(database_url: str, counter: Database) -> None:
    if database_url.startswith("postgresql"):
        with pytest.raises(DatabaseUnavailableError):
            await counter.read(add_one)
        assert await value(counter) == 0


async def test_three_hundred_cancelled_transactions(counter: Database) -> None:
    # When transactions are cancelled at any moment
    dice = random.Random(1)  # noqa: S311
    tasks = []
    for _ in range(300):
        tasks.append(asyncio.create_task(counter.transact(add_one)))
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
        tasks[-1].cancel()
        tasks[dice.randrange(len(tasks))].cancel()
    await asyncio.wait(tasks, timeout=_PLENTY_SECONDS)

    # Then each was done whole or not at all, and the pool serves as before
    before = await value(counter)
    async with asyncio.timeout(_PLENTY_SECONDS):
        for _ in range(20):
            await counter.transact(add_one)
    assert await value(counter) == before + 20


async def test_closed_while_a_cancelled_transaction_is_under_way(database_url: str) -> None:
    database = Database(database_url)
    await database.connect()
    begun, go_on, done = asyncio.Event(), asyncio.Event(), []

    async def work(transaction: Transaction) -> None:
        begun.set()
        await go_on.wait()
        done.append(await transaction.fetch_one("SELECT 1 AS one"))

    task = asyncio.create_task(database.transact(work))
    await begun.wait()
    for _ in range(3):  # the second ends the waiting, not the work
        task.cancel()
        await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    assert task.cancelled()
    assert len(done) == 1


async def test_many_more_at_once_than_there_are_connections(database_url: str) -> None:
    database = Database(database_url, connections=2)
    await database.connect()
    both_connections = asyncio.Barrier(2)  # nobody leaves before a second has come in
    at_once, most = 0, 0

    async def work(transaction: Transaction) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await both_connections.wait()
        await transaction.fetch_one("SELECT 1 AS one")
        at_once -= 1

    await asyncio.gather(*(database.read(work) for _ in range(50)))
    await database.close()
    assert most == 2


class TestPostgresGoesAway:
    """Only a server can be away, or lose a connection in the middle."""

    @pytest.fixture
    def url(self, migrated_postgres: PostgresServer) -> Iterator[str]:
        with migrated_postgres.database(MIGRATED) as name:
            yield migrated_postgres.url(name)

    @pytest.fixture
    async def database(self, url: str) -> Any:
        opened = Database(url, connections=2)
        await opened.connect()
        yield opened
        await opened.close()

    async def test_a_backend_killed_inside_a_transaction(
        self, counter: Database, migrated_postgres: PostgresServer
    ) -> None:
        async def work(transaction: Transaction) -> None:
            await add_one(transaction)
            row = await transaction.fetch_one("SELECT pg_backend_pid() AS pid")
            assert row is not None
            kill = f"SELECT pg_terminate_backend({row['pid']})"
            await asyncio.to_thread(migrated_postgres.execute, kill)
            await add_one(transaction)

        for _ in range(6):  # thrice as often as there are connections
            with pytest.raises(DatabaseUnavailableError, match="does not answer just now"):
                await counter.transact(work)
        async with asyncio.timeout(_PLENTY_SECONDS):
            await asyncio.gather(*(counter.transact(_locked_add) for _ in range(10)))
        assert await value(counter) == 10


async def _locked_add(transaction: Transaction) -> None:
    await transaction.lock_store("one")
    await add_one(transaction)
