"""What ends the restore of a backup in place of a shop, and what it needs until then."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from provisioner.domain.errors import ConflictError, RefusedError
from provisioner.domain.operations import OperationKind, OperationStatus
from provisioner.domain.stores import StoreStatus, StoreTarget
from provisioner.domain.transitions import DELETE_STEPS
from provisioner.storage.database import Database
from tests.contracts.restored_shop import CHOSEN, FORMER, REASON, START, Read, Shop, pending

_S, _O, _K = StoreStatus, OperationStatus, OperationKind


@pytest.fixture
async def shop(database: Database) -> Shop:
    made = Shop(database)
    await made.open()
    return made


async def saving(shop: Shop) -> None:
    await shop.begin()


async def saved(shop: Shop) -> None:
    await shop.save()


async def unsaved(shop: Shop) -> None:
    await shop.begin_unsaved()


async def removing(shop: Shop) -> None:
    await shop.save()
    await shop.become(_S.PROVISIONING)


async def loading(shop: Shop) -> None:
    await shop.remove()


async def brought_back(shop: Shop) -> None:
    await shop.remove()
    shop.store = await shop.records.bring_back(shop.store, REASON)


POINTS = [saving, saved, unsaved, removing, loading, brought_back]


@pytest.mark.parametrize("point", POINTS)
async def test_it_is_not_cancelled(
    shop: Shop, recorded: Read, point: Callable[[Shop], Awaitable[None]]
) -> None:
    await point(shop)
    before = await recorded()
    with pytest.raises(ConflictError):
        await shop.records.request_delete(
            shop.store.id, "Cancelled.", only_in=[_S.QUEUED, _S.PROVISIONING], audit=shop.action()
        )
    assert await recorded() == before


@pytest.mark.parametrize("point", POINTS)
async def test_a_delete_takes_its_place(
    shop: Shop, point: Callable[[Shop], Awaitable[None]]
) -> None:
    await point(shop)
    shop.store = await shop.records.request_delete(shop.store.id, "Deleted.")
    assert (shop.store.target, shop.store.task) == (StoreTarget.DELETED, None)
    assert [told[:2] for told in await shop.operations()][:2] == [
        (_K.DELETE, _O.QUEUED), (_K.RESTORE, _O.CANCELLED),
    ]  # fmt: skip
    assert await shop.steps() == pending(*DELETE_STEPS)
    await shop.become(_S.DELETING, _S.DELETED)
    assert (await shop.operations())[0] == (_K.DELETE, _O.SUCCEEDED, None)
    # What it was made of is not needed any more
    assert await shop.removals.sources() == set()
    await shop.expire()
    assert await shop.left() == []


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        (saving, [CHOSEN]), (unsaved, [CHOSEN]), (saved, [FORMER, CHOSEN]),
        (removing, [FORMER, CHOSEN]), (loading, [FORMER, CHOSEN]), (brought_back, [FORMER]),
    ],
)  # fmt: skip
async def test_what_it_may_need_is_not_removed(
    shop: Shop, point: Callable[[Shop], Awaitable[None]], kept: list[int]
) -> None:
    await point(shop)
    before = await shop.left()
    assert await shop.removals.sources() == {shop.store.id}
    (stored,) = await shop.removals.stored(after="", limit=9)
    assert stored.in_use == set(kept)
    assert await shop.expire() == len(before) - len(kept)
    assert await shop.left() == kept


async def test_once_it_is_over_they_may_be_removed(shop: Shop) -> None:
    await shop.remove()
    await shop.become(_S.READY)
    assert shop.store.restore is None
    assert shop.store.from_backup == shop.source()
    assert await shop.operations() == [(_K.RESTORE, _O.SUCCEEDED, None)]
    assert await shop.removals.sources() == set()
    assert await shop.expire() == 3


async def test_of_a_restore_and_a_removal_at_once_one_wins(database: Database) -> None:
    for _ in range(10):
        shop = Shop(database)
        await shop.open()
        begun, removed = await asyncio.gather(
            shop.begin(),
            shop.removals.expire(shop.store.id, [CHOSEN], START),
            return_exceptions=True,
        )
        assert isinstance(begun, RefusedError) is (removed == 1)
        assert (CHOSEN in await shop.left()) is (removed == 0)
