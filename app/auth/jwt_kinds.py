"""Tells what kind of JSON Web Token a token is, and for which client it was issued.

An issuer signs other tokens with the same keys as access tokens, such as ID tokens and logout
tokens. Only an access token may sign somebody in (RFC 8725, 2.8 and 3.11; RFC 9068, 2.1 and 4).
"""

from collections.abc import Collection, Mapping
from typing import Any

_KINDS = frozenset({"jwt", "at+jwt"})
"""The header `typ` of access tokens. RFC 9068 says `at+jwt`; most issuers write `JWT`, or none."""

_OF_ID_TOKENS = ("at_hash", "c_hash", "s_hash")
"""Claims that only ID tokens have (OpenID Connect Core, 3.1.3.6 and 3.3.2.11). `nonce` is not among
them, because some issuers repeat it in access tokens."""

_OF_OTHERS = ("events", "htm", "htu")
"""Claims of logout tokens and other security events (RFC 8417), and of proofs (RFC 9449)."""

_OTHER_KINDS = frozenset({"refresh", "offline", "logout"})
"""Values of the claim `typ`. Keycloak writes the kind there, and `JWT` into every header."""

_CLIENT_CLAIMS = ("azp", "client_id", "cid", "appid")
"""Claims that name the client: by OpenID Connect, by RFC 9068, and as some issuers call it."""


def is_kind_accepted(header: Mapping[str, Any]) -> bool:
    """Return whether a token's header is that of an access token."""
    # Issuers may leave out the prefix `application/` (RFC 7515, 4.1.9).
    kind = header.get("typ", "JWT")
    return isinstance(kind, str) and kind.lower().removeprefix("application/") in _KINDS


def is_for_something_else(claims: Mapping[str, Any], *, accepts_id_tokens: bool) -> bool:
    """Return whether the claims are those of a token that is not meant for an API.

    An ID token is meant for the client, so by default it signs nobody in. ``accepts_id_tokens`` is
    for issuers whose access tokens are no JWTs; their operator names the client as the audience.
    """
    kind = str(claims.get("typ", "")).lower()
    if kind in _OTHER_KINDS or any(name in claims for name in _OF_OTHERS):
        return True
    is_id_token = kind == "id" or any(name in claims for name in _OF_ID_TOKENS)
    return is_id_token and not accepts_id_tokens


def is_of_client(claims: Mapping[str, Any], clients: Collection[str]) -> bool:
    """Return whether the token names the client that it was issued to, and it is one of these."""
    named = [claims[name] for name in _CLIENT_CLAIMS if name in claims]
    # All claims must agree: one that names another client makes the token doubtful.
    return bool(named) and all(name in clients for name in named)
