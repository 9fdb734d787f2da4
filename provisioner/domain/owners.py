"""Owners: the people to whom stores, tokens and requests belong.

An owner is a name *and* the source that vouches for it: the platform itself, or an OpenID Connect
issuer. The local ``ada`` and an issuer's ``ada`` may be two people, so no code may compare names
alone.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

LOCAL = "local"
"""The source of owners whom the platform knows by its own tokens."""

OPERATOR = "command line"
"""The source of whoever runs ``python -m app``. They need no token: they can write the database."""

PLATFORM = "platform"
"""The source of the platform itself, to which shops belong that it makes to check backups."""

UNCLAIMED = "issuer"
"""The source in old rows of people who signed in through an issuer that was not yet recorded.

The service gives these rows to the issuer that it is configured with; see ``owner_moves.claim``.
"""

MAX_NAME = 128
"""The longest name of an owner, in characters."""

MERCHANTS = f"owner_source <> '{PLATFORM}'"
"""The SQL condition for the rows of everybody but the platform itself."""

OWNED = "owner_source = :owner_source AND owner = :owner"
"""The SQL condition for the rows of one owner; ``Owner.values`` has its parameters."""


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner: ``subject`` is their unique name at ``source``, which vouches for it.

    ``display_name`` is what people call them. It proves nothing, so it is not compared.
    """

    source: str
    subject: str
    display_name: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """A text that no other owner has.

        The space separates source and subject: no source contains a space, except ``OPERATOR``,
        whose space is replaced.
        """
        return f"{self.source.replace(' ', '-')} {self.subject}"

    @property
    def name(self) -> str:
        """What people call the owner; others may have the same name."""
        return self.display_name or self.subject

    @property
    def label(self) -> str:
        """The owner's name for use in a sentence, with the issuer's host for an issuer's person.

        The host keeps an issuer's ``ada`` from being taken for the local ``ada``.
        """
        if self.source in (LOCAL, OPERATOR, PLATFORM):
            return self.subject
        return f"{self.name} ({urlsplit(self.source).hostname or self.source})"

    @property
    def values(self) -> dict[str, object]:
        """The parameters of ``OWNED``."""
        return {"owner_source": self.source, "owner": self.subject}


THE_PLATFORM = Owner(PLATFORM, PLATFORM)
"""The owner that stands for the platform. Nobody signs in as it; admins see its stores."""

COMMAND_LINE = Owner(OPERATOR, OPERATOR)
"""The owner that stands for whoever runs ``python -m app``."""


def local(subject: str) -> Owner:
    """Return the local owner with this name."""
    return Owner(LOCAL, subject)


def owner_of(row: Mapping[str, Any]) -> Owner:
    """Return the owner in a row of the table ``stores`` or ``tokens``."""
    return Owner(row["owner_source"], row["owner"], row["owner_name"])


def normal_name(name: str) -> str | None:
    """Return the normal form of a name (NFKC, without outer spaces), or None if it is unusable.

    A name is unusable if it is empty or longer than ``MAX_NAME``, has unprintable characters, or
    mixes scripts whose letters look alike, such as a Latin name with a Cyrillic ``a`` in it
    (Unicode UTS 39, section 5.2).
    """
    # Normalised first: NFKC can change the length of a name, and the script of its letters.
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
"""The scripts that Japanese, Korean and Chinese text mixes ("highly restrictive" in UTS 39)."""


def _script(character: str) -> str | None:
    """Return a letter's script, or None for a character that all scripts share, such as a digit.

    Python has no table of scripts, so this takes the first word of the letter's Unicode name. That
    word is the script for every letter that NFKC leaves as it is, except for a few modifier letters
    that all scripts share.
    """
    if not unicodedata.category(character).startswith("L"):
        return None
    word = unicodedata.name(character, "UNKNOWN").split()[0].partition("-")[0]
    return None if word == "MODIFIER" else word
