"""Makes a document fit its kind's shape: prunes, converts, fills defaults, notes faults."""

from dataclasses import dataclass, field
from typing import Any

from relab.sandbox.kube.defaults import DEFAULTS
from relab.sandbox.kube.model import Doc, clone
from relab.sandbox.kube.particulars import derived
from relab.sandbox.kube.quantities import FORM, canonical, is_quantity
from relab.sandbox.kube.shapes import Shape
from relab.sandbox.kube.status import Cause, required

_ZERO: dict[str, Any] = {"string": "", "integer": 0, "boolean": False}
_EMPTY: dict[type, str] = {list: "list", dict: "map"}
_GO = {"string": "string", "integer": "int32", "number": "float64", "boolean": "bool"}


@dataclass(slots=True)
class Report:
    """What was wrong with a document: unknown fields, wrong types, missing values."""

    unknown: list[str] = field(default_factory=list)
    mistyped: list[str] = field(default_factory=list)
    missing: list[Cause] = field(default_factory=list)


def conform(value: Any, shape: Shape, report: Report, path: str = "") -> Any:
    """Return a copy of `value` that fits `shape`; faults go to `report` with their path."""
    match shape.type:
        case "object":
            return _object(value, shape, report, path)
        case "map":
            return _map(value, shape, report, path)
        case "list":
            return _list(value, shape, report, path)
        case "quantity":
            return _quantity(value, report, path)
        case "any":
            return clone(value)
        case _:
            return _scalar(value, shape, report, path)


def _object(value: Any, shape: Shape, report: Report, path: str) -> Any:
    if not isinstance(value, dict):
        return _wrong(value, shape.name or "object", report, path)
    result: Doc = {}
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        child = shape.fields.get(key)
        if child is None and not shape.preserves:
            report.unknown.append(here)
        elif item is not None and not _says_nothing(item, shape, key):
            result[key] = conform(item, shape.child(key), report, here)
    for key, default in DEFAULTS.get(shape.name, {}).items():
        if key not in result:
            result[key] = clone(default)
    result |= derived(shape.name, result)
    if shape.required:
        _require(result, shape, report, path)
    return result


def _says_nothing(value: Any, shape: Shape, key: str) -> bool:
    """Tell whether `value` is an empty list or map, which a server leaves out."""
    return (
        value in ([], {})
        and shape.child(key).type == _EMPTY[type(value)]
        and (key not in shape.required)
    )


def _require(result: Doc, shape: Shape, report: Report, path: str) -> None:
    for key in shape.required:
        if key in result or key in ("metadata", "apiVersion", "kind"):
            continue
        if path.startswith("status") and shape.fields[key].type in _ZERO:
            result[key] = _ZERO[shape.fields[key].type]
        elif not path.startswith(("status", "metadata")):
            report.missing.append(required(f"{path}.{key}" if path else key))


def _map(value: Any, shape: Shape, report: Report, path: str) -> Any:
    if not isinstance(value, dict):
        return _wrong(value, "map[string]string", report, path)
    child = shape.item
    if child is None or child.type == "any":
        return clone(value)
    return {
        key: conform(item, child, report, f"{path}.{key}")
        for key, item in value.items()
        if item is not None
    }


def _list(value: Any, shape: Shape, report: Report, path: str) -> Any:
    if not isinstance(value, list):
        return _wrong(value, "[]" + (shape.element.name or shape.element.type), report, path)
    child = shape.element
    return [conform(item, child, report, f"{path}[{place}]") for place, item in enumerate(value)]


def _scalar(value: Any, shape: Shape, report: Report, path: str) -> Any:
    match shape.type:
        case "string":
            fits = isinstance(value, str)
        case "boolean":
            fits = isinstance(value, bool)
        case "integer":
            fits = isinstance(value, int) and not isinstance(value, bool)
        case _:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
    return value if fits else _wrong(value, _GO.get(shape.type, shape.type), report, path)


def _quantity(value: Any, report: Report, path: str) -> Any:
    text = str(value) if isinstance(value, int | float) else value
    if not isinstance(text, str) or not is_quantity(text):
        report.mistyped.append(f"{path}: quantities must match the regular expression '{FORM}'")
        return text
    return canonical(text)


def _wrong(value: Any, wanted: str, report: Report, path: str) -> Any:
    names = {dict: "object", list: "array", str: "string", bool: "bool"}
    given = names.get(type(value), "number")
    report.mistyped.append(
        f"json: cannot unmarshal {given} into Go struct field .{path} of type {wanted}"
    )
    return value
