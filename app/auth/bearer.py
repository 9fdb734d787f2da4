"""Where a credential stands in a request: an HTTP header, or a websocket's ``connection_init``."""

from collections.abc import Mapping
from typing import Any

_SCHEME = "bearer "


def bearer_token(header: str | None) -> str | None:
    """Return the token of an ``Authorization`` value, or None."""
    if header is None or not header.lower().startswith(_SCHEME):
        return None
    return header[len(_SCHEME) :].strip() or None


def token_of_connection(params: Mapping[str, Any] | None) -> str | None:
    """Return the token in the payload of ``connection_init``, whatever the key's spelling."""
    for key, value in (params or {}).items():
        if key.lower() == "authorization" and isinstance(value, str):
            return bearer_token(value)
    return None
