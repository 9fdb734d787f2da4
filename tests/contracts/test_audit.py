"""Audit entries: with their change or not at all, never altered, and bounded for the unknown."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Role
from provisioner.domain.owners import Owner, local
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage.audit_log import (
    SIGN_IN,
    AuditedAction,
    AuditEntry,
    AuditFilter,
    AuditLog,
    AuditOutcome,
    AuditRecord,
)
from provisioner.storage.capped_audit import IN_FULL, MANY, CappedAudit
from provisioner.storage.database import Database, Transaction
from provisioner.storage.owner_moves import move
from provisioner.storage.paging import encode_key
from provisioner.storage.sign_in_codes import SignInCodes
from provisioner.storage.stores import StoreRepository
from provisioner.storage.token_tree import AccessToken
from provisioner.storage.tokens import TokenRepository
from provisioner.testing import HandClock, RecordedAnnouncements
from tests.stores import a_store

RECORD = AuditRecord("createToken", AuditOutcome.ACCEPTED, "192.0.2.1", local("root"), Role.ADMIN)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def audit(database: Database, clock: HandClock) -> AuditLog:
    return AuditLog(database, clock)


async def entries(audit: AuditLog, **wanted: object) -> list[AuditEntry]:
    filter_by = AuditFilter(**wanted)  # type: ignore[arg-type] # whatever the test filters by
    return list((await audit.page(first=100, after=None, filter_by=filter_by)).items)


class LogThatFails(AuditLog):
    """An audit log in which nothing more can be written."""

    async def write(self, transaction: Transaction, record: AuditRecord) -> None:  # noqa: ARG002
        raise RuntimeError("no room")


@dataclass(frozen=True, slots=True)
class Records:
    """What can be changed with an entry, on one database, and whom and what a test changes."""

    stores: StoreRepository
    tokens: TokenRepository
    codes: SignInCodes
    database: Database
    store: Store
    token: AccessToken
    code: str

    async def everything(self) -> list[tuple[object, ...]]:
        """Return every row that a change could touch."""

        async def work(transaction: Transaction) -> list[tuple[object, ...]]:
            tables = ("stores", "events", "steps", "tokens", "sign_in_codes", "audit")
            rows = [await transaction.fetch_all(f"SELECT * FROM {name}") for name in tables]  # noqa: S608
            return [tuple(row.values()) for found in rows for row in found]

        return await self.database.read(work)


@pytest.fixture
async def records(database: Database, clock: HandClock) -> Records:
    stores = StoreRepository(database, clock, RecordedAnnouncements())
    tokens = TokenRepository(database, clock)
    codes = SignInCodes(database, tokens, clock)
    token = (await tokens.issue(local("merchant"), Role.OPERATOR)).token
    code = await codes.create(token, lifetime=timedelta(hours=1), session=timedelta(days=1))
    store = await stores.create(a_store())
    return Records(stores, tokens, codes, database, store, token, code)


Change = Callable[[Records, AuditedAction], Awaitable[object]]
CHANGES: dict[str, Change] = {
    "create": lambda on, audit: on.stores.create(a_store(name="another-shop"), audit=audit),
    "delete": lambda on, audit: on.stores.request_delete(on.store.id, "", audit=audit),
    "transition": lambda on, audit: on.stores.transition(
        on.store, StoreStatus.PROVISIONING, audit=audit
    ),
    "issue": lambda on, audit: on.tokens.issue(local("merchant"), Role.VIEWER, audit=audit),
    "revoke": lambda on, audit: on.tokens.revoke(on.token.id, audit=audit),
    "revoke all": lambda on, audit: on.tokens.revoke_all(local("merchant"), audit=audit),
    "move": lambda on, audit: move(on.database, local("merchant"), local("heir"), audit=audit),
    "link": lambda on, audit: on.codes.create(
        on.token, lifetime=timedelta(hours=1), session=timedelta(days=1), audit=audit
    ),
    "redeem": lambda on, audit: on.codes.redeem(on.code, audit=audit),
}
"""Everything that writes an entry with its change."""

every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


@every_change
async def test_a_change_and_its_entry_are_one(
    records: Records, audit: AuditLog, change: Change
) -> None:
    action = AuditedAction(audit, RECORD)
    await change(records, action)
    assert action.is_recorded
    (entry,) = await entries(audit)
    assert (entry.record.action, entry.record.outcome) == (RECORD.action, RECORD.outcome)


@every_change
async def test_no_entry_no_change(
    records: Records, database: Database, clock: HandClock, change: Change
) -> None:
    before = await records.everything()
    action = AuditedAction(LogThatFails(database, clock), RECORD)
    with pytest.raises(RuntimeError, match="no room"):
        await change(records, action)
    assert not action.is_recorded
    assert await records.everything() == before


async def test_no_change_no_entry(records: Records, audit: AuditLog) -> None:
    action = AuditedAction(audit, RECORD)
    with pytest.raises(RefusedError):
        await records.stores.create(a_store(name=records.store.name), audit=action)
    assert not action.is_recorded
    assert await entries(audit) == []


async def test_an_entry_has_what_only_the_change_tells(records: Records, audit: AuditLog) -> None:
    made = await records.stores.create(
        a_store(name="another-shop"), audit=AuditedAction(audit, RECORD)
    )
    await records.codes.redeem(records.code, audit=AuditedAction(audit, RECORD))
    redeemed, created = await entries(audit)
    assert created.record == replace(RECORD, store_id=made.id)
    assert redeemed.record == replace(RECORD, actor=local("merchant"), role=Role.OPERATOR)


async def test_it_is_recorded_also_when_nobody_waits_for_the_end(
    records: Records, audit: AuditLog
) -> None:
    action = AuditedAction(audit, RECORD)
    asked = asyncio.create_task(records.tokens.revoke(records.token.id, audit=action))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert action.is_recorded
    assert [entry.record for entry in await entries(audit)] == [RECORD]


async def test_the_database_refuses_to_change_an_entry(database: Database, audit: AuditLog) -> None:
    await audit.record(RECORD)
    refused = (sqlite3.IntegrityError, asyncpg.RaiseError)
    with pytest.raises(refused, match="audit entries are never changed"):
        await database.transact(lambda t: t.execute("UPDATE audit SET actor = 'nobody'"))
    assert [entry.record for entry in await entries(audit)] == [RECORD]


async def test_every_filter(audit: AuditLog, clock: HandClock) -> None:
    await audit.record(RECORD)
    clock.moment += timedelta(hours=1)
    other = AuditRecord(
        "deleteStore", AuditOutcome.REFUSED, "192.0.2.2", local("merchant"), Role.VIEWER,
        arguments='{"id": "store_1"}', code="FORBIDDEN", store_id="1",
    )  # fmt: skip
    await audit.record(other)
    for wanted in (
        {"actor": "merchant"},
        {"action": "deleteStore"},
        {"outcome": AuditOutcome.REFUSED},
        {"store_id": "1"},
        {"since": clock.moment},
    ):
        assert [entry.record for entry in await entries(audit, **wanted)] == [other], wanted
    assert [entry.record for entry in await entries(audit, until=clock.moment)] == [RECORD]
    assert await entries(audit, actor="merchant", action="createToken") == []


async def test_a_cursor_of_another_list(audit: AuditLog) -> None:
    for cursor in (encode_key("tokens", 1, "a"), encode_key("audit", 1 << 63), "x"):
        with pytest.raises(RefusedError) as refused:
            await audit.page(first=1, after=cursor, filter_by=AuditFilter())
        assert [item.code for item in refused.value.refusals] == ["CURSOR_INVALID"]


def failure(address: str) -> AuditRecord:
    return AuditRecord(SIGN_IN, AuditOutcome.REFUSED, address, code="TOKEN_UNKNOWN")


async def test_an_attack_is_told_in_few_entries(audit: AuditLog, clock: HandClock) -> None:
    capped = CappedAudit(audit, clock)
    for _ in range(1000):
        await capped.record(failure("192.0.2.1"))
    numbers = [
        json.loads(entry.record.arguments)["numberThisHour"] for entry in await entries(audit)
    ]
    assert numbers == [512, 256, 128, 64, 32, 16, 8, 4, 2, 1]
    clock.moment += timedelta(hours=1)
    await capped.record(failure("192.0.2.1"))
    assert len(await entries(audit)) == 11


async def test_an_attack_from_many_addresses_is_bounded_too(
    audit: AuditLog, clock: HandClock
) -> None:
    capped = CappedAudit(audit, clock)
    for number in range(1000):
        await capped.record(failure(f"2001:db8::{number:x}"))
    newest = await entries(audit)
    assert newest[0].record.address == MANY
    assert newest[0].id == 200 + len([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])


def refusal(actor: str) -> AuditRecord:
    return AuditRecord(
        "createStore", AuditOutcome.REFUSED, "192.0.2.1", local(actor), Role.OPERATOR,
        arguments='{"name": "\U0001f3c3"}', code="NAME_INVALID",
    )  # fmt: skip


async def test_what_is_refused_to_one_caller_is_bounded(audit: AuditLog, clock: HandClock) -> None:
    capped = CappedAudit(audit, clock)
    for _ in range(1000):
        await capped.record(refusal("busy"))
    await capped.record(refusal("calm"))
    calm, *busy = await entries(audit)
    assert calm.record == refusal("calm")
    assert [entry.record for entry in busy[4:]] == [refusal("busy")] * IN_FULL
    assert [json.loads(entry.record.arguments) for entry in busy[:4]] == [
        {"numberThisHour": number, "name": "\U0001f3c3"} for number in (512, 256, 128, 64)
    ]
    clock.moment += timedelta(hours=1)
    await capped.record(refusal("busy"))
    assert (await entries(audit))[0].record == refusal("busy")


async def test_every_text_is_bounded_as_it_is_stored(audit: AuditLog) -> None:
    long = "\U0001f3c3" * 10_000
    await audit.record(
        AuditRecord(
            long, AuditOutcome.REFUSED, long, Owner(long, long, long), code=long, store_id=long
        )
    )
    (entry,) = await entries(audit)
    record = entry.record
    assert {record.action, record.address, record.code, record.store_id} == {"\U0001f3c3" * 128}
    assert record.actor is not None
    assert {record.actor.source, record.actor.subject, record.actor.display_name} == {
        "\U0001f3c3" * 128
    }
