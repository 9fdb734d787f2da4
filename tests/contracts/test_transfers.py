"""Offers of stores to other owners, as they are recorded; on both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.domain.backups import RestoreSource
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, NotFoundError, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.operations import OperationStatus
from provisioner.domain.owners import Owner, local
from provisioner.domain.stores import EventKind, Store, StoreStatus, StoreTask
from provisioner.domain.transfers import OFFER_LASTS, Offer
from provisioner.reconcile.offer_ends import OfferEnds
from provisioner.storage.audit_log import (
    AuditedAction,
    AuditFilter,
    AuditLog,
    AuditOutcome,
    AuditRecord,
)
from provisioner.storage.change_log import ChangeLog
from provisioner.storage.database import Database
from provisioner.storage.quota import Quota
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.storage.transfers import Transfers
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.contracts.restored_shop import Read
from tests.stores import a_store

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ISSUER = "https://issuer.example"
ADA = Identity(local("ada"), Role.OPERATOR)
BOB = Identity(local("bob"), Role.OPERATOR)
ANN = Identity(
    Owner(ISSUER, "00u1", "ann"), Role.OPERATOR, email="Ann@example.com", is_email_proven=True
)
UNLIMITED = Quota()


class World:
    """A database with a store of ada's."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        self.announced = RecordedAnnouncements()
        self.records = StoreRepository(database, self.clock, self.announced)
        self.tasks = TaskRepository(database, self.clock, self.announced)
        self.transfers = Transfers(database, self.clock, self.announced)
        self.log = AuditLog(database, self.clock)
        self.changes = ChangeLog(database)
        self.store = replace(a_store(name="the-shop", owner="ada", now=START))

    async def create(self, store: Store, key: str | None = None) -> Store:
        return await self.records.create(store, idempotency_key=key)

    async def copy_of(self, source: Store, owner: str = "ada") -> Store:
        backup = (
            "INSERT INTO backups (store_id, number, snapshot, size, added, engine, engine_version,"
            " counts, made_at) VALUES (:id, 2, '5f0e', 1, 1, 'tiny', '1', '{}', 0)"
            " ON CONFLICT DO NOTHING"
        )
        await self.database.transact(lambda t: t.execute(backup, {"id": source.id}))
        made = RestoreSource(
            store_id=source.id, number=2, snapshot="5f0e", url=source.url, admin_user="ada",
            counts={}, engine_version="1",
        )  # fmt: skip
        return await self.create(replace(a_store(owner=owner), from_backup=made, is_copy=True))

    def action(self, name: str = "acceptTransfer") -> AuditedAction:
        record = AuditRecord(name, AuditOutcome.ACCEPTED, "::1", store_id=self.store.id)
        return AuditedAction(self.log, record)

    async def offer(self, to: str = "bob", *, source: str = "local") -> Store:
        offer = Offer(
            to=to, to_source=source, to_email=to.lower() if "@" in to else None, by=ADA.owner,
            offered_at=self.clock.now(), ends_at=self.clock.now() + OFFER_LASTS,
        )  # fmt: skip
        return await self.transfers.offer(self.store, offer, audit=self.action("transferStore"))

    async def accept(self, taker: Identity = BOB, quota: Quota = UNLIMITED) -> Store:
        return await self.transfers.accept(self.store.id, taker, quota, audit=self.action())

    async def told(self, store: Store | None = None) -> list[tuple[str, str, str]]:
        """Return the events of transfers."""
        events = await self.records.events_after((store or self.store).id, 0, limit=50)
        return [
            (item.subject, item.status, item.message)
            for item in events
            if item.kind is EventKind.TRANSFER
        ]

    async def actions(self) -> list[str]:
        page = await self.log.page(first=50, after=None, filter_by=AuditFilter())
        return [entry.record.action for entry in page.items][::-1]


@pytest.fixture
async def world(database: Database) -> World:
    made = World(database)
    await made.create(made.store, key="once")
    return made


