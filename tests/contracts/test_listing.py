"""Pages of stores are the same on both databases: order, filters, cursors."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.errors import RefusedError
from provisioner.domain.operations import OperationKind
from provisioner.domain.owners import local
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage.database import Database
from provisioner.storage.listing import StoreFilter, StoreListing, StoreOrder
from provisioner.storage.stores import StoreRepository
from tests.stores import a_store

MERCHANT, RIVAL = local("merchant"), local("rival")
CALLED = {"a-z": "Ada Lovelace"}
START = datetime(2026, 1, 1, tzinfo=UTC)
# By a locale's rules hyphens would not count, and digits and letters would be mixed.
NAMES = ["a-z", "ab", "a0", "a-a-0", "b", "a", "b-a", "ba"]


@pytest.fixture
async def listing(repository: StoreRepository, database: Database) -> StoreListing:
    """Eight stores: two by each of four moments, so that ids decide too."""
    for index, name in enumerate(NAMES):
        await repository.create(
            a_store(
                name=name,
                owner=MERCHANT if index % 2 else replace(RIVAL, display_name=CALLED.get(name, "")),
                now=START + timedelta(microseconds=index // 2),
            )
        )
    return StoreListing(database)


async def read_all(
    listing: StoreListing,
    *,
    first: int = 3,
    order: StoreOrder = StoreOrder.NAME,
    descending: bool = False,
    wanted: StoreFilter | None = None,
) -> list[str]:
    found: list[Store] = []
    after = None
    while True:
        page = await listing.page(
            first=first, after=after, filter_by=wanted or StoreFilter(), order=order,
            descending=descending,
        )  # fmt: skip
        found += page.stores
        assert len(page.stores) <= first
        if not page.has_next:
            assert page.total == len(found)
            return [store.name for store in found]
        after = encode(page.stores[-1].id, page.stores[-1].name, order, page.stores[-1].created_at)


def encode(store_id: str, name: str, order: StoreOrder, created_at: datetime) -> str:
    micros = (created_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    key = name if order is StoreOrder.NAME else micros
    return base64.urlsafe_b64encode(json.dumps([order, key, store_id]).encode()).decode()


@pytest.mark.parametrize("first", [1, 3, 8])
@pytest.mark.parametrize("descending", [False, True])
async def test_by_name_as_code_points_order_them(
    listing: StoreListing,
    first: int,
    descending: bool,  # noqa: FBT001
) -> None:
    found = await read_all(listing, first=first, descending=descending)
    assert found == sorted(NAMES, reverse=descending)


@pytest.mark.parametrize("descending", [False, True])
async def test_by_age(listing: StoreListing, descending: bool) -> None:  # noqa: FBT001
    found = await read_all(listing, order=StoreOrder.CREATED_AT, descending=descending)
    pairs = [set(found[index : index + 2]) for index in range(0, 8, 2)]
    expected = [set(NAMES[index : index + 2]) for index in range(0, 8, 2)]
    assert pairs == (expected[::-1] if descending else expected)
    whole = await read_all(listing, first=8, order=StoreOrder.CREATED_AT, descending=descending)
    assert whole == found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (StoreFilter(owner=local("merchant")), ["a", "a-a-0", "ab", "ba"]),
        (StoreFilter(name_contains="A-"), ["a-a-0", "a-z"]),
        (StoreFilter(name_contains="%"), []),
        (StoreFilter(name_contains="_"), []),
        (StoreFilter(name_contains="\\"), []),
        (StoreFilter(name_contains="a\0"), []),
        (StoreFilter(owner_contains="MERCH"), ["a", "a-a-0", "ab", "ba"]),
        (StoreFilter(owner_contains="lovelace"), ["a-z"]),
        (StoreFilter(owner=local("merchant"), owner_contains="lovelace"), []),
        (StoreFilter(owner_contains="%"), []),
        (StoreFilter(engine="tiny", name_contains="b-"), ["b-a"]),
        (StoreFilter(engine="Tiny"), []),
        (StoreFilter(statuses=(StoreStatus.READY, StoreStatus.FAILED)), []),
        (StoreFilter(statuses=(StoreStatus.QUEUED,), name_contains="z"), ["a-z"]),
    ],
)
async def test_filters(listing: StoreListing, wanted: StoreFilter, expected: list[str]) -> None:
    assert await read_all(listing, wanted=wanted) == expected


async def test_the_deleted_only_when_asked_for(
    listing: StoreListing, repository: StoreRepository
) -> None:
    gone = await repository.get_by_name("ab", None)
    gone = await repository.transition(gone, StoreStatus.DELETING, begins=OperationKind.DELETE)
    await repository.transition(gone, StoreStatus.DELETED)
    assert await read_all(listing) == sorted(set(NAMES) - {"ab"})
    assert await read_all(listing, wanted=StoreFilter(statuses=(StoreStatus.DELETED,))) == ["ab"]


async def test_a_page_is_not_shifted_by_new_stores(
    listing: StoreListing, repository: StoreRepository
) -> None:
    page = await listing.page(
        first=3, after=None, filter_by=StoreFilter(), order=StoreOrder.CREATED_AT, descending=True
    )
    await repository.create(a_store(now=START + timedelta(days=1)))
    last = page.stores[-1]
    rest = await listing.page(
        first=8, after=encode(last.id, last.name, StoreOrder.CREATED_AT, last.created_at),
        filter_by=StoreFilter(), order=StoreOrder.CREATED_AT, descending=True,
    )  # fmt: skip
    assert sorted(store.name for store in page.stores + rest.stores) == sorted(NAMES)


@pytest.mark.parametrize(
    "cursor",
    [
        ["created_at", 10**30, "a"],
        ["created_at", True, "a"],
        ["created_at", "x", "a"],
        ["created_at", 1, 2],
        ["name", "a", "a"],
        ["created_at", 1],
        "nonsense",
        ["created_at", 1, "\ud800"],  # half a character is no text
    ],
)
async def test_cursors_of_nobodys(listing: StoreListing, cursor: object) -> None:
    after = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
    with pytest.raises(RefusedError) as refused:
        await listing.page(
            first=3, after=after, filter_by=StoreFilter(), order=StoreOrder.CREATED_AT,
            descending=False,
        )  # fmt: skip
    assert [refusal.code for refusal in refused.value.refusals] == ["CURSOR_INVALID"]


async def test_a_cursor_with_text_that_no_database_keeps(listing: StoreListing) -> None:
    after = encode("\0", "a\0", StoreOrder.NAME, START)
    page = await listing.page(
        first=8, after=after, filter_by=StoreFilter(), order=StoreOrder.NAME, descending=False
    )
    assert {store.name for store in page.stores} <= set(NAMES)
