"""How a new administrator's password gets from its request into a shop, by keys of its Secret.

A request puts the new password under a key of its own, which its operation names: so of two
requests at once neither can change what the other has shown. The Job in the shop reads it under
``NEXT_PASSWORD``. Once the shop has it, one write makes it the engine's own password, and the mark
``RESET_BY`` names the request's key: then the work is done, whatever ends the service afterwards,
and the platform shows no password of this shop any more.
"""

import secrets

NEXT_PASSWORD = "next-admin-password"  # noqa: S105 - a key of a Secret
RESET_BY = "admin-password-reset-by"
COMPONENT = "password"
"""The component of the Job, and the end of its template's name."""
KEY_PARAMETER = "secretKey"
"""The parameter of the operation that names the request's key."""

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
"""Without characters that mean something to a shell or in a URL, or that look like others."""
_KEY_BYTES = 8


def generate(length: int) -> str:
    """Return a new random value of so many characters, of 57 symbols: 5.8 bits for each."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_key() -> str:
    """Return a key for the new password of one request."""
    return f"{NEXT_PASSWORD}-{secrets.token_hex(_KEY_BYTES)}"


def is_pending(key: str) -> bool:
    """Whether a key of the Secret holds a password that is to be set, or was to be."""
    return key.startswith(NEXT_PASSWORD)
