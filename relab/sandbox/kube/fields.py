"""Sets of field paths, and their FieldsV1 form.

A path is a tuple of FieldsV1 keys: `f:name` for a field, `k:{...}` for a keyed item, `v:...` for a
member of a set, and `.` for the container itself.
"""

import json
from collections.abc import Iterable
from typing import Any

from relab.sandbox.kube.model import Doc
from relab.sandbox.kube.shapes import Shape

Path = tuple[str, ...]
Values = dict[Path, Any]

_UNTRACKED = frozenset(
    {"name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion"}
    | {
        "managedFields",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generateName",
    }
)


def flatten(doc: Doc, shape: Shape) -> Values:
    """Return every owned leaf of an object with its value, leaving out what the server sets."""
    values: Values = {}
    for key, value in doc.items():
        if key in ("apiVersion", "kind"):
            continue
        if key == "metadata" and isinstance(value, dict):
            value = {name: item for name, item in value.items() if name not in _UNTRACKED}  # noqa: PLW2901 - the tracked part stands for the whole
            _walk(value, shape.child(key), ("f:metadata",), values)
            values.pop(("f:metadata",), None)
        else:
            _walk(value, shape.child(key), (f"f:{key}",), values)
    return values


def _walk(value: Any, shape: Shape, path: Path, values: Values) -> None:
    if isinstance(value, dict) and value and not shape.atomic:
        if shape.type == "map":
            values[(*path, ".")] = None
        for key, item in value.items():
            _walk(item, shape.child(key), (*path, f"f:{key}"), values)
    elif isinstance(value, list) and value and (shape.keys or shape.unique):
        values[(*path, ".")] = None
        _walk_list(value, shape, path, values)
    else:
        values[path] = value


def _walk_list(items: list[Any], shape: Shape, path: Path, values: Values) -> None:
    for item in items:
        if shape.unique or not isinstance(item, dict):
            values[(*path, f"v:{_compact(item)}")] = item
            continue
        here = (*path, f"k:{_compact(_identity(item, shape))}")
        values[(*here, ".")] = None
        for key, value in item.items():
            _walk(value, shape.element.child(key), (*here, f"f:{key}"), values)


def _identity(item: Doc, shape: Shape) -> Doc:
    default = {"protocol": "TCP"}
    return {key: item.get(key, default.get(key)) for key in sorted(shape.keys)}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def to_fields_v1(paths: Iterable[Path]) -> Doc:
    """Return paths as a FieldsV1 object."""
    root: Doc = {}
    for path in sorted(paths):
        node = root
        for part in path:
            node = node.setdefault(part, {})
    return root


def from_fields_v1(tree: Any, prefix: Path = ()) -> set[Path]:
    """Return the paths of a FieldsV1 object."""
    if not isinstance(tree, dict) or not tree:
        return {prefix} if prefix else set()
    found: set[Path] = set()
    for key, value in tree.items():
        found |= from_fields_v1(value, (*prefix, key))
    return found


def dotted(path: Path) -> str:
    """Return a path as messages show it, such as `.spec.containers[name="web"].image`."""
    text = ""
    for part in path:
        if part == ".":
            continue
        if part.startswith("k:"):
            keys = json.loads(part[2:])
            text += "[" + ",".join(f"{key}={_compact(value)}" for key, value in keys.items()) + "]"
        elif part.startswith("v:"):
            text += f"[={part[2:]}]"
        else:
            text += f".{part[2:]}"
    return text
