"""What a quota's denial says in numbers."""

import re
from decimal import Decimal

_SAID = re.compile(
    r"requested: (?P<asked>\S*), used: \S*, limited: (?P<limited>\S*=[^\s,]+)(?P<rest>.*)",
    re.DOTALL,
)
"""Source: kubernetes apiserver pkg/admission/plugin/resourcequota/controller.go, prettyPrint."""
_QUANTITY = re.compile(r"(?P<number>[0-9.]+(?:[eE][0-9]+)?)(?P<unit>m|[kMGTPE]|[KMGTPE]i)?")
_UNITS = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
_CUT = 500
"""Characters of an event's message that are kept: in a longer one a number may be cut off."""


def is_too_large(message: str) -> bool:
    """Tell whether more of something was asked for than the whole quota, whatever is used of it."""
    said = _SAID.search(message)
    if said is None or len(message) >= _CUT:
        return False
    asked, limited = _amounts(said["asked"]), _amounts(said["limited"])
    return any(asked.get(name, amount) > amount for name, amount in limited.items())


def _amounts(listed: str) -> dict[str, Decimal]:
    """Read a list such as "limits.cpu=2,pods=1"; what is no quantity is left out."""
    pairs = (item.partition("=") for item in listed.split(","))
    found = {name: _QUANTITY.fullmatch(quantity) for name, _, quantity in pairs}
    return {
        name: Decimal(quantity["number"]) * _UNITS[quantity["unit"] or ""]
        for name, quantity in found.items()
        if quantity
    }
