"""The small part of JSONPath that printer columns use: fields, indices, `[*]` and one filter."""

import re
from functools import cache
from typing import Any

_STEP = re.compile(
    r"\.([A-Za-z0-9_\-/$]+|\\.)+|\[(?P<index>\d+|\*)\]|\['(?P<quoted>[^']+)'\]"
    r"|\[\?\(@\.(?P<field>[\w.]+)\s*==\s*[\"'](?P<value>[^\"']*)[\"']\)\]"
)


@cache
def _steps(path: str) -> tuple[re.Match[str], ...]:
    return tuple(_STEP.finditer(path if path.startswith((".", "[")) else f".{path}"))


def find(doc: Any, path: str) -> list[Any]:
    """Return the values a path such as `.status.conditions[?(@.type=="Ready")].status` leads to."""
    found = [doc]
    for step in _steps(path):
        found = [value for item in found for value in _follow(item, step)]
    return found


def _follow(item: Any, step: re.Match[str]) -> list[Any]:
    if step["field"]:
        held = item if isinstance(item, list) else []
        return [
            one for one in held if isinstance(one, dict) and one.get(step["field"]) == step["value"]
        ]
    if step["index"]:
        held = item if isinstance(item, list) else []
        return held if step["index"] == "*" else held[int(step["index"]) : int(step["index"]) + 1]
    key = step["quoted"] or step[0][1:].replace("\\.", ".")
    return [item[key]] if isinstance(item, dict) and key in item else []
