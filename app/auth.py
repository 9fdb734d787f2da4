"""Who is calling: a bearer token, in an HTTP header or in a websocket's ``connection_init``."""

from collections.abc import Mapping
from typing import Any

from provisioner.models import Identity
from provisioner.tokens import TokenRepository

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


async def identify(tokens: TokenRepository, token: str | None) -> Identity | None:
    """Return whose token it is, or None."""
    return None if token is None else await tokens.identify(token)
