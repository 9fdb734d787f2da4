"""One-time sign-in codes on both databases: each is good once, for a while, and never for more."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Role
from provisioner.domain.owners import COMMAND_LINE, local
from provisioner.storage.database import Database
from provisioner.storage.sign_in_codes import CODE_PREFIX, SignInCodes
from provisioner.storage.token_tree import AccessToken
from provisioner.storage.tokens import TokenRepository

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ENDS_SOON = NOW + timedelta(hours=1)


@dataclass
class SetClock:
    """A clock that stands until it is set."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time


@dataclass
class World:
    """Codes, tokens and a clock on one database."""

    database: Database
    clock: SetClock = field(default_factory=SetClock)

    def __post_init__(self) -> None:
        self.tokens = TokenRepository(self.database, self.clock)
        self.codes = SignInCodes(self.database, self.tokens, self.clock)

    async def token(self, *, expires_at: datetime | None = None) -> AccessToken:
        issued = await self.tokens.issue(local("merchant"), Role.OPERATOR, expires_at=expires_at)
        return issued.token

    async def code(self, *, expires_at: datetime | None = None) -> str:
        token = await self.token(expires_at=expires_at)
        return await self.codes.create(token, lifetime=MINUTE, session=DAY)

    async def rows(self) -> list[Any]:
        """Everything that a redemption may change."""

        async def work(transaction: Any) -> list[Any]:
            codes = await transaction.fetch_all("SELECT * FROM sign_in_codes ORDER BY digest")
            tokens = await transaction.fetch_all("SELECT * FROM tokens ORDER BY id")
            return [tuple(row.values()) for row in [*codes, *tokens]]

        return await self.database.read(work)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_looking_whether_a_code_is_good_changes_nothing(world: World) -> None:
    code = await world.code()
    before = await world.rows()
    assert [await world.codes.is_good(code) for _ in range(2)] == [True, True]
    assert await world.rows() == before
    assert (await world.codes.redeem(code)).token.owner == local("merchant")


async def test_a_code_signs_its_tokens_owner_in(world: World) -> None:
    code = await world.code()
    issued = await world.codes.redeem(code)
    assert code.startswith(CODE_PREFIX)
    assert await world.tokens.line(issued.token.id) == await world.tokens.find(issued.secret)
    assert (issued.token.owner, issued.token.role) == (local("merchant"), Role.OPERATOR)
    assert issued.token.expires_at == NOW + DAY
    assert code not in str(await world.rows())


async def test_a_session_is_below_the_token_it_was_made_for(world: World) -> None:
    token = await world.token()
    code = await world.codes.create(token, lifetime=MINUTE, session=DAY)
    issued = await world.codes.redeem(code)
    assert (issued.token.parent_id, issued.token.maker) == (token.id, COMMAND_LINE)
    await world.tokens.revoke(token.id)
    line = await world.tokens.find(issued.secret)
    assert line is not None
    assert line.problem(NOW) == "TOKEN_REVOKED"


async def test_a_session_ends_with_the_token_it_was_made_for(world: World) -> None:
    issued = await world.codes.redeem(await world.code(expires_at=ENDS_SOON))
    assert issued.token.expires_at == ENDS_SOON


async def test_of_many_at_once_one_wins(world: World) -> None:
    code = await world.code()
    results = await asyncio.gather(
        *(world.codes.redeem(code) for _ in range(8)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, RefusedError)]
    assert [error.refusals[0].code for error in refused] == ["CODE_USED"] * 7
    page = await world.tokens.page(owner=local("merchant"), first=9, after=None, with_revoked=False)
    assert page.total == 2


async def used(world: World) -> str:
    code = await world.code()
    await world.codes.redeem(code)
    return code


async def used_and_expired(world: World) -> str:
    code = await used(world)
    world.clock.time += DAY
    return code


async def expired(world: World) -> str:
    code = await world.code()
    world.clock.time += MINUTE
    return code


async def revoked(world: World) -> str:
    token = await world.token()
    code = await world.codes.create(token, lifetime=MINUTE, session=DAY)
    await world.tokens.revoke(token.id)
    return code


async def outlived(world: World) -> str:
    code = await world.code(expires_at=NOW + MINUTE / 2)
    world.clock.time += MINUTE / 2
    return code


async def somebodys_token(world: World) -> str:
    return (await world.tokens.issue(local("merchant"), Role.ADMIN)).secret


def given(code: str) -> Callable[[World], Awaitable[str]]:
    async def made_up(world: World) -> str:
        await world.code()
        return code

    return made_up


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (used, "CODE_USED"),
        (used_and_expired, "CODE_USED"),
        (expired, "CODE_EXPIRED"),
        (revoked, "CODE_REVOKED"),
        (outlived, "CODE_REVOKED"),
        (somebodys_token, "CODE_UNKNOWN"),
        (given(""), "CODE_UNKNOWN"),
        (given("\0"), "CODE_UNKNOWN"),
        (given("\ud800"), "CODE_UNKNOWN"),
        (given("x" * 1_000_000), "CODE_UNKNOWN"),
    ],
)
async def test_refused(world: World, make: Callable[[World], Awaitable[str]], says: str) -> None:
    code = await make(world)
    before = await world.rows()
    assert await world.codes.is_good(code) is False
    with pytest.raises(RefusedError) as refused:
        await world.codes.redeem(code)
    assert [refusal.code for refusal in refused.value.refusals] == [says]
    assert "`make up` prints one" in str(refused.value)
    assert await world.rows() == before


async def test_old_codes_go_when_new_ones_are_made(world: World) -> None:
    token = await world.token()
    for _ in range(2):
        await world.codes.create(token, lifetime=MINUTE, session=DAY)
        world.clock.time += 8 * DAY
    assert len(await world.rows()) == len([token]) + 1
