"""Removes secrets from text before it is stored, logged or shown. Pure.

Secrets that the caller knows are removed first. Patterns then catch credentials that a tool prints
and that the caller does not know.
"""

import re
from base64 import b64encode
from collections.abc import Iterable

HIDDEN = "[hidden]"
MAX_OUTPUT = 4096
"""How many characters of a tool's output are kept: the last ones, where tools print the reason."""

_MIN_SECRET = 6  # a shorter secret would also be a part of ordinary words, and hide those

_PATTERNS = (
    re.compile(r"(\bspc?_)[A-Za-z0-9_-]{16,}"),  # our own access tokens, and sign-in codes
    re.compile(r"(?i)(basic\s+)[A-Za-z0-9+/]{12,}={0,2}"),
    re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(
        r"(?i)((?:password|passwd|secret|token|api[_-]?key)[\"']?[ \t]*[:=][ \t]*[\"']?)"
        r"[^\s\"',;}]{4,}"
    ),
    re.compile(r"(://[^/\s:@]+:)[^@\s/]+(?=@)"),
)
# Up to the end of the text where the last line of a key or certificate is missing: output is cut.
_PEM = re.compile(r"-----BEGIN [^-]+-----.*?(?:-----END [^-]+-----|\Z)", re.DOTALL)
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` without the given secrets, credentials of a known form, and control codes."""
    known = [secret for secret in secrets if len(secret) >= _MIN_SECRET]
    # The API server keeps the values of Secrets in base64, and a template's error may show that.
    known += [b64encode(secret.encode()).decode() for secret in known]
    # The longest first: if one secret is a part of another, removing it first would leave the rest.
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _PEM.sub(HIDDEN, text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return _CONTROL.sub("", text)


def tail(text: str, limit: int = MAX_OUTPUT) -> str:
    """Return at most the last ``limit`` characters, starting with a whole line if possible."""
    if len(text) <= limit:
        return text
    kept = text[-limit:]
    # Only in the first half: after one very long line the cut would throw away most of the text.
    return kept[kept.find("\n") + 1 :] if "\n" in kept[: limit // 2] else kept
