"""Shapes of the built-in kinds, read from the Python client's generated models.

The models are the one description of every built-in field already installed, so none is kept here.
"""

import re
from functools import cache
from types import ModuleType
from typing import Any

from relab.sandbox.kube.listkeys import ATOMIC_SCHEMAS, MERGING, QUANTITY_MAPS, Merging
from relab.sandbox.kube.shapes import ANY, Shape

_GENERIC = re.compile(r"^(?:List|list)\[(.+)\]$|^(?:Dict|dict)[\[(]str, (.+)[\])]$")
_SCALARS = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "datetime": "string",
    "bytes": "string",
}
# A few status fields are marked required in the models, but writers leave them out.
_LENIENT = frozenset({"status", "conditions"})


@cache
def _models() -> ModuleType:
    # Loaded late: the package takes over half a second to import.
    from kubernetes.client import models

    module: ModuleType = models
    return module


@cache
def shape_of(model: str) -> Shape:
    """Return the shape of a model class such as `V1Pod`."""
    return _build(model, {})


def _build(model: str, building: dict[str, Shape]) -> Shape:
    if model in building:
        return building[model]
    source = getattr(_models(), model)
    shape = building[model] = Shape("object", name=model, atomic=model in ATOMIC_SCHEMAS)
    described: dict[str, Any] = getattr(source, "model_fields", {})
    needed = []
    for attribute, kind in source.openapi_types.items():
        key = source.attribute_map[attribute]
        about = described.get(attribute)
        child = _typed(kind, building, key)
        shape.fields[key] = _described(child, MERGING.get(model, {}).get(key), about)
        if about is not None and about.is_required() and key not in _LENIENT:
            needed.append(key)
    shape.required = tuple(needed)
    return shape


def _typed(kind: str, building: dict[str, Shape], key: str) -> Shape:
    if found := _GENERIC.match(kind):
        item, value = found.groups()
        if item:
            return Shape("list", item=_typed(item, building, ""))
        if key in QUANTITY_MAPS:
            return Shape("map", item=Shape("quantity"))
        return Shape("map", item=_typed(value, building, ""))
    if kind in _SCALARS:
        return Shape(_SCALARS[kind])
    return ANY if kind == "object" else _build(kind, building)


def _described(shape: Shape, merging: Merging | None, about: Any) -> Shape:
    text = str(getattr(about, "description", "") or "")
    if shape.type == "object" or shape is ANY:
        return shape
    shape.description = text
    if merging is not None:
        shape.keys, shape.merge_key = merging.keys, merging.merge
        shape.unique, shape.atomic = merging.unique, merging.atomic
    return shape
