"""Finds the bearer token in an HTTP header, or in a websocket's ``connection_init``."""

from collections.abc import Mapping
from typing import Any

_SCHEME = "bearer "


def bearer_token(header: str | None) -> str | None:
    """Return the token in the value of an ``Authorization`` header, or None."""
    # The name of the scheme is case-insensitive (RFC 9110, 11.1).
    if header is None or not header.lower().startswith(_SCHEME):
        return None
    return header[len(_SCHEME) :].strip() or None


def token_of_connection(params: Mapping[str, Any] | None) -> str | None:
    """Return the token in the payload of ``connection_init``, or None."""
    # A key of JSON, unlike a header's name, has upper and lower case: clients use either.
    for key, value in (params or {}).items():
        if key.lower() == "authorization" and isinstance(value, str):
            return bearer_token(value)
    return None
