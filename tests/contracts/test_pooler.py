"""PostgreSQL behind PgBouncer in transaction mode, where nothing outlasts a transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.stores import Store
from provisioner.leadership.lease import Lease
from provisioner.storage.change_listener import ChangeListener
from provisioner.storage.copying import copy_database
from provisioner.storage.database import Database, Transaction
from provisioner.storage.migrations import migrate
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests import pgbouncer
from tests.postgres import PostgresServer
from tests.stores import a_store

MANY = 50
PLENTY_SECONDS = 60


@pytest.fixture(scope="module")
def pooler_port(postgres: PostgresServer) -> Iterator[int]:
    executable = pgbouncer.program()
    if executable is None:
        pytest.skip("There is no pgbouncer here, and only root on Debian can install it.")
    with pgbouncer.pooler(executable, postgres) as port:
        yield port


@pytest.fixture
def url(postgres: PostgresServer, pooler_port: int) -> Iterator[str]:
    """The URL of an empty database, by way of the pooler."""
    with postgres.database() as name:
        yield postgres.url(name).replace(f":{postgres.port}/", f":{pooler_port}/")


@pytest.fixture
async def databases(url: str) -> AsyncIterator[list[Database]]:
    """Several replicas' databases, all migrated at once."""
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    made = [Database(url, connections=8) for _ in range(3)]
    for database in made:
        await database.connect()
    yield made
    for database in made:
        await database.close()


async def test_many_statements_of_many_at_once(databases: list[Database]) -> None:
    """More transactions than the server has connections, each with the same statements."""

    async def add_one(transaction: Transaction) -> None:
        await transaction.lock("counter")
        row = await transaction.fetch_one("SELECT latest FROM change_counter")
        assert row is not None
        await transaction.execute(
            "UPDATE change_counter SET latest = :latest", {"latest": row["latest"] + 1}
        )

    async with asyncio.timeout(PLENTY_SECONDS):
        await asyncio.gather(*(databases[number % 3].transact(add_one) for number in range(MANY)))
    row = await databases[0].read(lambda t: t.fetch_one("SELECT latest FROM change_counter"))
    assert row is not None
    assert row["latest"] == MANY


async def test_its_settings_hold_in_each_transaction(databases: list[Database]) -> None:
    async def settings(transaction: Transaction) -> list[object]:
        names = ("jit", "idle_in_transaction_session_timeout", "transaction_isolation")
        rows = [await transaction.fetch_one(f"SHOW {name}") for name in names]
        return [next(iter(row.values())) for row in rows if row is not None]

    assert await databases[0].transact(settings) == ["off", "10s", "read committed"]
    assert await databases[0].read(settings) == ["off", "10s", "repeatable read"]


async def test_every_change_is_heard_of(databases: list[Database]) -> None:
    """Nobody is notified there: it is looked for."""
    here, elsewhere, _ = databases
    heard: asyncio.Queue[Store] = asyncio.Queue()
    listener = ChangeListener(here, heard.put_nowait)
    await listener.begin()
    assert not here.can_notify
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run()) for run in (listener.listen, listener.read)]
        records = StoreRepository(elsewhere, SystemClock(), RecordedAnnouncements())
        store = await records.create(a_store())
        async with asyncio.timeout(PLENTY_SECONDS):
            assert (await heard.get()).id == store.id
        for task in tasks:
            task.cancel()


async def test_one_leads(databases: list[Database]) -> None:
    leases = [Lease(database, holder=str(n), seconds=600) for n, database in enumerate(databases)]
    grants = [await lease.take() for lease in leases]
    assert [grant is not None for grant in grants] == [True, False, False]
    assert grants[0] is not None
    assert (await leases[0].renew(grants[0], within_seconds=PLENTY_SECONDS)).epoch == 1


async def test_copied_into(url: str, migrated_file: object) -> None:
    copied = await copy_database(f"sqlite:///{migrated_file}", url)
    assert copied["change_counter"] == 1
