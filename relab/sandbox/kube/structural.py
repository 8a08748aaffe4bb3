"""Custom resources: prune, default and validate against the schema of their definition."""

import re
from typing import Any

from relab.sandbox.kube.model import Doc, clone
from relab.sandbox.kube.shapes import Shape
from relab.sandbox.kube.status import Cause, cause, required

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "map": dict,
    "list": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def prune(value: Any, shape: Shape, unknown: list[str], path: str = "") -> Any:
    """Return a copy without the fields the schema does not know; their paths go to `unknown`."""
    if isinstance(value, list):
        items = enumerate(value)
        return [prune(item, shape.element, unknown, f"{path}[{at}]") for at, item in items]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        known = key in shape.fields or shape.type in ("map", "any")
        if item is None and _refuses_null(shape, key):
            continue
        if known or shape.preserves:
            result[key] = prune(item, shape.child(key), unknown, here)
        else:
            unknown.append(here)
    return result


def _refuses_null(shape: Shape, key: str) -> bool:
    """Tell whether null under `key` means that nothing is there."""
    known = key in shape.fields or (shape.type == "map" and shape.item is not None)
    return known and not shape.child(key).schema.get("nullable")


def default(value: Any, shape: Shape) -> Any:
    """Fill in the schema's defaults, in place; returns `value`."""
    if isinstance(value, dict):
        for key, child in shape.fields.items():
            if "default" in child.schema and value.get(key) is None and _fills(value, key, child):
                value[key] = clone(child.schema["default"])
        for key, item in value.items():
            default(item, shape.child(key))
    elif isinstance(value, list):
        for item in value:
            default(item, shape.element)
    return value


def _fills(value: Doc, key: str, child: Shape) -> bool:
    return key not in value or not child.schema.get("nullable")


def validate(value: Any, shape: Shape, path: str = "") -> list[Cause]:
    """Return one cause for each place where `value` breaks its schema."""
    if value is None:
        return [] if shape.schema.get("nullable") else [_type_fault(value, shape, path)]
    expected = _TYPES.get(shape.type)
    numeric_bool = isinstance(value, bool) and shape.type in ("integer", "number")
    if expected is not None and (not isinstance(value, expected) or numeric_bool):
        return [_type_fault(value, shape, path)]
    faults = _value_faults(value, shape.schema, path)
    if isinstance(value, dict):
        faults += [required(_join(path, key)) for key in shape.required if key not in value]
        for key, item in value.items():
            if key in shape.fields or shape.type == "map":
                faults += validate(item, shape.child(key), _join(path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            faults += validate(item, shape.element, f"{path}[{at}]")
    return faults


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _type_fault(value: Any, shape: Shape, path: str) -> Cause:
    given = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    name = given.get(type(value), "integer" if isinstance(value, int) else "number")
    wanted = {"map": "object", "list": "array"}.get(shape.type, shape.type)
    shown = f'"{name}"'
    message = f"Invalid value: {shown}: {path} in body must be of type {wanted}: {shown}"
    return cause("FieldValueTypeInvalid", path, message)


def _value_faults(value: Any, schema: Any, path: str) -> list[Cause]:
    faults = []
    allowed = schema.get("enum")
    if allowed is not None and value not in allowed:
        listed = ", ".join(f'"{item}"' for item in allowed)
        message = f'Unsupported value: "{value}": supported values: {listed}'
        faults.append(cause("FieldValueNotSupported", path, message))
    for name, broken, words in _BOUNDS:
        if name in schema and broken(value, schema[name]):
            message = f"Invalid value: {_shown(value)}: {path} in body {words.format(schema[name])}"
            faults.append(cause("FieldValueInvalid", path, message))
    return faults


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


_BOUNDS = (
    ("minimum", lambda v, m: _number(v) and v < m, "should be greater than or equal to {}"),
    ("maximum", lambda v, m: _number(v) and v > m, "should be less than or equal to {}"),
    (
        "minLength",
        lambda v, m: isinstance(v, str) and len(v) < m,
        "should be at least {} chars long",
    ),
    (
        "maxLength",
        lambda v, m: isinstance(v, str) and len(v) > m,
        "should be at most {} chars long",
    ),
    ("minItems", lambda v, m: isinstance(v, list) and len(v) < m, "should have at least {} items"),
    ("maxItems", lambda v, m: isinstance(v, list) and len(v) > m, "should have at most {} items"),
    ("pattern", lambda v, m: isinstance(v, str) and not re.search(m, v), "should match '{}'"),
)
