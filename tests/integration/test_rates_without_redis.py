"""While Redis is away each limit holds for this process, and nobody waits for Redis."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from app.limits.errors import RateLimitedError
from app.limits.rates import RateLimiter, RateLimitSettings
from tests.redis import RedisServer

ALONE, TOGETHER = "rate_limits_counted_alone", "rate_limits_counted_together"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A Redis that the tests end and start again."""
    with RedisServer() as running:
        yield running


@pytest.fixture
async def rates(server: RedisServer) -> AsyncIterator[RateLimiter]:
    limits = RateLimitSettings(
        # By the month: when an hour ends, there is room for one more at once.
        mutations_of_caller="3/month",
        mutations_of_address="1000/month",
        failed_sign_ins="3/month",
        introspections_of_caller="3/month",
        anonymous_operations="3/month",
        anonymous_requests="3/month",
        storage=server.url,
    )
    made = RateLimiter(limits)
    yield made
    made.close()
    await asyncio.sleep(0)  # until the event loop has closed the connections


async def until_refused(rates: RateLimiter, caller: str) -> int:
    """Ask for changes until one is refused; return how many passed."""
    for number in range(100):
        try:
            await rates.count_mutations(1, caller=caller, address="203.0.113.1")
        except RateLimitedError:
            return number
    raise AssertionError("No limit held.")


async def events(lines: list[EventDict], *, until: str) -> list[object]:
    """Wait until something was logged; return all that was, by name."""
    async with asyncio.timeout(60):
        while not [line for line in lines if line["event"] == until]:  # noqa: ASYNC110 - logs tell nobody
            await asyncio.sleep(0.01)
    return [line["event"] for line in lines]


@pytest.mark.parametrize("fault", ["killed", "suspended"])
async def test_a_redis_that_goes_away_and_comes_back(
    server: RedisServer, rates: RateLimiter, fault: str
) -> None:
    caller, other, third = (secrets.token_hex(8) for _ in range(3))
    with capture_logs() as lines:
        assert await until_refused(rates, caller) == 3
        server.suspend() if fault == "suspended" else server.end(signal.SIGKILL)
        # Each limit holds for this process alone, for those counted together before as well
        assert await until_refused(rates, other) == 3
        passed = await asyncio.gather(*(until_refused(rates, f"{third}{i}") for i in range(20)))
        assert passed == [3] * 20
        assert [line["event"] for line in lines] == [ALONE]
        server.resume() if fault == "suspended" else server.start()
        assert await events(lines, until=TOGETHER) == [ALONE, TOGETHER]
        # What Redis has kept counts again
        assert await until_refused(rates, caller) == (0 if fault == "suspended" else 3)
    assert [line["event"] for line in lines] == [ALONE, TOGETHER]


async def test_one_request_waits_for_a_silent_redis_and_no_other(
    server: RedisServer, rates: RateLimiter
) -> None:
    await rates.count_failed_sign_in("203.0.113.2")
    server.suspend()
    try:
        await rates.count_failed_sign_in("203.0.113.2")  # waits, and finds out
        async with asyncio.timeout(30):  # two hundred that waited half a second would need 100
            for number in range(100):
                await rates.count_mutations(1, caller=f"c{number}", address="203.0.113.3")
    finally:
        server.resume()
