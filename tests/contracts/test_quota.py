"""The quota: exactly as many stores as it says, however many are asked for at once."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import RefusedError
from provisioner.domain.operations import OperationKind
from provisioner.domain.owners import local
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage.database import Database
from provisioner.storage.quota import Quota, Usage
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.stores import a_store

_S = StoreStatus


async def refusal(records: StoreRepository, store: Store, quota: Quota) -> tuple[str, str]:
    with pytest.raises(RefusedError) as refused:
        await records.create(store, quota=quota)
    (found,) = refused.value.refusals
    assert found.field is None
    return found.code, found.message


async def rows(database: Database) -> list[tuple[object, ...]]:
    statement = (
        "SELECT id, version FROM stores UNION ALL SELECT store_id, position FROM steps"
        " UNION ALL SELECT store_id, version FROM events ORDER BY 1, 2"
    )
    return [tuple(row.values()) for row in await database.read(lambda t: t.fetch_all(statement))]


async def test_an_owner_at_their_limit(repository: StoreRepository, database: Database) -> None:
    quota = Quota(per_owner=2)
    for _ in range(2):
        await repository.create(a_store(), quota=quota)
    before = await rows(database)
    assert await refusal(repository, a_store(), quota) == (
        "USER_QUOTA_REACHED",
        (
            "You have 2 stores, and may have 2. Delete one that you no longer need; its place is"
            " free once it is gone. Or ask an operator for more (max_stores_per_user)."
        ),
    )
    assert await rows(database) == before
    await repository.create(a_store(owner="rival"), quota=quota)
    assert await repository.usage(local("merchant"), quota) == Usage(2, 2)
    assert (await repository.usage(local("rival"), quota)).left == 1
    assert (await repository.usage(local("rival"), Quota())).left is None


async def test_the_platform_at_its_limit(repository: StoreRepository, database: Database) -> None:
    quota = Quota(in_all=2, per_owner=2)
    await repository.create(a_store(), quota=quota)
    await repository.create(a_store(owner="rival"), quota=quota)
    before = await rows(database)
    assert await refusal(repository, a_store(), quota) == (
        "PLATFORM_QUOTA_REACHED",
        (
            "The platform has 2 stores, and may have 2. Try again once a store was deleted, or ask"
            " an operator for more (max_stores)."
        ),
    )
    assert await rows(database) == before


async def test_a_limit_below_what_there_is(repository: StoreRepository) -> None:
    for _ in range(3):
        await repository.create(a_store())
    assert (await refusal(repository, a_store(), Quota(per_owner=1)))[0] == "USER_QUOTA_REACHED"
    assert (await repository.usage(local("merchant"), Quota(per_owner=1))).left == 0


@pytest.mark.parametrize("status", [_S.QUEUED, _S.FAILED, _S.DELETING])
async def test_a_place_is_free_once_the_store_is_gone(
    repository: StoreRepository, status: StoreStatus
) -> None:
    quota = Quota(per_owner=1)
    store = await repository.create(a_store(), quota=quota)
    if status is _S.FAILED:
        store = await repository.transition(store, _S.PROVISIONING)
        store = await repository.transition(store, _S.FAILED)
    if status is _S.DELETING:
        store = await repository.transition(store, _S.DELETING, begins=OperationKind.DELETE)
    assert (await refusal(repository, a_store(), quota))[0] == "USER_QUOTA_REACHED"
    if status is not _S.DELETING:
        store = await repository.transition(store, _S.DELETING, begins=OperationKind.DELETE)
    await repository.transition(store, _S.DELETED)
    await repository.create(a_store(), quota=quota)


async def test_an_idempotency_key_gives_its_store_also_at_the_limit(
    repository: StoreRepository,
) -> None:
    quota = Quota(in_all=1, per_owner=1)
    first = await repository.create(a_store(), idempotency_key="order-1", quota=quota)
    again = await repository.create(a_store(), idempotency_key="order-1", quota=quota)
    assert again.id == first.id


@pytest.mark.parametrize(
    ("quota", "code"),
    [
        (Quota(per_owner=7), "USER_QUOTA_REACHED"),
        (Quota(in_all=7, per_owner=9), "PLATFORM_QUOTA_REACHED"),
    ],
)
async def test_fifty_at_once_at_the_edge(database_url: str, quota: Quota, code: str) -> None:
    # Given ten processes' worth of connections, with three places left
    async with AsyncExitStack() as stack:
        several: list[StoreRepository] = []
        for _ in range(10):
            database = Database(database_url)
            await database.connect()
            stack.push_async_callback(database.close)
            several.append(StoreRepository(database, SystemClock(), RecordedAnnouncements()))
        for _ in range(4):
            await several[0].create(a_store())

        # When fifty stores are asked for at once
        async def create(records: StoreRepository) -> str:
            try:
                await records.create(a_store(), quota=quota)
            except RefusedError as error:
                return error.refusals[0].code
            return "created"

        outcomes = await asyncio.gather(*(create(several[index % 10]) for index in range(50)))

        # Then exactly three are let through, and all others are told why
        assert Counter(outcomes) == {"created": 3, code: 47}
        assert (await several[0].usage(local("merchant"), quota)).used == 7
