"""Which texts can be the title of a store: what people call it, beside the name in its address."""

import unicodedata

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal

MAX_TITLE = 80
"""The longest title, in characters."""

TITLE_INVALID = Refusal(
    RefusalCode.TITLE_INVALID,
    f"A title has 1 to {MAX_TITLE} printable characters, such as `Ada's Candles`.",
    "title",
)


def normal_title(title: str) -> str | None:
    """Return a title as it is kept (NFC, one space between words), or None if it is unusable."""
    normal = " ".join(unicodedata.normalize("NFC", title).split(" ")).strip()
    return normal if 1 <= len(normal) <= MAX_TITLE and normal.isprintable() else None