async def test_a_store_that_is_offered_and_accepted(world: World) -> None:
    before = await world.records.get(world.store.id)
    offered = await world.offer()
    assert offered == replace(
        before,
        version=before.version + 1,
        offer=Offer("bob", "local", None, ADA.owner, START, START + OFFER_LASTS),
    )
    assert await world.transfers.offered(BOB) == [offered]
    for other in (ADA, ANN, Identity(Owner(ISSUER, "bob"), Role.ADMIN)):
        assert await world.transfers.offered(other) == []
    taken = await world.accept()
    assert taken == replace(before, owner=BOB.owner, version=before.version + 2)
    assert await world.transfers.offered(BOB) == []
    assert await world.told() == [
        ("owner", "OFFERED", "ada offered the store to bob, until 2026-06-08 12:00 UTC."),
        ("owner", "ACCEPTED", "bob accepted the store, and is its owner now."),
    ]
    assert await world.actions() == ["transferStore", "acceptTransfer"]
    assert world.announced.store_ids[-2:] == [taken.id] * 2


async def test_a_key_of_the_former_owner_means_nothing_to_the_new_one(world: World) -> None:
    await world.offer()
    await world.accept()
    for owner in ("ada", "bob"):
        made = await world.create(a_store(owner=owner), key="once")
        assert made.id != world.store.id


@pytest.mark.parametrize(
    ("to", "source", "taker"),
    [
        ("ann@EXAMPLE.com", "local", ANN),
        ("00u1", ISSUER, ANN),
        ("bob", "local", BOB),
    ],
)
async def test_takers_by_name_and_by_a_proven_address(
    world: World, to: str, source: str, taker: Identity
) -> None:
    offered = await world.offer(to, source=source)
    assert await world.transfers.offered(taker) == [offered]
    assert (await world.accept(taker)).owner == taker.owner


@pytest.mark.parametrize(
    "stranger",
    [
        replace(ANN, is_email_proven=False),  # the issuer does not say that it is theirs
        replace(ANN, email=None),
        replace(ANN, email="other@example.com"),
        ADA,
        BOB,
    ],
)
async def test_nobody_else_accepts_or_declines(
    world: World, recorded: Read, stranger: Identity
) -> None:
    await world.offer("ann@example.com")
    before = await recorded()
    assert await world.transfers.offered(stranger) == []
    with pytest.raises(NotFoundError):
        await world.accept(stranger)
    with pytest.raises(NotFoundError):
        await world.transfers.decline(world.store.id, stranger, audit=world.action())
    assert await recorded() == before


async def test_one_offer_at_a_time(world: World, recorded: Read) -> None:
    await world.offer("nobody-of-that-name")
    before = await recorded()
    with pytest.raises(ConflictError):
        await world.offer()
    assert await recorded() == before


async def test_an_offer_that_was_declined_or_withdrawn(world: World, recorded: Read) -> None:
    await world.offer()
    declined = await world.transfers.decline(world.store.id, BOB, audit=world.action())
    assert declined.offer is not None
    assert (await world.records.get(world.store.id)).offer is None
    await world.offer()
    gone = await world.transfers.withdraw(
        world.store, "ada withdrew the offer.", audit=world.action()
    )
    assert (gone.offer, gone.owner) == (None, ADA.owner)
    assert [status for _, status, _ in await world.told()] == [
        "OFFERED", "DECLINED", "OFFERED", "WITHDRAWN",
    ]  # fmt: skip
    before = await recorded()
    with pytest.raises(NotFoundError):
        await world.accept()
    with pytest.raises(ConflictError):
        await world.transfers.withdraw(world.store, "", audit=world.action())
    assert await recorded() == before


async def test_an_offer_ends_at_its_time(world: World, recorded: Read) -> None:
    await world.offer()
    ends = OfferEnds(world.transfers)
    world.clock.moment += OFFER_LASTS - timedelta(seconds=1)
    before = await recorded()
    await ends.end_all()
    assert await recorded() == before
    world.clock.moment += timedelta(seconds=1)
    assert await world.transfers.offered(BOB) == []
    for answer in (world.accept(), world.transfers.decline(world.store.id, BOB, audit=_none())):
        with pytest.raises(NotFoundError):
            await answer
    assert await recorded() == before
    await ends.end_all()
    assert (await world.records.get(world.store.id)).offer is None
    assert (await world.told())[1:] == [
        ("owner", "EXPIRED", "The offer of the store to bob has run out.")
    ]
    after = await recorded()
    await ends.end_all()
    assert await recorded() == after


