"""Durations as kubectl's tables show them."""

from datetime import UTC, datetime
from typing import Any

_UNITS = (("y", 31_536_000), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
# Below each limit in seconds: the largest unit shown, and whether the next smaller one follows.
_STEPS = (
    (120, "s", False),
    (600, "m", True),
    (10_800, "m", False),
    (28_800, "h", True),
    (172_800, "h", False),
    (691_200, "d", True),
    (63_072_000, "d", False),
    (252_288_000, "y", True),
)


def age(stamp: Any) -> str:
    """Return how long ago a Kubernetes time was, such as `5m30s`; `<unknown>` for none."""
    if not isinstance(stamp, str) or not stamp:
        return "<unknown>"
    then = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return duration(int((datetime.now(UTC) - then).total_seconds()))


def duration(seconds: int) -> str:
    """Return a number of seconds in one or two units."""
    seconds = max(seconds, 0)
    unit, both = next(
        ((unit, both) for limit, unit, both in _STEPS if seconds < limit), ("y", False)
    )
    units = dict(_UNITS)
    text = f"{seconds // units[unit]}{unit}"
    names = [name for name, _ in _UNITS]
    rest = seconds % units[unit]
    if not both or unit == "s":
        return text
    smaller = names[names.index(unit) + 1]
    count = rest // units[smaller]
    return f"{text}{count}{smaller}" if count else text
