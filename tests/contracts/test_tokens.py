"""Tokens on both databases: whose they are, until they expire or are revoked."""

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Role
from provisioner.domain.owners import local
from provisioner.storage.database import Database
from provisioner.storage.token_tree import AccessToken, TokenLine
from provisioner.storage.tokens import PREFIX, TokenRepository, encode_cursor


@pytest.fixture
def tokens(database: Database) -> TokenRepository:
    return TokenRepository(database, SystemClock())


async def test_whose_a_token_is(tokens: TokenRepository) -> None:
    now = SystemClock().now()
    issued = await tokens.issue(local("merchant"), Role.OPERATOR, description="for the till")
    expired = await tokens.issue(local("merchant"), Role.ADMIN, expires_at=now)
    assert issued.secret.startswith(PREFIX)
    assert await tokens.find(issued.secret) == TokenLine((issued.token,))
    assert await tokens.get(issued.token.id) == issued.token
    assert TokenLine((issued.token,)).problem(now) is None
    assert TokenLine((expired.token,)).problem(now) == "TOKEN_EXPIRED"
    for nobodys in (issued.secret + "x", "", "\0", "\ud800"):
        assert await tokens.find(nobodys) is None
        assert await tokens.get(nobodys) is None


async def test_revoked(tokens: TokenRepository) -> None:
    first, second = [await tokens.issue(local("merchant"), Role.OPERATOR) for _ in range(2)]
    other = await tokens.issue(local("rival"), Role.OPERATOR)
    ids = [first.token.id, second.token.id, other.token.id, "unknown"]
    revoked = await tokens.revoke(first.token.id)
    assert revoked is not None
    assert TokenLine((revoked,)).problem(SystemClock().now()) == "TOKEN_REVOKED"
    assert await tokens.revoke(first.token.id) == revoked
    assert await tokens.revoke("unknown") is None
    assert await tokens.unrevoked(ids) == {second.token.id, other.token.id}
    assert [await tokens.revoke_all(local("merchant")) for _ in range(2)] == [1, 0]
    assert await tokens.unrevoked(ids) == {other.token.id}


async def test_last_use(tokens: TokenRepository) -> None:
    issued = await tokens.issue(local("merchant"), Role.OPERATOR)
    await tokens.note_use(issued.token)
    noted = await tokens.get(issued.token.id)
    assert noted is not None
    assert noted.last_used_at is not None
    await tokens.note_use(noted)
    assert await tokens.get(issued.token.id) == noted


async def test_pages(tokens: TokenRepository) -> None:
    made = [(await tokens.issue(local("merchant"), Role.OPERATOR)).token for _ in range(5)]
    await tokens.issue(local("rival"), Role.OPERATOR)
    found: list[AccessToken] = []
    after = None
    while len(found) < 5:
        page = await tokens.page(owner=local("merchant"), first=2, after=after, with_revoked=False)
        assert page.total == 5
        found += page.items
        after = encode_cursor(found[-1])
    assert found == made[::-1]
    await tokens.revoke(made[0].id)
    for with_revoked, total in ((False, 5), (True, 6)):
        page = await tokens.page(owner=None, first=9, after=None, with_revoked=with_revoked)
        assert page.total == total
    with pytest.raises(RefusedError):
        await tokens.page(owner=None, first=9, after=str(2**70), with_revoked=True)
