"""Whether a live item says the same as a saved one."""

import json
from collections.abc import Mapping
from typing import Any

from relab.resources.item import canonical
from relab.resources.pointers import find, joined, steps
from relab.resources.policies import same_policy

_LONGEST = 5


def differences(saved: Any, live: Any, pointer: str = "") -> list[str]:
    """Return the JSON pointers at which two JSON-able values differ; policies by what they say."""
    if isinstance(saved, Mapping) and isinstance(live, Mapping):
        found: list[str] = []
        for key in sorted({*saved, *live}):
            inner = joined(pointer, key)
            if key not in saved or key not in live:
                found.append(inner)
            else:
                found += differences(saved[key], live[key], inner)
        return found
    if isinstance(saved, list) and isinstance(live, list) and len(saved) == len(live):
        pairs = enumerate(zip(saved, live, strict=True))
        return [one for n, (a, b) in pairs for one in differences(a, b, joined(pointer, n))]
    return [] if _same(saved, live) else [pointer]


def _same(saved: Any, live: Any) -> bool:
    if isinstance(saved, str) and isinstance(live, str):
        return same_policy(saved, live) if saved.lstrip().startswith("{") else saved == live
    return canonical(saved) == canonical(live)


def copied(saved: Any, live: Any, pointers: list[str]) -> Any:
    """Return `live` with what `saved` says at `pointers`; what `saved` lacks there is left out."""
    found = json.loads(json.dumps(live))
    for pointer in pointers:
        *outer, last = steps(pointer)
        node = find(found, "".join(joined("", step) for step in outer))
        place = int(last) if isinstance(node, list) else last
        try:
            node[place] = find(saved, pointer)
        except LookupError:
            del node[place]
    return found


def told(pointers: list[str]) -> str:
    """Return where two things differ, in a few words."""
    more = len(pointers) - _LONGEST
    tail = f" and {more} more" if more > 0 else ""
    return ", ".join(pointer or "/" for pointer in pointers[:_LONGEST]) + tail
