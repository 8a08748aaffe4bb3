"""Kubernetes quantities such as `500m`, `2Gi` or `1e3`: read, added and written."""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_UP, Decimal

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
FORM = rf"^({_NUMBER})(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)?$"
_FORM = re.compile(FORM)
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
}


_UNITS = ("m", "", "k", "M", "G", "T", "P", "E")
_EXPONENTS = tuple(f"e{power}" if power else "" for power in range(-3, 19, 3))


def amount(text: str) -> Decimal:
    """Return a quantity as a number; raises ValueError for text that is none."""
    found = _FORM.match(str(text).strip())
    if not found:
        raise ValueError(f"not a quantity: {text!r}")
    number, unit = found.groups()
    factor = _DECIMAL.get(unit or "") or Decimal(_BINARY.get(unit or "", 1))
    return Decimal(number) * factor


def canonical(text: str) -> str:
    """Return a quantity as a server writes it: whole, with the largest unit of its family."""
    found = _FORM.match(text)
    if not found:
        raise ValueError(f"not a quantity: {text!r}")
    number, unit = found.groups()
    value = amount(text)
    if unit in _BINARY and abs(value) >= _BINARY["Ki"] and value == value.to_integral_value():
        return _scaled(int(value), 1024, ("", *_BINARY))
    with_exponent = not unit and "e" in number.lower()
    thousandths = int((value * 1000).to_integral_value(ROUND_UP))
    return _scaled(thousandths, 1000, _EXPONENTS if with_exponent else _UNITS)


def _scaled(whole: int, base: int, names: Sequence[str]) -> str:
    at = 0
    while whole and whole % base == 0 and at + 1 < len(names):
        whole, at = whole // base, at + 1
    return f"{whole}{names[at]}" if whole else "0"


def is_quantity(text: str) -> bool:
    """Return whether `text` is a quantity."""
    return bool(_FORM.match(str(text).strip()))


def total(texts: Iterable[str]) -> str:
    """Return the sum of quantities in the unit family of its parts; `0` for none."""
    parts = [str(text) for text in texts]
    value = sum((amount(part) for part in parts), Decimal(0))
    binary = any(part.endswith("i") for part in parts)
    return written(value, binary=binary)


def written(value: Decimal, *, binary: bool = False) -> str:
    """Return a number as the shortest exact quantity."""
    if value == 0:
        return "0"
    if value != value.to_integral_value():
        return f"{(value * 1000).to_integral_value()}m"
    whole = int(value)
    units = reversed(_BINARY.items()) if binary else ()
    for unit, factor in units:
        if whole % factor == 0:
            return f"{whole // factor}{unit}"
    return str(whole)
