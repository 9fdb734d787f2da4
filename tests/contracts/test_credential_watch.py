"""What is open ends with its credential: by time, by revocation, and all of it at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.auth.watch import CredentialWatch
from provisioner.domain.identities import Role
from provisioner.domain.owners import local
from provisioner.storage.database import Database
from provisioner.storage.tokens import TokenRepository
from provisioner.testing import HandClock


class CountedTokens(TokenRepository):
    """Counts how often it is asked what is revoked."""

    questions = 0

    async def _unrevoked(self, token_ids: object) -> set[str]:
        self.questions += 1
        return await super()._unrevoked(token_ids)  # type: ignore[arg-type] # passed on


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def tokens(database: Database, clock: HandClock) -> CountedTokens:
    return CountedTokens(database, clock)


@pytest.fixture
def watch(tokens: CountedTokens, clock: HandClock) -> CredentialWatch:
    return CredentialWatch(tokens, clock)


async def test_revocation_ends_all_that_is_open_with_it_and_nothing_else(
    tokens: CountedTokens, watch: CredentialWatch
) -> None:
    revoked, other = [(await tokens.issue(local("merchant"), Role.VIEWER)).token for _ in range(2)]
    async with asyncio.TaskGroup() as group:
        ended = [group.create_task(watch.ended(revoked.id, None)) for _ in range(3)]
        goes_on = group.create_task(watch.ended(other.id, None))
        await asyncio.sleep(0)
        await watch.check()
        assert not any(task.done() for task in ended)
        await tokens.revoke(revoked.id)
        await watch.check()
        await asyncio.wait(ended)
        assert not goes_on.done()
        goes_on.cancel()
    assert tokens.questions == 2


async def test_nothing_open_no_question(tokens: CountedTokens, watch: CredentialWatch) -> None:
    token = (await tokens.issue(local("merchant"), Role.VIEWER)).token
    task = asyncio.create_task(watch.ended(token.id, None))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    await watch.check()
    assert tokens.questions == 0


async def test_one_that_is_over_already(watch: CredentialWatch, clock: HandClock) -> None:
    await watch.ended(None, clock.moment - timedelta(seconds=1))


async def test_its_time_ends_it(watch: CredentialWatch, clock: HandClock) -> None:
    await watch.ended("unknown", clock.moment + timedelta(milliseconds=1))
