"""The database with the state of the platform, and who is told of what changes in it."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from provisioner.domain.clock import SystemClock
from provisioner.domain.stores import StoreSnapshot
from provisioner.storage.change_log import ChangeLog
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from provisioner.storage.owner_moves import claim
from provisioner.storage.sole_process import sole_process
from provisioner.storage.stores import StoreRepository
from provisioner.storage.token_tree import IssuerTrust
from provisioner.storage.url import DatabaseUrl
from provisioner.streams.broadcaster import AnnounceToAll, Broadcaster
from provisioner.streams.list_stream import ChangeFeed


@dataclass(frozen=True, slots=True)
class State:
    """The records, and who is told of their changes.

    ``followers`` are those of this replica; ``announcer`` is told by whoever writes in it.
    """

    database: Database
    clock: SystemClock
    records: StoreRepository
    broadcaster: Broadcaster
    changes: ChangeFeed
    followers: AnnounceToAll
    announcer: AnnounceToAll


async def opened_state(
    stack: AsyncExitStack, database_url: str, *, connections: int, issuer: IssuerTrust | None
) -> State:
    """Return the state in a database, migrated; one in a file is this process' alone."""
    url = DatabaseUrl.parse(database_url)
    if url.file is not None:
        with url.opening():
            url.make_folder()
            stack.enter_context(sole_process(url.file))
    await migrate(database_url)
    database = await connected(stack, database_url, connections)
    if issuer is not None:
        await claim(database, issuer.source)
    return _state_of(database)


def _state_of(database: Database) -> State:
    async def read_snapshot(store_id: str) -> StoreSnapshot:
        return await records.snapshot(store_id)

    clock = SystemClock()
    broadcaster = Broadcaster(read_snapshot)
    changes = ChangeFeed(ChangeLog(database))
    followers = AnnounceToAll(broadcaster, changes)
    # What several replicas share tells them all of a change, the one that made it included.
    announcer = followers if database.is_sqlite else AnnounceToAll()
    records = StoreRepository(database, clock, announcer)
    return State(database, clock, records, broadcaster, changes, followers, announcer)


async def connected(stack: AsyncExitStack, url: str, connections: int) -> Database:
    """Return a connected database, which is closed with ``stack``."""
    database = Database(url, connections=connections, logs_trouble=True)
    await database.connect()
    stack.push_async_callback(database.close)
    return database
