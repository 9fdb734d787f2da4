"""Reads the inputs of mutations, which are recorded as the text of a JSON object."""

from typing import Any

import msgspec
from strawberry.scalars import JSON


def json_object(text: str) -> JSON | None:
    """Return the recorded object, or None where the text is in a form that cannot be read."""
    found = recorded(text)
    return None if found is None else JSON(found)


def recorded(text: str) -> dict[str, Any] | None:
    """Return the same as a dictionary."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return None