def _none() -> Any:
    """Return an action that is not recorded."""
    return None


async def test_an_offer_that_has_run_out_makes_room_for_another(world: World) -> None:
    await world.offer()
    world.clock.moment += OFFER_LASTS
    assert (await world.offer("ann@example.com")).offer is not None
    assert (await world.accept(ANN)).owner == ANN.owner


async def test_a_store_that_is_being_deleted(world: World, recorded: Read) -> None:
    await world.offer()
    deleting = await world.records.request_delete(world.store.id, "Asked for.")
    assert deleting.offer is None
    before = await recorded()
    assert await world.transfers.offered(BOB) == []
    with pytest.raises(NotFoundError):
        await world.accept()
    with pytest.raises(ConflictError):
        await world.offer()
    assert await recorded() == before


async def test_copies_go_with_the_store_and_nothing_else(world: World) -> None:
    copy = await world.copy_of(world.store)
    copy_of_copy = await world.copy_of(copy)
    others = [await world.create(a_store(owner="ada")), await world.copy_of(world.store, "rival")]
    others.append(await world.copy_of(others[0]))
    going = await world.copy_of(world.store)
    await world.records.request_delete(going.id, "Asked for.")
    await world.offer()
    await world.accept()
    for moved in (copy, copy_of_copy):
        assert (await world.records.get(moved.id)).owner == BOB.owner
        assert [status for _, status, _ in await world.told(moved)] == ["ACCEPTED"]
    for left in (*others, going):
        assert (await world.records.get(left.id)).owner == left.owner
        assert await world.told(left) == []


@pytest.mark.parametrize("copies", [0, 1])
async def test_a_quota_without_a_place(world: World, recorded: Read, copies: int) -> None:
    await world.create(a_store(owner="bob"))
    for _ in range(copies):
        await world.copy_of(world.store)
    await world.offer()
    before = await recorded()
    with pytest.raises(RefusedError) as refused:
        await world.accept(quota=Quota(in_all=0, per_owner=1 + copies))
    (refusal,) = refused.value.refusals
    what = "this one with its copy" if copies else "one more"
    assert (refusal.code, refusal.message) == (
        RefusalCode.USER_QUOTA_REACHED,
        (
            f"You have 1 stores, and may have {1 + copies}, so there is no place for {what}. Delete"
            " what you no longer need, or ask an operator for more (max_stores_per_user). The offer"
            " stays open."
        ),
    )
    assert await recorded() == before
    # The platform's own quota counts the store already.
    await world.accept(quota=Quota(in_all=0, per_owner=2 + copies))


async def test_two_acceptances_at_once(world: World) -> None:
    await world.offer("bob@example.com")
    mail = {"email": "bob@example.com", "is_email_proven": True}
    takers = [Identity(Owner(ISSUER, f"00u{n}"), Role.OPERATOR, **mail) for n in range(4)]  # type: ignore[arg-type]
    answers = await asyncio.gather(
        *(world.accept(taker) for taker in takers), return_exceptions=True
    )
    (taken,) = [answer for answer in answers if isinstance(answer, Store)]
    assert [type(answer) for answer in answers].count(NotFoundError) == 3
    assert (await world.records.get(world.store.id)).owner == taken.owner
    assert [status for _, status, _ in await world.told()] == ["OFFERED", "ACCEPTED"]


