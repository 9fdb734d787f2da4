"""Encodes answers as JSON text."""

import json

import msgspec


def encode_json(data: object) -> str:
    """Return ``data`` as JSON in one line.

    It is text and not bytes, because Strawberry would send bytes as a binary websocket frame.
    """
    try:
        return msgspec.json.encode(data).decode()
    except UnicodeEncodeError:
        # UTF-8 cannot carry a lone surrogate, which a caller may have sent and an error repeats.
        # The standard library escapes everything beyond ASCII.
        return json.dumps(data, separators=(",", ":"))
