"""Opens the database, and connects it with those who are told of its changes."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from provisioner.domain.clock import SystemClock
from provisioner.domain.instrumentation import Stream
from provisioner.domain.ports import Measurements
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.storage.change_log import ChangeLog
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from provisioner.storage.operation_history import complete_history
from provisioner.storage.owner_moves import claim
from provisioner.storage.rollouts import Rollouts
from provisioner.storage.sole_process import sole_process
from provisioner.storage.stores import StoreRepository
from provisioner.storage.token_tree import IssuerTrust
from provisioner.storage.url import DatabaseUrl
from provisioner.streams.broadcaster import AnnounceToAll, Broadcaster
from provisioner.streams.delays import timed
from provisioner.streams.list_stream import ChangeFeed
from provisioner.streams.rollout_stream import RolloutFeed


@dataclass(frozen=True, slots=True)
class State:
    """The records, and those who are told of their changes.

    ``followers`` are the subscribers of this replica. ``announcer`` is what the writers of this
    replica tell of a change.
    """

    database: Database
    clock: SystemClock
    records: StoreRepository
    broadcaster: Broadcaster
    changes: ChangeFeed
    rollouts: Rollouts
    rollout_feed: RolloutFeed
    followers: AnnounceToAll
    announcer: AnnounceToAll


async def opened_state(
    stack: AsyncExitStack,
    database_url: str,
    measurements: Measurements,
    *,
    connections: int,
    issuer: IssuerTrust | None,
) -> State:
    """Migrate and connect the database, and return the state in it.

    Raises ConfigurationError when another process uses the same SQLite file.
    """
    url = DatabaseUrl.parse(database_url)
    if url.file is not None:
        with url.opening():
            url.make_folder()
            # Before the migration, which must not change the file of a running service.
            stack.enter_context(sole_process(url.file))
    await migrate(database_url)
    database = await connected(stack, database_url, connections)
    await complete_history(database)
    if issuer is not None:
        await claim(database, issuer.source)
    return _state_of(database, measurements)


def _state_of(database: Database, measurements: Measurements) -> State:
    # The records announce to the broadcaster, which reads from the records. So this function looks
    # for the records only when it is called.
    async def read_snapshot(store_id: str) -> StoreSnapshot:
        return await records.snapshot(store_id)

    clock = SystemClock()
    broadcaster = Broadcaster(read_snapshot, timed(Stream.STORE_STATUS, clock, measurements))
    changes = ChangeFeed(ChangeLog(database), timed(Stream.STORES_CHANGED, clock, measurements))
    rollouts = Rollouts(database, clock)
    rollout_feed = RolloutFeed(rollouts.get)
    followers = AnnounceToAll(broadcaster, changes, rollout_feed)
    # On PostgreSQL the database tells every replica of a change, the one that made it too. So the
    # records need not announce it, and followers would otherwise be told twice.
    announcer = followers if database.is_sqlite else AnnounceToAll()
    records = StoreRepository(database, clock, announcer)
    return State(
        database=database,
        clock=clock,
        records=records,
        broadcaster=broadcaster,
        changes=changes,
        rollouts=rollouts,
        rollout_feed=rollout_feed,
        followers=followers,
        announcer=announcer,
    )


async def connected(stack: AsyncExitStack, url: str, connections: int) -> Database:
    """Return a connected database. ``stack`` closes it."""
    database = Database(url, connections=connections, logs_trouble=True)
    await database.connect()
    stack.push_async_callback(database.close)
    return database
