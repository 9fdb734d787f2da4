"""A database with something in every table, and what a database contains."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from provisioner.domain.backups import Backup, InPlaceRestore, RestoreSource, RestoreStage
from provisioner.domain.clock import SystemClock
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import local
from provisioner.domain.rollouts import RolloutTerms, Turn, TurnStatus
from provisioner.domain.stores import StepName, StepStatus, Store, StoreStatus, StoreTask
from provisioner.domain.transfers import Offer
from provisioner.storage.audit_log import AuditedAction, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.database import Database
from provisioner.storage.quota import Quota
from provisioner.storage.rollouts import Rollouts
from provisioner.storage.sign_in_codes import SignInCodes
from provisioner.storage.sqlalchemy_engine import engine_for
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.storage.tokens import TokenRepository
from provisioner.storage.transfers import Transfers
from provisioner.storage.url import DatabaseUrl
from provisioner.testing import RecordedAnnouncements
from tests.stores import a_pod, a_store

MANY = 1203  # more rows than are moved at a time


async def fill(url: str) -> None:
    """Write something into every table of a migrated database: two stores, many audit entries."""
    database, clock = Database(url), SystemClock()
    await database.connect()
    records = StoreRepository(database, clock, RecordedAnnouncements())
    store = await records.create(a_store(name="my-shop"), idempotency_key="order-1")
    rivals = await records.create(a_store(owner="rival"))
    await restore_in_place(database, rivals)
    await transfer(database, rivals)
    await records.record_pods(store.id, [a_pod("1", message="ünïcode \N{SNOWMAN}")])
    await records.update_step(store, StepName.NAMESPACE, StepStatus.RUNNING, output="a\nb")
    tokens = TokenRepository(database, clock)
    issued = await tokens.issue(local("merchant"), Role.OPERATOR)
    await SignInCodes(database, tokens, clock).create(
        issued.token, lifetime=timedelta(minutes=1), session=timedelta(days=1)
    )
    await ClusterMemory(database, clock).recognise("a cluster's uid")
    audit = AuditLog(database, clock)
    await roll_out(database, audit, store)

    async def entries(transaction: Any) -> None:
        for number in range(1, MANY - 3):  # the rollout and the transfer have four
            await audit.write(transaction, entry(str(number)))
        await transaction.execute("INSERT INTO lease VALUES ('provisioner', 7, 'a replica', 0)")

    await database.transact(entries)
    await database.close()


async def restore_in_place(database: Database, store: Store) -> None:
    """Record a backup of the store, which is READY then, and have it put in the shop's place."""
    clock, announced = SystemClock(), RecordedAnnouncements()
    for status in (StoreStatus.PROVISIONING, StoreStatus.READY):
        store = await StoreRepository(database, clock, announced).transition(store, status)
    tasks = TaskRepository(database, clock, announced)
    begun = await tasks.begin(store.id, StoreTask.BACKUP, "Asked for.")
    made = Backup(
        store_id=store.id, number=begun.operation_number, snapshot="5f0e", size=5_000_000_000,
        added=7, engine="tiny", engine_version="1", counts={"orders": 3}, made_at=clock.now(),
    )  # fmt: skip
    await tasks.succeed(begun, "Done.", backup=made)
    source = RestoreSource(
        store_id=store.id, number=made.number, snapshot=made.snapshot, url=store.url,
        admin_user="ada", counts=made.counts, engine_version=made.engine_version,
    )  # fmt: skip
    restore = InPlaceRestore(source, RestoreStage.SAVING)
    await tasks.begin(store.id, StoreTask.RESTORE, "Asked for.", restore=restore)


async def transfer(database: Database, store: Store) -> None:
    """Give a store to another owner, who offers it to the former one."""
    clock = SystemClock()
    transfers = Transfers(database, clock, RecordedAnnouncements())
    now, bob = clock.now(), local("bob")
    action = AuditedAction(AuditLog(database, clock), entry("0"))
    offer = Offer("bob", "local", None, store.owner, now, now + timedelta(days=7))
    await transfers.offer(store, offer, audit=action)
    await transfers.accept(store.id, Identity(bob, Role.OPERATOR), Quota(), audit=action)
    back = Offer("me@example.com", "local", "me@example.com", bob, now, now + timedelta(days=7))
    await transfers.offer(replace(store, owner=bob), back, audit=action)


async def roll_out(database: Database, audit: AuditLog, store: Store) -> None:
    """Record a rollout in which a store was passed over, and another one waits for its turn."""
    turns = [
        Turn(store_id, name, "1", TurnStatus.PENDING)
        for store_id, name in ((store.id, store.name), ("0" * 32, "gone"))
    ]
    action = AuditedAction(audit, replace(entry("0"), actor=local("merchant")))
    rollouts, rollout_id = Rollouts(database, SystemClock()), "1" * 32
    await rollouts.create(rollout_id, RolloutTerms("tiny", "2"), turns, action)
    await rollouts.skip(rollout_id, store.id, "It is being created.")


def entry(address: str) -> AuditRecord:
    """Return an audit entry."""
    return AuditRecord("createStore", AuditOutcome.ACCEPTED, address)


async def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    engine = engine_for(DatabaseUrl.parse(url))

    def read(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        return {
            name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for name, table in metadata.tables.items()
        }

    async with engine.begin() as connection:
        found = await connection.run_sync(read)
    await engine.dispose()
    return found
