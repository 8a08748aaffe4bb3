"""The structure of a kind: which fields it has, and how its lists and maps merge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relab.sandbox.kube.model import Doc


@dataclass(slots=True, eq=False)
class Shape:
    """A node of a schema; shapes may be recursive, so they are compared by identity.

    `type` is object, map, list, string, integer, number, boolean, quantity or any.
    """

    type: str
    name: str = ""
    description: str = ""
    fields: dict[str, "Shape"] = field(default_factory=dict)
    item: "Shape | None" = None
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    unique: bool = False
    atomic: bool = False
    required: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    preserves: bool = False

    def child(self, key: str) -> "Shape":
        """Return the shape of the value under `key`; ANY where nothing is known."""
        found = self.fields.get(key)
        if found is not None:
            return found
        return self.item if self.type == "map" and self.item is not None else ANY

    @property
    def element(self) -> "Shape":
        """Return the shape of a list's items."""
        return self.item if self.item is not None else ANY


ANY = Shape("any", preserves=True)


def from_schema(schema: Mapping[str, Any]) -> Shape:
    """Return the shape of a structural OpenAPI v3 schema, as CustomResourceDefinitions hold."""
    if schema.get("x-kubernetes-int-or-string"):
        return Shape("any", schema=schema, preserves=True)
    kind = str(schema.get("type") or "any")
    shape = Shape(kind, schema=schema, description=str(schema.get("description", "")))
    shape.preserves = bool(schema.get("x-kubernetes-preserve-unknown-fields")) or kind == "any"
    shape.required = tuple(schema.get("required") or ())
    if kind == "object":
        _fill_object(shape, schema)
    elif kind == "array":
        _fill_list(shape, schema)
    return shape


def _fill_object(shape: Shape, schema: Mapping[str, Any]) -> None:
    shape.fields = {
        key: from_schema(value) for key, value in (schema.get("properties") or {}).items()
    }
    extra = schema.get("additionalProperties")
    if extra:
        shape.type = "map"
        shape.item = from_schema(extra) if isinstance(extra, dict) else ANY
    shape.atomic = schema.get("x-kubernetes-map-type") == "atomic"


def _fill_list(shape: Shape, schema: Mapping[str, Any]) -> None:
    shape.type = "list"
    shape.item = from_schema(schema.get("items") or {})
    if schema.get("x-kubernetes-list-type") == "map":
        shape.keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    shape.unique = schema.get("x-kubernetes-list-type") == "set"


def item_key(item: Any, shape: Shape) -> tuple[Any, ...]:
    """Return what identifies an item of a keyed list; a missing protocol counts as TCP."""
    if not isinstance(item, dict):
        return (item,)
    return tuple(item.get(key, "TCP" if key == "protocol" else None) for key in shape.keys)


def with_metadata(shape: Shape, metadata: Shape) -> Shape:
    """Return a custom kind's shape with the fields every object has."""
    text = Shape("string")
    common = {"apiVersion": text, "kind": text, "metadata": metadata}
    return Shape(
        "object",
        description=shape.description,
        fields=shape.fields | common,
        required=shape.required,
        schema=shape.schema,
        preserves=shape.preserves,
    )


def typed(doc: Doc) -> tuple[str, str]:
    """Return a document's apiVersion and kind, "" where missing."""
    return str(doc.get("apiVersion") or ""), str(doc.get("kind") or "")
