"""Decodes JSON from outside, more strictly than Python's ``json`` module."""

import json
from typing import Any

import msgspec


def decode_json(text: str | bytes) -> Any:
    """Return the decoded value. Raises json.JSONDecodeError for any text that is not valid JSON.

    Python's ``json`` also accepts NaN, numbers too large for a float, and half surrogate pairs.
    The code that gets the value could not store any of these.
    """
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:  # RecursionError: nested too deeply
        # Strawberry catches the standard library's error, and answers it as a bad request.
        raise json.JSONDecodeError("Not a proper JSON text", "", 0) from error
