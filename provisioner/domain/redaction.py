"""Keeps secrets out of what is stored, logged or shown. Pure.

Known values are removed first; the patterns catch what a tool might print of its own accord.
"""

import re
from base64 import b64encode
from collections.abc import Iterable

HIDDEN = "[hidden]"
MAX_OUTPUT = 4096
"""Characters of a tool's output that are kept: the tail, where tools put the reason."""

_MIN_SECRET = 6  # shorter values would blot out ordinary words

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
_PEM = re.compile(r"-----BEGIN [^-]+-----.*?(?:-----END [^-]+-----|\Z)", re.DOTALL)
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` without the given secrets, credentials in known forms, or control codes."""
    known = [secret for secret in secrets if len(secret) >= _MIN_SECRET]
    # As the API server keeps them, and so as a template's error may show them.
    known += [b64encode(secret.encode()).decode() for secret in known]
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _PEM.sub(HIDDEN, text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return _CONTROL.sub("", text)


def tail(text: str, limit: int = MAX_OUTPUT) -> str:
    """Return the last ``limit`` characters, cut at a line's start where there is one."""
    if len(text) <= limit:
        return text
    kept = text[-limit:]
    return kept[kept.find("\n") + 1 :] if "\n" in kept[: limit // 2] else kept