async def test_one_place_for_two_offers(world: World) -> None:
    other = World.__new__(World)
    other.__dict__.update(world.__dict__)
    other.store = await world.create(a_store(owner="ada"))
    await world.offer()
    await other.offer()
    quota = Quota(per_owner=1)
    answers = await asyncio.gather(
        world.accept(quota=quota), other.accept(quota=quota), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["RefusedError", "Store"]
    assert (await world.records.usage(BOB.owner, quota)).used == 1


async def test_accepted_while_it_is_withdrawn(world: World) -> None:
    await world.offer()
    answers = await asyncio.gather(
        world.accept(),
        world.transfers.withdraw(world.store, "Withdrawn.", audit=world.action()),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Store) for answer in answers) == 1
    store = await world.records.get(world.store.id)
    is_taken = isinstance(answers[0], Store)
    assert (store.owner, store.offer) == ((BOB if is_taken else ADA).owner, None)
    assert (await world.told())[1][1] == ("ACCEPTED" if is_taken else "WITHDRAWN")


async def test_accepted_while_it_is_deleted(world: World) -> None:
    await world.offer()
    answers = await asyncio.gather(
        world.accept(),
        world.records.request_delete(world.store.id, "Asked for."),
        return_exceptions=True,
    )
    assert isinstance(answers[1], Store)
    assert isinstance(answers[0], Store | NotFoundError)
    store = await world.records.get(world.store.id)
    assert (store.target.value, store.offer) == ("DELETED", None)


async def test_a_task_goes_on_under_the_new_owner(world: World) -> None:
    for status in (StoreStatus.PROVISIONING, StoreStatus.READY):
        now = await world.records.get(world.store.id)
        await world.records.transition(now, status)
    begun = await world.tasks.begin(world.store.id, StoreTask.SUSPEND, "Asked for.")
    await world.offer()
    await world.accept()
    await world.tasks.start(begun)
    paused = await world.tasks.suspend(begun, "It is paused.")
    assert (paused.status, paused.owner) == (StoreStatus.SUSPENDED, BOB.owner)
    snapshot = await world.records.snapshot(world.store.id)
    assert snapshot.operation is not None
    assert snapshot.operation.status is OperationStatus.SUCCEEDED


async def test_a_paused_store_needs_no_place_where_none_is_counted(world: World) -> None:
    for status in (StoreStatus.PROVISIONING, StoreStatus.READY):
        now = await world.records.get(world.store.id)
        await world.records.transition(now, status)
    begun = await world.tasks.begin(world.store.id, StoreTask.SUSPEND, "Asked for.")
    await world.tasks.start(begun)
    await world.tasks.suspend(begun, "It is paused.")
    await world.offer()
    taken = await world.accept(quota=Quota(per_owner=0, counts_suspended=False))
    assert (taken.status, taken.owner) == (StoreStatus.SUSPENDED, BOB.owner)


async def test_a_store_that_comes_back(world: World, database: Database) -> None:
    counter = await world.changes.counter()
    await world.offer()
    await world.accept()
    back = replace(world.store, owner=BOB.owner)
    offer = Offer("ada", "local", None, BOB.owner, START, START + OFFER_LASTS)
    await world.transfers.offer(back, offer, audit=world.action())
    assert (await world.accept(ADA)).owner == ADA.owner
    rows = await database.read(lambda t: t.fetch_all("SELECT owner FROM former_owners"))
    assert [row["owner"] for row in rows] == ["bob"]
    _, page = await world.changes.page(counter.latest, owner=ADA.owner, limit=9)
    assert [change.snapshot is None for change in page.changes] == [False]
    _, page = await world.changes.page(counter.latest, owner=BOB.owner, limit=9)
    assert [change.snapshot is None for change in page.changes] == [True]


async def test_a_purged_store_leaves_nothing_behind(world: World, database: Database) -> None:
    await world.offer()
    await world.accept()
    store = await world.records.request_delete(world.store.id, "Asked for.")
    for status in (StoreStatus.DELETING, StoreStatus.DELETED):
        store = await world.records.transition(store, status)
    assert await world.records.purge(START + timedelta(days=1), limit=9) == 1
    for table in ("stores", "former_owners"):
        assert await database.read(lambda t: t.fetch_all(f"SELECT * FROM {table}")) == []  # noqa: B023, S608
