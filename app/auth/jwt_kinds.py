"""What kind of JSON Web Token it is, and for which client it was issued.

An issuer signs more than access tokens with the same keys, such as ID tokens and logout tokens.
None of those may sign anybody in (RFC 8725, 2.8 and 3.11; RFC 9068, 2.1 and 4).
"""

from collections.abc import Collection, Mapping
from typing import Any

_KINDS = frozenset({"jwt", "at+jwt"})
"""The header `typ` of access tokens: `at+jwt` by RFC 9068; most issuers have `JWT`, or none."""

_OF_ID_TOKENS = ("at_hash", "c_hash", "s_hash")
"""Claims of ID tokens alone (OpenID Connect Core, 3.1.3.6 and 3.3.2.11). `nonce` is no sign of one:
some issuers repeat it in access tokens."""

_OF_OTHERS = ("events", "htm", "htu")
"""Claims of logout tokens and other security events (RFC 8417), and of proofs (RFC 9449)."""

_OTHER_KINDS = frozenset({"refresh", "offline", "logout"})
"""What some issuers (Keycloak) write into a claim `typ`, as they write JWT into every header."""

_CLIENT_CLAIMS = ("azp", "client_id", "cid", "appid")
"""Where issuers name the client: OpenID Connect, RFC 9068, and some in words of their own."""


def is_kind_accepted(header: Mapping[str, Any]) -> bool:
    """Whether the header is an access token's."""
    kind = header.get("typ", "JWT")
    return isinstance(kind, str) and kind.lower().removeprefix("application/") in _KINDS


def is_for_something_else(claims: Mapping[str, Any], *, accepts_id_tokens: bool) -> bool:
    """Whether the claims are those of a token that is not meant for an API.

    An ID token is for the client. It signs in only where the operator has named the client as the
    audience, as for issuers whose access tokens are no JWTs.
    """
    kind = str(claims.get("typ", "")).lower()
    if kind in _OTHER_KINDS or any(name in claims for name in _OF_OTHERS):
        return True
    is_id_token = kind == "id" or any(name in claims for name in _OF_ID_TOKENS)
    return is_id_token and not accepts_id_tokens


def is_of_client(claims: Mapping[str, Any], clients: Collection[str]) -> bool:
    """Whether the token says which client it was issued to, and that is one of these."""
    named = [claims[name] for name in _CLIENT_CLAIMS if name in claims]
    return bool(named) and all(name in clients for name in named)
