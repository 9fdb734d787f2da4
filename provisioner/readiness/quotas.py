"""Reads the numbers in the message of a quota's denial."""

import re
from decimal import Decimal

from provisioner.domain.quantities import amount_of

_SAID = re.compile(
    r"requested: (?P<asked>\S*), used: \S*, limited: (?P<limited>\S*=[^\s,]+)(?P<rest>.*)",
    re.DOTALL,
)
"""Source: kubernetes apiserver pkg/admission/plugin/resourcequota/controller.go, prettyPrint."""
_CUT = 500
"""How many characters of an event's message are kept (see ``kubernetes.projections``). In a message
of this length the last number may be cut off."""


def is_too_large(message: str) -> bool:
    """Return whether a request asked for more of something than the whole quota.

    Return False when the message does not tell.
    """
    said = _SAID.search(message)
    if said is None or len(message) >= _CUT:
        return False
    asked, limited = _amounts(said["asked"]), _amounts(said["limited"])
    # Not every amount can be read. One that is missing counts as equal, and so not as too much.
    return any(asked.get(name, amount) > amount for name, amount in limited.items())


def _amounts(listed: str) -> dict[str, Decimal]:
    """Read a list such as "limits.cpu=2,pods=1"; leave out what is not a quantity."""
    pairs = (item.partition("=") for item in listed.split(","))
    found = {name: amount_of(quantity) for name, _, quantity in pairs}
    return {name: amount for name, amount in found.items() if amount is not None}
