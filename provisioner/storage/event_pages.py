"""Pages of what happened to a store, oldest first."""

from provisioner.domain.ports import StoreRecords
from provisioner.domain.stores import StoreEvent
from provisioner.storage.paging import Number, Page, check_page_size, decode_key, encode_key

MAX_EVENTS = 500
"""Events on one page, at most."""


def encode_cursor(store_id: str, event: StoreEvent) -> str:
    """Return an opaque cursor that continues a store's list right after ``event``."""
    return encode_key(_list_of(store_id), event.version)


async def read_page(
    records: StoreRecords, store_id: str, *, first: int, after: str | None
) -> Page[StoreEvent]:
    """Return a page of a store's events; they are not counted, for they may be very many.

    Raises RefusedError for a wrong size or cursor.
    """
    check_page_size(first, "events", most=MAX_EVENTS)
    version = 0
    if after is not None:
        _, version = decode_key(after, _list_of(store_id), tuple[str, Number])
    found = await records.events_after(store_id, version, limit=first + 1)
    return Page(tuple(found[:first]), len(found) > first)


def _list_of(store_id: str) -> str:
    return f"events of {store_id}"
