"""Answers as JSON text."""

import json

import msgspec


def encode_json(data: object) -> str:
    """Return JSON; as text, since bytes would become a binary websocket frame.

    A lone surrogate, which a caller may send and be told of, is no text that UTF-8 could carry:
    then everything beyond ASCII is escaped, as the standard library does.
    """
    try:
        return msgspec.json.encode(data).decode()
    except UnicodeEncodeError:
        return json.dumps(data, separators=(",", ":"))
