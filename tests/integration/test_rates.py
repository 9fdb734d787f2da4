"""How often things may be asked for: the same in memory and in a real Redis."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from app.limits.errors import RateLimitedError
from app.limits.rates import RateLimiter, RateLimitSettings
from tests.redis import RedisServer

CountedIn = Callable[[str], RateLimiter]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis of this module's own, which keeps nothing on disk."""
    with RedisServer() as server:
        yield server.url


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> str:
    if request.param == "memory":
        return "memory://"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
async def counted_in() -> AsyncIterator[Callable[[str], RateLimiter]]:
    """Make counters that are kept in a storage."""
    made: list[RateLimiter] = []

    def make(storage: str) -> RateLimiter:
        limits = RateLimitSettings(
            # By the month: when an hour ends, there is room for one more at once.
            mutations_of_caller="5/month",
            mutations_of_address="8/month",
            failed_sign_ins="3/month",
            introspections_of_caller="2/month",
            anonymous_operations="2/month",
            anonymous_requests="2/month",
            storage=storage,
        )
        made.append(RateLimiter(limits))
        return made[-1]

    yield make
    for rates in made:
        rates.close()
    await asyncio.sleep(0)  # until the event loop has closed the connections


@pytest.fixture
def caller() -> str:
    return secrets.token_hex(8)  # Redis remembers the callers of other tests


@pytest.fixture
def address() -> str:
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


async def test_of_mutations_all_at_once_as_many_as_allowed_pass(
    counted_in: CountedIn, storage: str, caller: str, address: str
) -> None:
    rates = counted_in(storage)
    # A new Redis is handed the library's script at the first use. Several first uses at once may
    # count one of them twice, which errs on the safe side and is not what this test is about.
    await rates.count_mutations(1, caller=secrets.token_hex(8), address="203.0.113.1")
    outcomes = await asyncio.gather(
        *(rates.count_mutations(1, caller=caller, address=address) for _ in range(20)),
        return_exceptions=True,
    )
    refused = [error for error in outcomes if isinstance(error, RateLimitedError)]
    assert outcomes.count(None) == 5
    assert len(refused) == 15
    (error, *_) = refused
    assert error.extensions is not None
    assert error.extensions["code"] == "RATE_LIMITED"
    assert error.extensions["retryAfterSeconds"] == error.retry_after_seconds
    assert 1 <= error.retry_after_seconds <= 30 * 86400
    assert error.message == f"Too many changes. Try again in {error.retry_after_seconds} s."


async def test_several_mutations_in_one_operation_count_each(
    counted_in: CountedIn, storage: str, caller: str, address: str
) -> None:
    rates = counted_in(storage)
    with pytest.raises(RateLimitedError):
        await rates.count_mutations(6, caller=caller, address=address)
    await rates.count_mutations(5, caller=caller, address=address)
    with pytest.raises(RateLimitedError):
        await rates.count_mutations(1, caller=caller, address=address)


async def test_an_address_is_limited_whoever_calls_from_it(
    counted_in: CountedIn, storage: str, caller: str, address: str
) -> None:
    rates = counted_in(storage)
    await rates.count_mutations(4, caller=caller, address=address)
    await rates.count_mutations(4, caller=caller + "2", address=address)
    with pytest.raises(RateLimitedError):
        # A neighbour in the same IPv6 network
        await rates.count_mutations(1, caller=caller + "3", address=address[:-1] + "2")


async def test_a_sign_in_code_is_limited_by_itself(
    counted_in: CountedIn, storage: str, caller: str, address: str
) -> None:
    rates, code = counted_in(storage), caller
    await rates.count_mutations(5, caller=None, address=address)
    with pytest.raises(RateLimitedError):
        await rates.count_mutations(1, caller=None, address=address)
    await rates.count_mutations(5, caller=None, address=address, code=code)
    with pytest.raises(RateLimitedError):
        await rates.count_mutations(1, caller=None, address=address, code=code)
    await rates.count_mutations(5, caller=None, address=address, code=code + "2")


async def test_an_address_that_fails_to_sign_in_is_told_so(
    counted_in: CountedIn, storage: str, address: str
) -> None:
    rates = counted_in(storage)
    for _ in range(3):
        await rates.count_failed_sign_in(address)
    with pytest.raises(RateLimitedError, match="Too many failed sign-ins"):
        await rates.count_failed_sign_in(address)
    await rates.count_failed_sign_in("198.51.100." + str(secrets.randbelow(256)))


async def test_replicas_count_together_in_redis(
    counted_in: CountedIn, redis_url: str, caller: str, address: str
) -> None:
    one, other = counted_in(redis_url), counted_in(redis_url)
    await one.count_mutations(3, caller=caller, address=address)
    await other.count_mutations(2, caller=caller, address=address)
    with pytest.raises(RateLimitedError):
        await one.count_mutations(1, caller=caller, address=address)
