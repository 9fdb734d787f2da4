"""Limits the size of one audit entry, in stored bytes, however much a caller has sent."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

MAX_TEXT_BYTES = 512
"""The limit of each text; an owner's name of 128 characters fits in any script."""
MAX_ARGUMENTS_BYTES = 4096
"""The limit of all arguments together."""


def cut(text: str, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return the longest beginning of a text that takes at most ``max_bytes`` inside JSON."""
    size = 0
    # Character by character: JSON may write one as six (``\u0001``), and a cut through the bytes
    # could leave half a character.
    for index, character in enumerate(text):
        size += len(to_json(character).encode(errors="replace")) - 2  # without the quotes
        if size > max_bytes:
            return text[:index]
    return text


def to_json(value: object) -> str:
    """Return JSON in which letters of other scripts than Latin are not escaped."""
    return json.dumps(value, ensure_ascii=False)


def arguments_of(values: Mapping[str, object]) -> str:
    """Return arguments as stored JSON, with long texts cut, and the last left out if too long."""
    kept = {name: cut(value) if isinstance(value, str) else value for name, value in values.items()}
    while len(to_json(kept).encode(errors="replace")) > MAX_ARGUMENTS_BYTES:
        kept.popitem()
    return to_json(kept)


def bounded(record: T) -> T:
    """Return an audit record with every text cut to its limit, also those of its owners."""
    # ``arguments`` is JSON that ``arguments_of`` has bounded already: a cut would break it.
    values = {
        field.name: getattr(record, field.name)
        for field in fields(record)
        if field.name != "arguments"
    }
    texts: dict[str, Any] = {
        name: cut(value) if isinstance(value, str) else bounded(value)
        for name, value in values.items()
        if isinstance(value, str) or (is_dataclass(value) and not isinstance(value, type))
    }
    return replace(record, **texts)
