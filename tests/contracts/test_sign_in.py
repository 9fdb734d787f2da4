"""Whose a token is, and what is recorded when it is nobody's."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.auth import uses
from app.auth.sign_in import Authenticator, Credential
from app.auth.watch import CredentialWatch
from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.domain.identities import Identity, Role, UsedToken
from provisioner.domain.owners import Owner, local
from provisioner.storage.audit_log import AuditFilter, AuditLog
from provisioner.storage.capped_audit import CappedAudit
from provisioner.storage.database import Database
from provisioner.storage.token_tree import AccessToken, IssuerTrust
from provisioner.storage.tokens import TokenRepository
from provisioner.testing import HandClock


class Door:
    """A database, and someone who lets people in."""

    def __init__(self, database: Database, issuer: IssuerTrust | None = None) -> None:
        self.database = database
        self.clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.tokens = TokenRepository(database, self.clock, issuer)
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
        return [
            (record.actor.subject if record.actor else None, record.address, record.code)
            for record in records
        ]

    async def stored(self, token: AccessToken) -> AccessToken:
        found = await self.tokens.get(token.id)
        assert found is not None
        return found


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database)


async def test_who_it_is_and_until_when(door: Door) -> None:
    until = door.clock.moment + timedelta(days=1)
    issued = await door.tokens.issue(local("merchant"), Role.OPERATOR, expires_at=until)
    credential = await door.sign_in(issued.secret)
    assert credential is not None
    token = UsedToken(issued.token.id, None, is_owners_own=False, expires_at=until)
    assert credential.identity == Identity(local("merchant"), Role.OPERATOR, token)
    assert (credential.token_id, credential.expires_at) == (issued.token.id, until)
    assert await door.failures() == []


async def test_nobody(door: Door) -> None:
    assert await door.sign_in("sp_unknown") is None
    assert await door.failures() == [(None, "192.0.2.1", "TOKEN_UNKNOWN")]


async def test_its_time_is_over(door: Door) -> None:
    until = door.clock.moment + timedelta(days=1)
    issued = await door.tokens.issue(local("merchant"), Role.OPERATOR, expires_at=until)
    door.clock.moment = until - timedelta(microseconds=1)
    assert await door.sign_in(issued.secret) is not None
    door.clock.moment = until
    assert await door.sign_in(issued.secret) is None
    assert await door.failures() == [("merchant", "192.0.2.1", "TOKEN_EXPIRED")]


async def test_revoked(door: Door) -> None:
    issued = await door.tokens.issue(local("merchant"), Role.OPERATOR)
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

    issued = await door.tokens.issue(local("merchant"), Role.OPERATOR)
    monkeypatch.setattr(uses, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(door.tokens, "note_use", fail)
    for _ in range(3):
        assert await door.sign_in(issued.secret) is not None
    assert tries == 1  # the others do not even try for a while
    released.set()


async def test_the_audit_names_the_token_that_failed_and_who_made_it(door: Door) -> None:
    maker = local("root")
    issued = await door.tokens.issue(local("merchant"), Role.OPERATOR, maker=maker)
    await door.tokens.revoke(issued.token.id)
    assert await door.sign_in(issued.secret) is None
    page = await door.audit.page(first=1, after=None, filter_by=AuditFilter())
    (record,) = [entry.record for entry in page.items]
    assert (record.actor, record.token_id, record.token_maker) == (
        local("merchant"), issued.token.id, maker,
    )  # fmt: skip


@pytest.mark.parametrize("end", ["revoked", "expired", "gone"])
async def test_a_token_ends_with_the_first_of_its_line(door: Door, end: str) -> None:
    until = door.clock.moment + timedelta(days=1)
    first = await door.tokens.issue(local("root"), Role.ADMIN, expires_at=until)
    token = first
    for _ in range(3):
        # Without an end of its own: the line alone counts.
        token = await door.tokens.issue(
            local("merchant"), Role.OPERATOR, parent_id=token.token.id, maker=local("root")
        )
    credential = await door.sign_in(token.secret)
    assert credential is not None
    assert credential.expires_at == until
    if end == "expired":
        door.clock.moment = until
    statement = {
        "revoked": "UPDATE tokens SET revoked_at = 1 WHERE id = :id",
        "expired": "SELECT 1",
        "gone": "DELETE FROM tokens WHERE id = :id",
    }[end]
    values = {} if end == "expired" else {"id": first.token.id}
    await door.database.transact(lambda transaction: transaction.execute(statement, values))
    watched = {token.token.id}
    assert await door.tokens.unrevoked(watched) == (watched if end == "expired" else set())
    assert await door.sign_in(token.secret) is None
    assert await door.failures() == [
        ("merchant", "192.0.2.1", f"TOKEN_PARENT_{end.upper()}"),
    ]


ISSUER = "https://issuer.example"


async def test_what_an_issuers_person_made_lives_as_long_as_the_setting_says(
    database: Database,
) -> None:
    alice, days = Owner(ISSUER, "alice"), timedelta(days=2)
    door = Door(database, IssuerTrust(ISSUER, days))
    made = await door.tokens.issue(alice, Role.OPERATOR, maker=alice)
    child = await door.tokens.issue(
        local("robot"), Role.VIEWER, maker=alice, parent_id=made.token.id
    )
    credential = await door.sign_in(child.secret)
    assert credential is not None
    assert credential.expires_at == door.clock.moment + days
    door.clock.moment += days
    for token in (made, child):
        assert await door.sign_in(token.secret) is None


@pytest.mark.parametrize(
    "issuer", [None, IssuerTrust("https://another.example", timedelta(days=2))]
)
async def test_what_an_issuers_person_made_ends_with_the_issuer(
    database: Database, issuer: IssuerTrust | None
) -> None:
    door, alice = Door(database, issuer), Owner(ISSUER, "alice")
    for owner, maker in ((alice, alice), (local("robot"), alice), (alice, local("root"))):
        made = await door.tokens.issue(owner, Role.OPERATOR, maker=maker)
        assert await door.sign_in(made.secret) is None
    codes = {code for _, _, code in await door.failures()}
    assert codes == {"TOKEN_ISSUER_NOT_TRUSTED"}


async def test_use_is_noted_once_a_minute(door: Door) -> None:
    issued, began = await door.tokens.issue(local("merchant"), Role.OPERATOR), door.clock.moment
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (100, 60), (120, 120)):
        door.clock.moment = began + timedelta(seconds=seconds)
        await door.sign_in(issued.secret)
        last_used_at = (await door.stored(issued.token)).last_used_at
        assert last_used_at == began + timedelta(seconds=noted), seconds
