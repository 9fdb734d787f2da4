r"""Text from elsewhere, made fit for a terminal: what is not seen is written out.

A store's messages hold what containers, helm and other people have written. A terminal obeys the
control sequences in it: it may retitle itself, overwrite what was said before, or type for the
user. Characters that turn the direction of writing, or are not seen at all, make a line read as
another. All of these are shown as Python writes them, such as ``\x1b`` and ``\u202e``.
"""

import json
import re
import unicodedata
from typing import Any

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BLANKS = re.compile(  # letters, marks and symbols by their category, and yet nothing to be seen
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
)
_KEPT = "\n\t"


def printable(text: str) -> str:
    """Return a text with what is not seen in it written out; its lines stay lines."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def one_line(text: str) -> str:
    """Return a text as one line, so that it cannot look like several, as in a table."""
    return printable(text).replace("\n", " ").replace("\t", " ")


def printable_json(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON in ASCII: the same to any reader, and of no effect on a terminal."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def _shown(character: str) -> str:
    if character in _KEPT:
        return character
    if unicodedata.category(character) in _INVISIBLE or _BLANKS.match(character):
        return character.encode("unicode_escape").decode()
    return character
