"""Whose a token is, and what is recorded when it is nobody's."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.auth import uses
from app.auth.sign_in import Authenticator, Credential
from app.auth.watch import CredentialWatch
from provisioner.audit import AuditFilter, AuditLog
from provisioner.capped_audit import CappedAudit
from provisioner.database import Database
from provisioner.errors import DatabaseUnavailableError
from provisioner.models import Identity, Role
from provisioner.testing import HandClock
from provisioner.tokens import AccessToken, TokenRepository


class Door:
    """A database, and someone who lets people in."""

    def __init__(self, database: Database) -> None:
        self.clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.tokens = TokenRepository(database, self.clock)
        self.audit = AuditLog(database, self.clock)
        self.authenticator = Authenticator(
            self.tokens,
            CredentialWatch(self.tokens, self.clock),
            CappedAudit(self.audit, self.clock),
            self.clock,
        )

    async def sign_in(self, token: str, address: str = "192.0.2.1") -> Credential | None:
        return await self.authenticator.sign_in(token, address=address)

    async def failures(self) -> list[tuple[str | None, str, str | None]]:
        page = await self.audit.page(first=100, after=None, filter_by=AuditFilter())
        records = [entry.record for entry in page.items]
        return [(record.actor, record.address, record.code) for record in records]

    async def stored(self, token: AccessToken) -> AccessToken:
        found = await self.tokens.get(token.id)
        assert found is not None
        return found


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database)


async def test_who_it_is_and_until_when(door: Door) -> None:
    until = door.clock.moment + timedelta(days=1)
    issued = await door.tokens.issue("merchant", Role.OPERATOR, expires_at=until)
    credential = await door.sign_in(issued.secret)
    assert credential is not None
    assert credential.identity == Identity("merchant", Role.OPERATOR)
    assert (credential.token_id, credential.expires_at) == (issued.token.id, until)
    assert await door.failures() == []


async def test_nobody(door: Door) -> None:
    assert await door.sign_in("sp_unknown") is None
    assert await door.failures() == [(None, "192.0.2.1", "TOKEN_UNKNOWN")]


async def test_its_time_is_over(door: Door) -> None:
    until = door.clock.moment + timedelta(days=1)
    issued = await door.tokens.issue("merchant", Role.OPERATOR, expires_at=until)
    door.clock.moment = until - timedelta(microseconds=1)
    assert await door.sign_in(issued.secret) is not None
    door.clock.moment = until
    assert await door.sign_in(issued.secret) is None
    assert await door.failures() == [("merchant", "192.0.2.1", "TOKEN_EXPIRED")]


async def test_revoked(door: Door) -> None:
    issued = await door.tokens.issue("merchant", Role.OPERATOR)
    await door.tokens.revoke(issued.token.id)
    assert await door.sign_in(issued.secret) is None
    assert await door.failures() == [("merchant", "192.0.2.1", "TOKEN_REVOKED")]


@pytest.mark.parametrize("hangs", [True, False])
async def test_use_that_cannot_be_noted(
    door: Door, monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    """A disk that is full, or a lock that another process holds, keeps nobody from reading."""
    tries, released = 0, asyncio.Event()

    async def fail(_: AccessToken) -> None:
        nonlocal tries
        tries += 1
        if hangs:
            await released.wait()
        raise DatabaseUnavailableError

    issued = await door.tokens.issue("merchant", Role.OPERATOR)
    monkeypatch.setattr(uses, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(door.tokens, "note_use", fail)
    for _ in range(3):
        assert await door.sign_in(issued.secret) is not None
    assert tries == 1  # the others do not even try for a while
    released.set()


async def test_use_is_noted_once_a_minute(door: Door) -> None:
    issued, began = await door.tokens.issue("merchant", Role.OPERATOR), door.clock.moment
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (100, 60), (120, 120)):
        door.clock.moment = began + timedelta(seconds=seconds)
        await door.sign_in(issued.secret)
        last_used_at = (await door.stored(issued.token)).last_used_at
        assert last_used_at == began + timedelta(seconds=noted), seconds
