"""Pages of a list, and the opaque cursors that continue it without a shift by new rows.

A cursor holds the sort key of the last row on a page. So a new row changes nothing about where the
next page begins.
"""

import base64
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError

T = TypeVar("T")
K = TypeVar("K", bound=tuple[Any, ...])

Number = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""A part of a sort key that fits into the database's 64 bits."""

MAX_PAGE = 100
"""The most rows on one page, unless a list says otherwise."""
MAX_CURSOR = 500
"""The most characters of a cursor that are decoded; our own cursors have fewer than 200."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    ``total`` is the number of rows on all pages together, or None when they were not counted.
    """

    items: tuple[T, ...]
    has_next: bool
    total: int | None = None


def check_page_size(first: int, what: str, *, most: int = MAX_PAGE) -> None:
    """Raise RefusedError unless ``first`` is an allowed page size; ``what`` names the rows."""
    if not 1 <= first <= most:
        raise RefusedError(
            Refusal(
                RefusalCode.PAGE_SIZE_INVALID, f"Ask for 1 to {most} {what} at a time.", "first"
            )
        )


def encode_key(*key: str | int) -> str:
    """Return an opaque cursor for a sort key, which starts with the name of the list."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode()


def decode_key(cursor: str, name: str, shape: type[K]) -> K:
    """Return the sort key in a cursor of the list ``name``, which is the first part of it.

    Raises RefusedError (CURSOR_INVALID) when the cursor belongs to another list, or was not made by
    ``encode_key``.
    """
    key = decode_opaque(cursor, shape)
    if key is None or key[0] != name:
        raise RefusedError(
            Refusal(
                RefusalCode.CURSOR_INVALID,
                "The cursor does not belong to this list; pass an endCursor of the same ordering,"
                " or leave `after` out to begin at the start.",
                "after",
            )
        )
    return key


def decode_opaque(cursor: str, shape: type[K]) -> K | None:
    """Return what is in a cursor, or None when it was not made for this ``shape``."""
    if len(cursor) > MAX_CURSOR:
        return None
    try:
        found: K = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=shape)
    except (ValueError, RecursionError):  # no base64, no JSON, or JSON that is nested too deeply
        return None
    return found
