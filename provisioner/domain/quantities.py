"""Reads quantities as Kubernetes writes them, such as ``500m`` and ``5Gi``."""

import re
from decimal import Decimal

# Decimal, and not float: quantities are compared, and 0.1 is no exact float.
_QUANTITY = re.compile(r"(?P<number>[0-9.]+(?:[eE][0-9]+)?)(?P<unit>m|[kMGTPE]|[KMGTPE]i)?")
_UNITS = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}


def amount_of(text: str) -> Decimal | None:
    """Return the amount, in bytes or CPU cores for example; None if the text is no quantity."""
    found = _QUANTITY.fullmatch(text)
    return None if found is None else Decimal(found["number"]) * _UNITS[found["unit"] or ""]
