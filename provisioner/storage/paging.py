"""Pages of a list, continued by an opaque cursor that new rows do not shift."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError

T = TypeVar("T")

MAX_PAGE = 100
"""Rows on one page, at most."""
MAX_CURSOR = 500
"""Characters of a cursor; ours have fewer than 200."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page; ``total`` is the number of rows on all pages together, where it is counted."""

    items: tuple[T, ...]
    has_next: bool
    total: int | None = None


def check_page_size(first: int, what: str) -> None:
    """Raise RefusedError unless ``first`` is a size that a page can have."""
    if not 1 <= first <= MAX_PAGE:
        raise RefusedError(
            Refusal(
                RefusalCode.PAGE_SIZE_INVALID, f"Ask for 1 to {MAX_PAGE} {what} at a time.", "first"
            )
        )


def encode_key(*key: str | int) -> str:
    """Return an opaque cursor for a row's sort key, the list's name first."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode()


def decode_key(cursor: str, name: str, kinds: Sequence[type]) -> Sequence[Any]:
    """Return the sort key in a cursor of the list ``name``.

    Raises RefusedError (CURSOR_INVALID) when it belongs to another list, or is none of ours.
    """
    found_name, *key = decode_opaque(cursor) or (None,)
    if found_name != name or [type(part) for part in key] != list(kinds) or _is_too_large(key):
        raise RefusedError(
            Refusal(
                RefusalCode.CURSOR_INVALID,
                "The cursor does not belong to this list; pass an endCursor of the same ordering,"
                " or leave `after` out to begin at the start.",
                "after",
            )
        )
    return list(key)


def decode_opaque(cursor: str) -> Sequence[Any]:
    """Return what is in a cursor; nothing, when it is none of ours."""
    if len(cursor) > MAX_CURSOR:
        return []
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _is_too_large(key: Sequence[Any]) -> bool:
    """Whether a number does not fit into the database's 64 bits."""
    return any(isinstance(part, int) and abs(part) >= 1 << 63 for part in key)
