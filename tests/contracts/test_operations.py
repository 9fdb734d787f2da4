"""How a store's operations begin, move along with its status, and end; on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Role
from provisioner.domain.operations import Operation, OperationKind, OperationStatus, Request
from provisioner.domain.owners import local
from provisioner.domain.stores import Reason, StepName, StepStatus, Store, StoreStatus
from provisioner.domain.transitions import DELETE_STEPS, PROVISION_STEPS
from provisioner.storage.audit_log import AuditedAction, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.database import Database
from provisioner.storage.operation_history import complete_history
from provisioner.storage.operation_pages import OperationPages, encode_cursor
from provisioner.storage.stores import StoreRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.stores import a_store

_S, _O, _K = StoreStatus, OperationStatus, OperationKind
START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REASON = Reason(ReasonCode.OTHER, "For the test.")
Told = list[tuple[OperationKind, OperationStatus]]


class Shop:
    """A store whose operations are looked at."""

    def __init__(self, database: Database) -> None:
        self.clock = HandClock(START)
        self.records = StoreRepository(database, self.clock, RecordedAnnouncements())
        self.pages = OperationPages(database)
        self.store = a_store(now=START)

    async def create(self) -> None:
        self.store = await self.records.create(self.store)

    async def become(self, *statuses: StoreStatus, begins: OperationKind | None = None) -> Store:
        """Change the status, a second later each time; FAILED is for ``REASON``."""
        for status in statuses:
            self.clock.moment += SECOND
            reason = REASON if status is _S.FAILED else None
            self.store = await self.records.transition(
                self.store, status, reason=reason, begins=begins
            )
        return self.store

    async def delete(self) -> None:
        self.clock.moment += SECOND
        self.store = await self.records.request_delete(self.store.id, "Deleted.")

    async def all(self) -> Sequence[Operation]:
        page = await self.pages.page(self.store.id, first=100, after=None)
        return [item.operation for item in page.items]

    async def told(self) -> Told:
        return [(operation.kind, operation.status) for operation in await self.all()]


@pytest.fixture
async def shop(database: Database) -> Shop:
    made = Shop(database)
    await made.create()
    return made


async def test_a_store_begins_with_the_operation_that_creates_it(shop: Shop) -> None:
    (item,) = (await shop.pages.page(shop.store.id, first=1, after=None)).items
    assert item.operation == Operation(
        store_id=shop.store.id, number=1, kind=_K.CREATE, status=_O.QUEUED, request=Request(),
        reason=None, queued_at=START, started_at=None, finished_at=None,
    )  # fmt: skip
    assert [step.name for step in item.steps] == list(PROVISION_STEPS)
    snapshot = await shop.records.snapshot(shop.store.id)
    assert (snapshot.operation, snapshot.steps) == (item.operation, item.steps)


async def test_it_moves_along_with_the_store(shop: Shop) -> None:
    await shop.become(_S.PROVISIONING)
    (running,) = await shop.all()
    assert (running.status, running.started_at) == (_O.RUNNING, START + SECOND)
    assert running.finished_at is None
    await shop.become(_S.READY)
    (done,) = await shop.all()
    assert (done.status, done.started_at) == (_O.SUCCEEDED, START + SECOND)
    assert done.finished_at == START + 2 * SECOND
    # What becomes of the store later is no part of it
    await shop.become(_S.DEGRADED, _S.FAILED)
    assert await shop.all() == [done]


async def test_a_failure_keeps_its_reason_when_it_is_tried_again(shop: Shop) -> None:
    await shop.become(_S.PROVISIONING, _S.FAILED)
    await shop.become(_S.QUEUED, begins=_K.RETRY)
    retry, failed = await shop.all()
    assert (failed.status, failed.reason) == (_O.FAILED, REASON)
    assert failed.finished_at == START + 2 * SECOND
    assert (retry.number, retry.kind, retry.status) == (2, _K.RETRY, _O.QUEUED)
    assert retry.reason is None
    assert shop.store.operation_started_at is None
    await shop.become(_S.PROVISIONING, _S.READY)
    assert await shop.told() == [(_K.RETRY, _O.SUCCEEDED), (_K.CREATE, _O.FAILED)]


@pytest.mark.parametrize("statuses", [(), (_S.PROVISIONING,)], ids=["queued", "running"])
async def test_a_delete_takes_the_place_of_what_is_under_way(
    shop: Shop, statuses: Sequence[StoreStatus]
) -> None:
    building = await shop.become(*statuses)
    await shop.records.update_step(building, StepName.NAMESPACE, StepStatus.RUNNING)
    await shop.delete()
    assert await shop.told() == [(_K.DELETE, _O.QUEUED), (_K.CREATE, _O.CANCELLED)]
    delete, create = (await shop.pages.page(building.id, first=2, after=None)).items
    assert {step.status for step in create.steps} == {StepStatus.SKIPPED}
    assert [(step.name, step.status) for step in delete.steps] == [
        (name, StepStatus.PENDING) for name in DELETE_STEPS
    ]
    # The worker that was at it may still record how it ended: that is not the delete's end
    if statuses:
        await shop.become(_S.FAILED)
        assert await shop.told() == [(_K.DELETE, _O.QUEUED), (_K.CREATE, _O.CANCELLED)]
    await shop.become(_S.DELETING, _S.DELETED)
    assert await shop.told() == [(_K.DELETE, _O.SUCCEEDED), (_K.CREATE, _O.CANCELLED)]


async def test_a_late_delete_stays_under_way_and_says_why(shop: Shop) -> None:
    await shop.become(_S.PROVISIONING, _S.READY)
    await shop.delete()
    await shop.become(_S.DELETING, _S.FAILED)
    late, _ = await shop.all()
    assert (late.status, late.reason, late.finished_at) == (_O.RUNNING, REASON, None)
    # Asked for again, it is another operation
    await shop.become(_S.QUEUED, begins=_K.DELETE)
    assert (await shop.told())[:2] == [(_K.DELETE, _O.QUEUED), (_K.DELETE, _O.CANCELLED)]
    await shop.become(_S.DELETING, _S.DELETED)
    again, before, _ = await shop.all()
    assert (again.status, again.reason) == (_O.SUCCEEDED, None)
    assert before.reason == REASON


async def test_to_ask_again_for_a_delete_begins_nothing(shop: Shop) -> None:
    await shop.delete()
    first = await shop.all()
    await shop.delete()
    assert await shop.all() == first


async def test_only_one_can_be_under_way(shop: Shop, database: Database) -> None:
    # Given a store that has failed and is to be deleted, which nobody has begun with yet
    failed = await shop.become(_S.PROVISIONING, _S.FAILED)
    await shop.delete()
    before = await shop.records.snapshot(failed.id)
    # When somebody who has not seen that retries it
    with pytest.raises(RefusedError) as refused:
        await shop.records.transition(failed, _S.QUEUED, begins=_K.RETRY)
    # Then they are told what is under way, and nothing has changed
    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.field) == ("OPERATION_UNDER_WAY", "id")
    assert "being deleted (DELETE)" in refusal.message
    assert await shop.records.snapshot(failed.id) == before
    # And the database itself keeps a second one out
    insert = (
        "INSERT INTO operations (store_id, number, kind, status, asked_by_name, parameters,"
        " queued_at) VALUES (:id, 9, 'RETRY', 'QUEUED', '', '{}', 0)"
    )
    with pytest.raises(Exception, match=r"(?i)unique"):
        await database.transact(lambda transaction: transaction.execute(insert, {"id": failed.id}))


async def test_of_many_retries_at_once_one_begins(shop: Shop) -> None:
    failed = await shop.become(_S.PROVISIONING, _S.FAILED)
    await asyncio.gather(
        *(shop.records.transition(failed, _S.QUEUED, begins=_K.RETRY) for _ in range(8)),
        return_exceptions=True,
    )
    assert await shop.told() == [(_K.RETRY, _O.QUEUED), (_K.CREATE, _O.FAILED)]


async def test_it_says_who_asked(database: Database) -> None:
    shop = Shop(database)
    log = AuditLog(database, shop.clock)
    record = AuditRecord(
        action="createStore", outcome=AuditOutcome.ACCEPTED, address="192.0.2.1",
        actor=local("merchant"), role=Role.OPERATOR, arguments='{"name": "my-shop"}',
        token_id="t1",
    )  # fmt: skip
    await shop.records.create(shop.store, audit=AuditedAction(log, record))
    (operation,) = await shop.all()
    assert operation.request == Request(local("merchant"), "t1", '{"name": "my-shop"}')


async def test_pages(shop: Shop) -> None:
    await shop.become(_S.PROVISIONING, _S.FAILED)
    for _ in range(3):
        await shop.become(_S.QUEUED, begins=_K.RETRY)
        await shop.become(_S.PROVISIONING, _S.FAILED)
    first = await shop.pages.page(shop.store.id, first=3, after=None)
    assert [item.operation.number for item in first.items] == [4, 3, 2]
    assert first.has_next
    after = encode_cursor(first.items[-1])
    rest = await shop.pages.page(shop.store.id, first=3, after=after)
    assert [item.operation.number for item in rest.items] == [1]
    assert not rest.has_next
    assert all(len(item.steps) == len(PROVISION_STEPS) for item in (*first.items, *rest.items))
    with pytest.raises(RefusedError) as refused:
        await shop.pages.page(a_store().id, first=3, after=after)
    assert refused.value.refusals[0].code == "CURSOR_INVALID"


async def test_one_by_its_number(shop: Shop) -> None:
    await shop.delete()
    found = await shop.pages.get(shop.store.id, 1)
    assert found is not None
    assert found.operation.kind is _K.CREATE
    for number in (0, 3):
        assert await shop.pages.get(shop.store.id, number) is None


async def test_they_go_with_the_record_of_their_store(shop: Shop) -> None:
    await shop.delete()
    await shop.become(_S.DELETING, _S.DELETED)
    assert await shop.records.purge(START + timedelta(days=1), limit=10) == 1
    assert await shop.all() == []


# What replicas of an older version did ------------------------------------------------------------


async def forget(database: Database, *, least: int = 1) -> None:
    """Remove the operations from a number on: an older version records none."""
    await database.transact(
        lambda transaction: transaction.execute(
            "DELETE FROM operations WHERE number >= :least", {"least": least}
        )
    )


LIVES: dict[str, tuple[Sequence[StoreStatus], Told]] = {
    "queued": ((), [(_K.CREATE, _O.QUEUED)]),
    "building": ((_S.PROVISIONING,), [(_K.CREATE, _O.RUNNING)]),
    "ready": ((_S.PROVISIONING, _S.READY), [(_K.CREATE, _O.SUCCEEDED)]),
    "lost": ((_S.PROVISIONING, _S.READY, _S.FAILED), [(_K.CREATE, _O.SUCCEEDED)]),
    "failed": ((_S.PROVISIONING, _S.FAILED), [(_K.CREATE, _O.FAILED)]),
    "tried again": (
        (_S.PROVISIONING, _S.FAILED, _S.QUEUED, _S.PROVISIONING, _S.READY),
        [(_K.RETRY, _O.SUCCEEDED), (_K.CREATE, _O.FAILED)],
    ),
    "going": (
        (_S.PROVISIONING, _S.READY, _S.DELETING),
        [(_K.DELETE, _O.RUNNING), (_K.CREATE, _O.SUCCEEDED)],
    ),
    "interrupted": (
        (_S.PROVISIONING, _S.DELETING), [(_K.DELETE, _O.RUNNING), (_K.CREATE, _O.CANCELLED)],
    ),
    "late": (
        (_S.PROVISIONING, _S.READY, _S.DELETING, _S.FAILED),
        [(_K.DELETE, _O.RUNNING), (_K.CREATE, _O.SUCCEEDED)],
    ),
    "gone": (
        (_S.PROVISIONING, _S.READY, _S.DELETING, _S.DELETED),
        [(_K.DELETE, _O.SUCCEEDED), (_K.CREATE, _O.SUCCEEDED)],
    ),
}  # fmt: skip


async def live(shop: Shop, statuses: Sequence[StoreStatus]) -> None:
    """Have the store become each status, with the steps that lead there."""
    for status in statuses:
        if status is _S.DELETING:
            await shop.delete()
        begins = _K.RETRY if status is _S.QUEUED else None
        if status in {_S.READY, _S.FAILED, _S.DELETED} and shop.store.status is not _S.READY:
            await do_steps(shop, is_failing=status is _S.FAILED)
        await shop.become(status, begins=begins)
        if status in {_S.PROVISIONING, _S.DELETING}:
            (first, *_) = (await shop.records.snapshot(shop.store.id)).steps
            await shop.records.update_step(shop.store, first.name, StepStatus.RUNNING)


async def do_steps(shop: Shop, *, is_failing: bool) -> None:
    steps = (await shop.records.snapshot(shop.store.id)).steps
    for step in steps[:1] if is_failing else steps:
        ended = StepStatus.FAILED if is_failing else StepStatus.SUCCEEDED
        await shop.records.update_step(shop.store, step.name, ended)


@pytest.mark.parametrize("life", LIVES)
async def test_what_an_older_version_did_is_told_from_its_steps(
    shop: Shop, database: Database, life: str
) -> None:
    statuses, expected = LIVES[life]
    await live(shop, statuses)
    recorded = await shop.all()
    assert [(item.kind, item.status) for item in recorded] == expected
    await forget(database)
    assert (await shop.records.snapshot(shop.store.id)).operation is None
    for _ in range(2):  # and the second time there is nothing to add
        await complete_history(database)
        told = await shop.all()
        assert [(item.kind, item.status) for item in told] == expected
        assert [item.reason for item in told][:1] == [item.reason for item in recorded][:1]
        assert [item.finished_at is None for item in told] == [
            item.finished_at is None for item in recorded
        ]


async def test_what_work_of_an_older_version_followed_is_ended(
    shop: Shop, database: Database
) -> None:
    # Given a creation that this version began, and a delete that the older one did not record
    create = (await shop.all())[0]
    await live(shop, (_S.PROVISIONING, _S.DELETING))
    await forget(database)
    await database.transact(
        lambda transaction: transaction.execute(
            "INSERT INTO operations (store_id, number, kind, status, asked_by_name, parameters,"
            " queued_at) VALUES (:id, 1, 'CREATE', 'RUNNING', '', '{}', 0)",
            {"id": create.store_id},
        )
    )
    # When a replica of this version leads again
    await complete_history(database)
    # Then the delete is what is under way
    assert await shop.told() == [(_K.DELETE, _O.RUNNING), (_K.CREATE, _O.CANCELLED)]


async def test_work_on_without_a_record_does_no_harm(shop: Shop, database: Database) -> None:
    await forget(database)
    await shop.become(_S.PROVISIONING, _S.READY)
    assert await shop.all() == []
    await shop.delete()
    await shop.become(_S.DELETING, _S.DELETED)
    assert await shop.told() == [(_K.DELETE, _O.SUCCEEDED)]
