"""JSON from outside, read more strictly than Python does by itself."""

import json
from typing import Any

import msgspec


def decode_json(text: str | bytes) -> Any:
    """Return the value. Raises json.JSONDecodeError for everything that is no proper JSON text.

    Python alone accepts NaN, numbers that become infinite and half surrogate pairs, which nothing
    further in can store.
    """
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        # As the standard library does, which is what Strawberry expects.
        raise json.JSONDecodeError("Not a proper JSON text", "", 0) from error
