"""Which texts are taken for an e-mail address."""

import re

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal

_LONGEST = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_ADDRESS = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")
"""What a browser takes in a field for e-mail addresses, so that a form and the API agree.

Source: the HTML Standard, "Email state" of the input element.
"""


def is_email(text: str) -> bool:
    """Return whether a text can be an e-mail address; whether mail arrives there is not known."""
    return len(text) <= _LONGEST and _ADDRESS.fullmatch(text) is not None


def refuse_email(text: str | None, field: str) -> Refusal | None:
    """Return the refusal of a text that is no e-mail address, or None for an address or none."""
    if text is None or is_email(text):
        return None
    message = (
        f"This is no e-mail address of up to {_LONGEST} characters; write it like ada@example.com,"
        " or leave it out."
    )
    return Refusal(RefusalCode.EMAIL_INVALID, message, field)
