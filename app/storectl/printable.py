r"""Makes text from others safe for a terminal: writes invisible characters as escape sequences.

A store's messages contain text from containers, helm and other people. A terminal obeys control
sequences in such text: they can change its title, overwrite earlier lines, or type for the user.
Invisible characters, and those that change the direction of writing, can make a line look like
another. All of them are shown as Python writes them, such as ``\x1b`` and ``\u202e``.
"""

import json
import re
import unicodedata
from typing import Any

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Unicode counts these as letters, marks and symbols, but fonts show nothing for them.
_BLANKS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
)
_KEPT = "\n\t"


def printable(text: str) -> str:
    """Return a text with its invisible characters escaped; line ends and tabs are kept."""
    # Most text is plain ASCII and needs no look at each character.
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def one_line(text: str) -> str:
    """Return a text as a single line, so that it cannot look like several rows of a table."""
    return printable(text).replace("\n", " ").replace("\t", " ")


def printable_json(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON in ASCII, which has no effect on a terminal."""
    # ``json.dumps`` escapes everything but printable ASCII, except the control character DEL.
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def _shown(character: str) -> str:
    if character in _KEPT:
        return character
    if unicodedata.category(character) in _INVISIBLE or _BLANKS.match(character):
        return character.encode("unicode_escape").decode()
    return character
