"""Kubernetes quantities, as far as quotas use them: `8`, `500m`, `16Gi`."""

import re
from decimal import Decimal

_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTP", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTP", start=1)},
}


def same(left: str, right: str) -> bool:
    """Tell whether two quantities are equal, such as `8` and `8000m`."""
    first, second = amount(left), amount(right)
    return first is not None and first == second


def amount(raw: str) -> Decimal | None:
    """Return the value of a quantity; None when `raw` is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([a-zA-Z]*)", raw.strip())
    unit = _UNITS.get(match[2]) if match else None
    return Decimal(match[1]) * unit if match and unit is not None else None
