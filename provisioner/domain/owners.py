"""Owners: who stores, tokens and requests belong to.

An owner is a name *and* who vouches for it. The local ``ada`` and an issuer's ``ada`` are two
people who never meet, so nothing may compare names alone.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

LOCAL = "local"
"""The source of names that the platform gives out itself, with its own tokens."""

OPERATOR = "command line"
"""The source of whoever runs ``python -m app``: they can read and write the database anyway."""

UNCLAIMED = "issuer"
"""The source of people who signed in with an issuer before it was written down with which.

Their rows go to the issuer that the service is configured with; see ``claim``.
"""

MAX_NAME = 128
"""In characters."""

OWNED = "owner_source = :owner_source AND owner = :owner"
"""The condition for rows of an owner; ``Owner.values`` has its parameters."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns something: ``source`` vouches for ``subject``, which is unique there.

    ``display_name`` is what people call them. It proves nothing, so it is not compared.
    """

    source: str
    subject: str
    display_name: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """A text that no other owner has: no source contains a space but ``OPERATOR``."""
        return f"{self.source.replace(' ', '-')} {self.subject}"

    @property
    def name(self) -> str:
        """What people call them, whoever else may be called the same."""
        return self.display_name or self.subject

    @property
    def label(self) -> str:
        """What to call them in a sentence: an issuer's person is never taken for a local one."""
        if self.source in (LOCAL, OPERATOR):
            return self.subject
        return f"{self.name} ({urlsplit(self.source).hostname or self.source})"

    @property
    def values(self) -> dict[str, object]:
        """The parameters of ``OWNED``."""
        return {"owner_source": self.source, "owner": self.subject}


COMMAND_LINE = Owner(OPERATOR, OPERATOR)
"""Who runs ``python -m app``."""


def local(subject: str) -> Owner:
    """Return the owner that the platform itself knows by this name."""
    return Owner(LOCAL, subject)


def owner_of(row: Mapping[str, Any]) -> Owner:
    """Return the owner that a row of ``stores`` or ``tokens`` names."""
    return Owner(row["owner_source"], row["owner"], row["owner_name"])


def normal_name(name: str) -> str | None:
    """Return a name in the one way it is written (NFKC, stripped), or None if it is unusable.

    Unusable is what is empty or too long, what cannot be printed, and what mixes scripts whose
    letters look alike, such as a Latin name with a Cyrillic ``a`` in it (Unicode UTS 39, 5.2).
    """
    normal = unicodedata.normalize("NFKC", name).strip()
    if not 1 <= len(normal) <= MAX_NAME or not normal.isprintable():
        return None
    scripts = {_script(character) for character in normal} - {None}
    is_clear = len(scripts) <= 1 or any(scripts <= usual for usual in _USUAL_MIXTURES)
    return normal if is_clear else None


_USUAL_MIXTURES = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""What Japanese, Korean and Chinese are written in ("highly restrictive" in UTS 39)."""


def _script(character: str) -> str | None:
    """Return a letter's script, or None for what all scripts share, such as digits.

    A letter's Unicode name begins with its script. Python has no table of scripts, and this is true
    of every letter but those that NFKC replaces, and a few modifiers that all scripts share.
    """
    if not unicodedata.category(character).startswith("L"):
        return None
    word = unicodedata.name(character, "UNKNOWN").split()[0].partition("-")[0]
    return None if word == "MODIFIER" else word
