"""Links that sign a shop's administrator in: each once, and only for a minute. Pure.

A link has a token after the ``#``, which browsers send to nobody; a small page of the shop posts
it. The token is ``<expiry>.<nonce>.<mac>``: seconds since 1970, 32 hexadecimal digits, and the
HMAC-SHA256 of what comes before, by a key that is derived from a secret of this shop alone. The
shop refuses a nonce that it has seen.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

VALID_FOR = timedelta(seconds=60)
_LABEL = b"store-platform sign-in link"


@dataclass(frozen=True, slots=True)
class SignInLink:
    """The address to open, and until when it is valid."""

    url: str = field(repr=False)  # kept out of logs and tracebacks
    expires_at: datetime


def sign_in_link(page: str, secret: str, *, now: datetime) -> SignInLink:
    """Return a new link to the shop's page for it. ``secret`` is what the shop knows as well."""
    # Whole seconds, as in the token.
    expires_at = now.replace(microsecond=0) + VALID_FOR
    said = f"{int(expires_at.timestamp())}.{secrets.token_hex(16)}"
    return SignInLink(f"{page}#{said}.{mac_of(secret, said)}", expires_at)


def mac_of(secret: str, said: str) -> str:
    """Return the HMAC of a token's beginning, in hexadecimal digits."""
    # Derived, so that nothing that the secret signs elsewhere passes for a link, or the other way.
    key = hmac.digest(secret.encode(), _LABEL, "sha256")
    return hmac.digest(key, said.encode(), "sha256").hex()
