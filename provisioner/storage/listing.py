"""Reads pages of stores, with filters, an order, and cursors that new stores do not shift."""

from dataclasses import dataclass
from enum import StrEnum

from provisioner.domain.owners import OWNED, Owner
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage.database import Database, Transaction
from provisioner.storage.paging import Number, check_page_size, decode_key, encode_key
from provisioner.storage.rows import store_of, to_micros


class StoreOrder(StrEnum):
    """The column by which a list is ordered."""

    CREATED_AT = "created_at"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class StoreFilter:
    """Which stores to list; a field that is None or empty does not restrict them.

    There is one exception: without ``statuses`` deleted stores are left out. ``owner_contains`` is
    looked for in an owner's unique name and in what people call them. Capitals do not matter.
    """

    owner: Owner | None = None
    statuses: tuple[StoreStatus, ...] = ()
    engine: str | None = None
    name_contains: str | None = None
    owner_contains: str | None = None


@dataclass(frozen=True, slots=True)
class StorePage:
    """One page of stores; ``total`` is the number of stores on all pages together."""

    stores: tuple[Store, ...]
    has_next: bool
    total: int


def encode_cursor(store: Store, order: StoreOrder) -> str:
    """Return an opaque cursor that continues a list right after ``store``."""
    key = store.name if order is StoreOrder.NAME else to_micros(store.created_at)
    return encode_key(order, key, store.id)


def decode_cursor(cursor: str, order: StoreOrder) -> tuple[str | int, str]:
    """Return the sort key and the store id in a cursor.

    Raises RefusedError when the cursor was not made by ``encode_cursor`` for the same order.
    """
    if order is StoreOrder.NAME:
        _, store_name, store_id = decode_key(cursor, order, tuple[str, str, str])
        return store_name, store_id
    _, micros, store_id = decode_key(cursor, order, tuple[str, Number, str])
    return micros, store_id


class StoreListing:
    """Reads pages of stores from a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        *,
        first: int,
        after: str | None,
        filter_by: StoreFilter,
        order: StoreOrder,
        descending: bool,
    ) -> StorePage:
        """Return a page of up to ``first`` stores.

        Raises RefusedError for a wrong size or cursor.
        """
        check_page_size(first, "stores")
        where, values = store_conditions(filter_by)
        paged, page_values = _after(after, order, descending=descending)
        direction = "DESC" if descending else "ASC"

        async def work(transaction: Transaction) -> StorePage:
            rows = await transaction.fetch_all(
                # Only fixed words are put into the statement; every value is bound.
                f"SELECT * FROM stores WHERE {where} AND {paged}"  # noqa: S608
                # By id too: stores with the same name or time need a fixed order as well.
                f" ORDER BY {order.value} {direction}, id {direction} LIMIT :limit",
                # The row too many says that there is a next page.
                {**values, **page_values, "limit": first + 1},
            )
            count = await transaction.fetch_one(
                f"SELECT COUNT(*) AS stores FROM stores WHERE {where}",  # noqa: S608
                values,
            )
            stores = tuple(map(store_of, rows[:first]))
            return StorePage(stores, len(rows) > first, count["stores"] if count else 0)

        return await self._database.read(work)


def store_conditions(wanted: StoreFilter) -> tuple[str, dict[str, object]]:
    """Return a filter as a condition on the table of stores, and the values that it binds."""
    clauses: list[str] = []
    values: dict[str, object] = {}
    if wanted.owner is not None:
        clauses.append(OWNED)
        values |= wanted.owner.values
    if wanted.engine is not None:
        clauses.append("engine = :engine")
        values["engine"] = wanted.engine
    if wanted.name_contains:
        clauses.append("name LIKE :name_pattern ESCAPE '\\'")
        values["name_pattern"] = _pattern(wanted.name_contains)
    if wanted.owner_contains:
        clauses.append(
            "(LOWER(owner) LIKE :owner_pattern ESCAPE '\\'"
            " OR LOWER(owner_name) LIKE :owner_pattern ESCAPE '\\')"
        )
        values["owner_pattern"] = _pattern(wanted.owner_contains)
    if wanted.statuses:
        keys = [f"status_{index}" for index in range(len(wanted.statuses))]
        clauses.append(f"status IN ({', '.join(':' + key for key in keys)})")
        values |= dict(zip(keys, wanted.statuses, strict=True))
    else:
        clauses.append("status <> 'DELETED'")
    return " AND ".join(clauses), values


def _pattern(text: str) -> str:
    """Return the pattern of LIKE for what contains a text, in small letters."""
    escaped = text.lower()
    # The backslash first: later it would also double those that were just put in.
    for special in ("\\", "%", "_"):
        escaped = escaped.replace(special, "\\" + special)
    return f"%{escaped}%"


def _after(
    cursor: str | None, order: StoreOrder, *, descending: bool
) -> tuple[str, dict[str, object]]:
    if cursor is None:
        return "1 = 1", {}
    key, store_id = decode_cursor(cursor, order)
    sign = "<" if descending else ">"
    return f"({order.value}, id) {sign} (:after_key, :after_id)", {
        "after_key": key,
        "after_id": store_id,
    }
